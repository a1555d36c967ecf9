from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
import trio
from trio.testing import MockClock

from gvtui.monitor import server
from gvtui.monitor.listener import Listener
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.pace import USUAL_BUFFER_BYTES
from gvtui.monitor.server import Control, Monitor
from gvtui.trace.reader import Trace
from gvtui.trace.row import Flag, Kind
from gvtui.trace.writer import TraceWriter
from gvtui.wire.handshake import build_handshake
from tests.trace.factory import read_message


class Running:
    """A monitor run within the test's own event loop, and both ends of its control channel."""

    def __init__(self, tmp_path: Path, options: dict[str, Any]) -> None:
        self.path = tmp_path / "s.sock"
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.setblocking(False)
        self.listener = Listener(self.path)
        self.writer = TraceWriter(tmp_path / "t.gvtrace")
        self.trace = Trace.open(tmp_path / "t.gvtrace")
        self.theirs = theirs
        self.monitor = Monitor(
            MonitorOptions(listen=self.path, **options), self.listener, self.writer, Control(theirs)
        )

    def close(self) -> None:
        for thing in (self.listener, self.writer, self.trace, self.ours, self.theirs):
            thing.close()

    def said(self) -> list[dict[str, Any]]:
        events = []
        while True:
            try:
                events.append(msgpack.unpackb(self.ours.recv(1 << 20)))
            except BlockingIOError:
                return events

    async def until(self, condition: Callable[[], bool]) -> None:
        with trio.fail_after(20):
            while not condition():
                self.trace.refresh()
                await trio.sleep(0.002)


async def connect(path: Path, greeting: bytes | None = None) -> trio.socket.SocketType:
    client = trio.socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    await client.connect(str(path))
    if greeting is not None:
        await client.send(greeting)
        await client.recv(100)
    return client


def run(
    tmp_path: Path,
    test: Callable[[Running], Awaitable[None]],
    clock: Any = None,
    **options: Any,
) -> None:
    running = Running(tmp_path, options)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(running.monitor.run)
            await test(running)
            nursery.cancel_scope.cancel()

    try:
        trio.run(main, clock=clock)
    finally:
        running.close()


