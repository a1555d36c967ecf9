"""A monitor run within a test, and the far ends of its sockets."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgpack
import trio

from gvtui.monitor.control import Control
from gvtui.monitor.fdstore import Storing
from gvtui.monitor.goingon import WentBefore
from gvtui.monitor.listener import Listener
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.server import Monitor
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter


class Running:
    """A monitor run within the test's own event loop, and both ends of its control channel."""

    def __init__(
        self,
        tmp_path: Path,
        options: dict[str, Any],
        storing: Storing | None = None,
        before: WentBefore | None = None,
    ) -> None:
        self.path = tmp_path / "s.sock"
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.setblocking(False)
        self.listener = Listener(self.path)
        self.writer = TraceWriter(tmp_path / "t.gvtrace")
        self.trace = Trace.open(tmp_path / "t.gvtrace")
        self.theirs = theirs
        self.monitor = Monitor(
            MonitorOptions(listen=self.path, **options),
            self.listener,
            self.writer,
            Control(theirs),
            storing=storing,
            before=before,
        )

    def close(self) -> None:
        # The trace may go on in new files by now.
        writer = self.monitor.ledger.writer
        for thing in (self.listener, writer, self.trace, self.ours, self.theirs):
            thing.close()

    def said(self) -> list[dict[str, Any]]:
        events = []
        while True:
            try:
                events.append(msgpack.unpackb(self.ours.recv(1 << 20)))
            except BlockingIOError:
                return events

    async def until(self, condition: Callable[[], bool]) -> None:
        with trio.fail_after(120):
            while not condition():
                self.trace.refresh()
                await trio.sleep(0.002)


async def connect(path: Path, greeting: bytes | None = None) -> trio.socket.SocketType:
    client = trio.socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    await client.connect(str(path))
    if greeting is not None:
        # Who is refused may be shut out before it can speak.
        with contextlib.suppress(BrokenPipeError):
            await client.send(greeting)
            await client.recv(100)
    return client


def run(
    tmp_path: Path,
    test: Callable[[Running], Awaitable[None]],
    clock: Any = None,
    storing: Storing | None = None,
    before: WentBefore | None = None,
    **options: Any,
) -> None:
    running = Running(tmp_path, options, storing, before)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(running.monitor.run)
            await test(running)
            nursery.cancel_scope.cancel()

    try:
        trio.run(main, clock=clock)
    finally:
        running.close()
