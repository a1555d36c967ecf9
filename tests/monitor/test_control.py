from __future__ import annotations

import socket
from collections.abc import Iterator

import msgpack
import pytest
import trio

from gvtui.monitor.control import MAX_UNSENT, Control


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The viewer's end and the monitor's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


def test_what_is_said_arrives(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    control = Control(theirs)
    control.say("closed", conn=3)
    control.log("warning", "look")
    assert msgpack.unpackb(ours.recv(1000)) == {"kind": "closed", "conn": 3}
    assert msgpack.unpackb(ours.recv(1000)) == {"kind": "log", "level": "warning", "text": "look"}


def test_a_stuck_viewer_is_not_waited_for(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    ours.setblocking(False)
    control = Control(theirs)
    count = 5000
    for number in range(count):
        control.log("info", f"{number} " + "x" * 500)

    def read() -> list[int]:
        found = []
        while True:
            try:
                found.append(int(msgpack.unpackb(ours.recv(10_000))["text"].split()[0]))
            except BlockingIOError:
                return found

    first = read()
    assert first == list(range(len(first)))
    # The oldest of what waited have gone.
    rest = []
    control.flush()
    while got := read():
        rest += got
        control.flush()
    assert rest == list(range(count - MAX_UNSENT, count))


def test_a_viewer_that_has_gone_is_no_error(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    control = Control(theirs)
    ours.close()
    for _ in range(3):
        control.say("status")


def test_what_the_viewer_says(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    control = Control(theirs)

    async def main() -> None:
        with trio.fail_after(120):
            ours.send(msgpack.packb(["no map"]))
            ours.send(msgpack.packb({"kind": "stop"}))
            assert await control.receive() == {"kind": "stop"}
            ours.close()
            assert await control.receive() is None

    trio.run(main)
