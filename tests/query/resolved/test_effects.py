"""What calls do to descriptors and folders, by made-up messages."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from gvtui.query.resolved.description import FdKind, How
from gvtui.wire.header import build_message
from gvtui.wire.pb import syscall_pb2
from tests.query.resolved.world import World, table

if TYPE_CHECKING:
    pass

CLOEXEC = 0o2000000


def ipv4(host: str, port: int) -> bytes:
    return struct.pack("<H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(host)


def test_three_ways_to_one_file_are_one(world: World) -> None:
    world.open(3, "/etc/hostname", cwd="/")
    world.open(4, "hostname", cwd="/etc")
    world.open(5, "../etc/hostname", cwd="/usr")
    world.call(13, syscall_pb2.Chdir, "chdir", pathname="/etc")
    world.open(6, "./hostname")
    world.open(7, "shadow", at=9, fd_path="/etc")
    world.open(8, "shadow", at=77)
    with world.resolved() as found:
        named = table(found)
        assert {named[fd] for fd in (3, 4, 5, 6)} == {"/etc/hostname"}
        assert named[7] == "/etc/shadow"
        assert named[8] == "shadow"


def test_an_exec_closes_what_it_should(world: World) -> None:
    world.open(3, "/keep")
    world.open(4, "/shut", CLOEXEC)
    world.call(19, syscall_pb2.Dup, "dup2", 6, old_fd=4, new_fd=6)
    world.call(18, syscall_pb2.Fcntl, "fcntl", 7, fd=3, cmd=1030, args=7)
    world.call(18, syscall_pb2.Fcntl, "fcntl", fd=3, cmd=2, args=1)
    world.execve(world.context(1), "/bin/x")
    world.executed(world.context(1), "/bin/x")
    world.execve(world.context(1), "/bin/x", errno=0)
    with world.resolved() as found:
        assert table(found) == {6: "/shut"}


def test_a_failed_exec_closes_nothing(world: World) -> None:
    world.open(4, "/shut", CLOEXEC)
    world.execve(world.context(1), "/bin/x")
    world.execve(world.context(1), "/bin/x", errno=2)
    with world.resolved() as found:
        assert table(found) == {4: "/shut"}


def test_sockets_have_their_addresses(world: World) -> None:
    world.call(12, syscall_pb2.Socket, "socket", 3, domain=2, type=1 | CLOEXEC)
    world.call(24, syscall_pb2.Bind, "bind", fd=3, address=ipv4("0.0.0.0", 80))
    world.raw("listen", 3, 5)
    world.call(25, syscall_pb2.Accept, "accept4", 4, fd=3, address=ipv4("9.9.9.9", 7))
    world.call(12, syscall_pb2.Socket, "socket", 5, domain=2, type=1)
    world.call(10, syscall_pb2.Connect, "connect", fd=5, address=ipv4("1.2.3.4", 443), errno=115)
    with world.resolved() as found:
        assert table(found) == {3: "0.0.0.0:80", 4: "9.9.9.9:7->0.0.0.0:80", 5: "1.2.3.4:443"}
        listener, accepted, client = (d for _, d in found.descriptors(1))
        assert listener.is_listening
        assert accepted.is_server
        assert accepted.is_connected
        assert not client.is_connected
        assert client.kind is FdKind.IPV4


def test_a_socket_is_another_where_the_call_would_have_failed_on_the_former(world: World) -> None:
    """As with a session that traces opens and connections, but neither close nor socket."""
    world.open(3, "/etc/hosts")
    world.open(4, "/bin/sh")
    world.call(24, syscall_pb2.Bind, "bind", fd=4, address=ipv4("127.0.0.1", 81))
    world.raw("listen", 4, 5)
    world.fork(1, 2)
    world.call(10, syscall_pb2.Connect, "connect", pid=2, fd=4, address=ipv4("1.2.3.4", 80))
    world.call(24, syscall_pb2.Bind, "bind", fd=4, address=ipv4("127.0.0.1", 82))
    world.raw("listen", 4, 5)
    world.raw("listen", 3, 5)
    with world.resolved() as found:
        assert table(found) == {3: "", 4: "127.0.0.1:82"}
        assert table(found, 2) == {3: "/etc/hosts", 4: "1.2.3.4:80"}
        (_, own), (_, other) = (list(found.descriptors(p.number))[1] for p in found.processes)
        assert (own.is_listening, own.remote, own.opened_row) == (True, "", -1)
        assert (other.is_connected, other.is_listening, other.local) == (True, False, "")
        # The row itself is about the new socket, and what became of the file is not known.
        bound = found.call(4)
        assert bound is not None
        assert bound.description is not None
        assert bound.description.local == "127.0.0.1:81"
        (file,) = [d for d in map(found.descriptions.get, range(1, 9)) if d and d.path == "/bin/sh"]
        assert file.is_lost


def test_how_a_file_was_opened(world: World) -> None:
    world.open(3, "/a", 0o2)
    world.open(4, "/b", 0o1101)
    world.open(5, "/c", 0o301)
    world.open(6, "/d", 0o200000)
    world.open(7, "/e", 0o10000000)
    with world.resolved() as found:
        opened = dict(found.descriptors(1))
        assert opened[3].how == How.TOLD | How.READ | How.WRITE
        assert opened[4].how == How.TOLD | How.WRITE | How.MAY_CREATE | How.TRUNCATED
        assert opened[5].how == How.TOLD | How.WRITE | How.CREATED
        assert opened[6].kind is FdKind.DIRECTORY
        assert opened[7].how == How.TOLD


def test_after_a_drop_nothing_is_known_until_it_is_seen(world: World) -> None:
    world.open(3, "/a")
    world.open(4, "/b")
    late = syscall_pb2.Read(context_data=world.context(1), fd=3, fd_path="/c", sysno=0)
    late.exit.result = 9
    world.writer.message(1, world.clock, build_message(9, late.SerializeToString(), 5))
    with world.resolved() as found:
        assert table(found) == {3: "/c"}
        first, second, third = found.descriptions
        assert first.is_lost
        assert second.is_lost
        assert (third.opened_row, third.bytes_in) == (-1, 9)


def test_ends_of_a_pipe_and_of_a_pair_know_each_other(world: World) -> None:
    world.call(17, syscall_pb2.Pipe, "pipe2", reader=3, writer=4)
    world.call(33, syscall_pb2.SocketPair, "socketpair", domain=1, type=1, socket1=5, socket2=6)
    with world.resolved() as found:
        opened = dict(found.descriptors(1))
        assert opened[3].peer == opened[4].number
        assert opened[6].peer == opened[5].number
        assert opened[3].kind is FdKind.PIPE
        assert opened[5].kind is FdKind.UNIX


def test_a_descriptor_that_a_failed_call_names_is_not_open(world: World) -> None:
    world.close(77, errno=9)
    world.close(78)
    with world.resolved() as found:
        assert table(found) == {}
        [seen] = found.descriptions
        assert (seen.fd, seen.opened_row) == (78, -1)