def test_many_sandboxes_at_once(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        async def sandbox(number: int) -> None:
            client = await connect(running.path, build_handshake())
            for fd in range(200):
                await client.send(read_message(fd=fd, pid=number))
            client.close()

        async with trio.open_nursery() as nursery:
            for number in range(1, 11):
                nursery.start_soon(sandbox, number)
        trace = running.trace
        await running.until(lambda: trace.connections.messages == 2000)
        await running.until(lambda: not any(c.connected for c in trace.connections.values()))
        rows = trace.rows(0, 9999)
        for number in range(1, 11):
            assert rows["fd"][rows["pid"] == number].tolist() == list(range(200))

    run(tmp_path, check)


@pytest.mark.parametrize("size", [0, 2 * USUAL_BUFFER_BYTES])
def test_the_send_buffer_is_enlarged_and_noted(tmp_path: Path, size: int) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        before = client.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        await running.until(lambda: len(running.trace.connections) == 1)
        (connection,) = running.trace.connections.values()
        assert connection.details.get("send_buffer") == (size or None)
        assert before == (size or USUAL_BUFFER_BYTES)
        client.close()

    run(tmp_path, check, send_buffer_bytes=size)


def test_what_lies_ready_at_the_end_is_taken(tmp_path: Path) -> None:
    sent = 0

    async def check(running: Running) -> None:
        nonlocal sent
        client = await connect(running.path, build_handshake())
        await running.until(lambda: len(running.trace.connections) == 1)
        # No await between the first message and the end: the monitor does not get a turn before.
        with client, socket.socket(fileno=os.dup(client.fileno())) as plain:
            plain.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    plain.send(read_message(fd=sent))
                    sent += 1

    run(tmp_path, check, send_buffer_bytes=4 << 20)
    trace = Trace.open(tmp_path / "t.gvtrace")
    assert sent > 4000
    assert trace.connections.messages == sent
    trace.close()


def test_a_silent_client_is_closed_in_time_and_holds_up_nobody(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        silent = await connect(running.path)
        with trio.fail_after(4.0):
            good = await connect(running.path, build_handshake())
        assert await silent.recv(10) == b""
        silent.close()
        good.close()
        texts = [event["text"] for event in running.said() if event["kind"] == "log"]
        assert any("no handshake within 5 s" in text for text in texts)

    run(tmp_path, check, MockClock(autojump_threshold=0.2))


def test_a_client_that_just_looks_is_no_event(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        (await connect(running.path)).close()
        (await connect(running.path, build_handshake())).close()
        await running.until(lambda: len(running.trace.connections) == 1)
        assert [event for event in running.said() if event["kind"] == "log"] == []

    run(tmp_path, check)


def test_hostile_messages_cost_only_themselves(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        for datagram in (b"\x01", b"\x08\x00\x09\x00\0\0\0\0\xff\xff", read_message(fd=5)):
            await client.send(datagram)
        await running.until(lambda: running.trace.connections.messages == 3)
        rows = running.trace.rows(0, 99)
        rows = rows[rows["kind"] == Kind.MESSAGE]
        assert rows["flags"].tolist() == [Flag.MALFORMED, Flag.MALFORMED, 0]
        client.close()

    run(tmp_path, check)


def refuse(fd: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def marks(trace: Trace) -> list[tuple[str, int]]:
    rows = trace.rows(0, 99)
    places = [place for place, kind in enumerate(rows["kind"].tolist()) if kind == Kind.MARK]
    return [(trace.details(place)["kind"], trace.details(place)["messages"]) for place in places]


def test_a_full_disk_does_not_stop_the_intake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await running.until(lambda: len(running.trace.connections) == 1)
        # Each time that the disk is full has its own count.
        for times, lost in ((1, 5000), (2, 5007)):
            with monkeypatch.context() as patch:
                patch.setattr(os, "write", refuse)
                for _ in range(lost - running.monitor._lost):
                    await client.send(read_message())
                await running.until(lambda lost=lost: running.monitor._lost == lost)  # type: ignore[misc]
            await client.send(read_message(fd=77))
            await running.until(lambda times=times: len(marks(running.trace)) == times)  # type: ignore[misc]
        await running.until(lambda: running.trace.connections.messages == 2)
        assert marks(running.trace) == [("lost", 5000), ("lost", 7)]
        faults = [event for event in running.said() if event["kind"] == "fault"]
        assert "No space left" in faults[0]["text"]
        assert [(event["text"], event["lost"]) for event in faults[1::2]] == [
            ("", 5000),
            ("", 5007),
        ]
        client.close()

    run(tmp_path, check)


def test_an_end_that_cannot_be_written_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        trace = running.trace
        first = await connect(running.path, build_handshake())
        await running.until(lambda: len(trace.connections) == 1)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", refuse)
            first.close()
            second = await connect(running.path, build_handshake())
            await running.until(lambda: len(running.monitor._owed) == 2)
        await running.until(lambda: len(trace.connections) == 2)
        assert [each.connected for each in trace.connections.values()] == [False, True]
        second.close()

    run(tmp_path, check)


def test_a_stuck_viewer_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        control = Control(theirs)
        for number in range(5000):
            control.say("log", level="info", text=f"{number} " + "x" * 500)
        first = msgpack.unpackb(ours.recv(10_000))
        assert first["text"].startswith("0 ")
        assert len(control._unsent) == server._MAX_UNSENT


def test_the_stop_of_the_monitor_closes_its_connections(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await client.send(read_message())
        await running.until(lambda: running.trace.connections.messages == 1)
        running.ours.send(msgpack.packb({"kind": "stop"}))
        assert await client.recv(10) == b""
        await running.until(lambda: not running.trace.connections[1].connected)
        assert running.trace.connections[1].close_reason == "the monitor stopped"
        client.close()

    run(tmp_path, check)


def test_a_full_table_of_files_makes_new_sandboxes_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        listening = running.listener.socket
        fails = iter([OSError(errno.EMFILE, "Too many open files")])

        class Flaky:
            def fileno(self) -> int:
                return listening.fileno()

            def accept(self) -> Any:
                for error in fails:
                    raise error
                return listening.accept()

            def close(self) -> None:
                listening.close()

        monkeypatch.setattr(running.listener, "socket", Flaky())
        client = await connect(running.path, build_handshake())
        texts = [event["text"] for event in running.said() if event["kind"] == "log"]
        assert texts == ["a sandbox waits: Too many open files"]
        client.close()

    run(tmp_path, check)
