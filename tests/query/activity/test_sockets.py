from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gvtui.trace.reader import Trace
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import syscall_pb2 as pb
from tests.query.activity.runs import activity_in, activity_of
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.query.activity.activity import Activity


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "a.gvtrace")


def activity_in_world(world: World) -> Activity:
    world.writer.close()
    with closing(Trace.open(world.path)) as trace:
        return activity_of(trace)


def test_connections_have_direction_address_and_bytes() -> None:
    activity = activity_in("network-2024")
    [out] = activity.section("connected").lines
    assert (out.what, out.details) == ("127.0.0.1:8080", "tcp")
    assert (out.bytes_in, out.bytes_out) == (6, 6)
    [came] = activity.section("accepted").lines
    assert (came.what, came.details) == ("127.0.0.1 to 127.0.0.1:8080", "tcp")
    assert (came.bytes_in, came.bytes_out) == (6, 6)
    [listening] = activity.section("listening").lines
    assert listening.what == "127.0.0.1:8080"


def test_a_connection_that_failed_is_none() -> None:
    activity = activity_in("network-2024")
    failed = [(line.what, line.details) for line in activity.section("not_connected").lines]
    assert failed == [("127.0.0.1:9", "ECONNREFUSED"), ("/tmp/none.sock", "ENOENT")]


def test_a_connection_that_is_begun_is_in_doubt_until_bytes_move(world: World) -> None:
    for fd, port in ((3, 80), (4, 81)):
        address = b"\x02\x00" + port.to_bytes(2, "big") + b"\x0a\0\0\x09" + bytes(8)
        world.call(MessageType.SYSCALL_SOCKET, pb.Socket, "socket", fd, domain=2, type=1)
        world.call(
            MessageType.SYSCALL_CONNECT,
            pb.Connect,
            "connect",
            -115,
            errno=115,
            fd=fd,
            address=address,
        )
    world.call(34, pb.Write, "write", 5, fd=4)
    told = {line.what: line.details for line in activity_in_world(world).section("connected").lines}
    assert told == {
        "10.0.0.9:80": "tcp, begun; nothing tells whether it came about",
        "10.0.0.9:81": "tcp",
    }


def test_a_pair_of_sockets_is_no_connection_to_others(world: World) -> None:
    world.call(33, pb.SocketPair, "socketpair", domain=1, type=1, socket1=3, socket2=4)
    world.call(34, pb.Write, "write", 5, fd=3, fd_path="socket:[1]")
    world.call(9, pb.Read, "read", 5, fd=4, fd_path="socket:[2]")
    assert not activity_in_world(world).total("connected")


def test_both_sides_of_a_call_between_two_descriptors_are_told(world: World) -> None:
    world.call(7, pb.Open, "openat", 5, pathname="/srv/page", fd=-100)
    world.call(MessageType.SYSCALL_SOCKET, pb.Socket, "socket", 6, domain=2, type=1)
    address = b"\x02\x00\x00\x50\x0a\0\0\x09" + bytes(8)
    world.call(MessageType.SYSCALL_CONNECT, pb.Connect, "connect", fd=6, address=address)
    world.raw("sendfile", 6, 5, 0, 100, result=40)
    world.raw("sendfile", 6, 5, 0, 100, errno=11)
    world.raw("splice", 5, 0, 6, 0, 100, 0, result=2)
    activity = activity_in_world(world)
    [read] = activity.section("read").lines
    assert (read.what, read.bytes_in, read.bytes_out, read.behind.count) == ("/srv/page", 42, 0, 3)
    [out] = activity.section("connected").lines
    assert (out.what, out.bytes_in, out.bytes_out) == ("10.0.0.9:80", 0, 42)
    assert not any(section.key == "written" for section in activity.sections)
    assert not any("sendfile" in each.text and "result" in each.text for each in activity.not_seen)
