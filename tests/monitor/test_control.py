from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
import trio

from gvtui.monitor.control import MAX_UNSENT, Control, mark_in


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


def test_what_was_said_by_a_viewer_that_left_without_reading_all_is_read(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.setblocking(False)
    control = Control(theirs)
    control.log("info", "nobody reads this")
    for number in range(2):
        ours.send(msgpack.packb({"kind": "mark", "conn": number}))
    ours.close()
    found = [trio.run(control.receive) for _ in range(3)]
    assert found == [{"kind": "mark", "conn": 0}, {"kind": "mark", "conn": 1}, None]


def test_what_no_viewer_could_read_holds_up_nothing(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    control = Control(theirs)
    control.say("told", document="x" * (8 << 20))
    control.say("beat")
    assert msgpack.unpackb(ours.recv(1 << 20)) == {"kind": "beat"}
    assert control.is_read


A_MARK = {"kind": "note", "text": "x"}
PACKED = zlib.compress(msgpack.packb(A_MARK))


@pytest.mark.parametrize("conn", [0, 7, (1 << 32) - 1])
def test_a_mark_is_read(conn: int) -> None:
    assert mark_in({"kind": "mark", "details": PACKED, "conn": conn}) == (A_MARK, conn)


WRONG_MARKS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no bytes": {"details": "x"},
    "empty": {"details": b""},
    "not compressed": {"details": msgpack.packb(A_MARK)},
    "cut": {"details": PACKED[:-5]},
    "no map": {"details": zlib.compress(msgpack.packb([1]))},
    "damaged inside": {"details": zlib.compress(b"\x81")},
    "a few bytes that become very many": {"details": zlib.compress(bytes(32 << 20))},
    "nested deep": {"details": zlib.compress(b"\x81\xa1x" + b"\x91" * 1000 + b"\xc0")},
    "no connection has a negative number": {"details": PACKED, "conn": -1},
    "nor a larger one than fits": {"details": PACKED, "conn": 1 << 32},
    "nor a list": {"details": PACKED, "conn": [1]},
}


@pytest.mark.parametrize("message", WRONG_MARKS.values(), ids=WRONG_MARKS)
def test_what_is_no_mark_is_none(message: dict[str, Any]) -> None:
    assert mark_in({"kind": "mark", **message}) is None
