"""Traces written for one test, and where the recordings are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.pb import syscall_pb2

TRACES = Path(__file__).parent.parent / "data" / "traces"
SECOND = 1_000_000_000
START_NS = 1_795_455_407 * SECOND
"""When written traces begin: 17:36:47 UTC."""


def open_message(
    path: str,
    *,
    pid: int = 1,
    process: str = "bash",
    container: str = "c0ffee",
    result: int | None = None,
    errno: int = 0,
    time_ns: int = START_NS,
    dropped: int = 0,
    flags: int = 0,
    start_ns: int = 0,
) -> bytes:
    """An `openat`; with a result, or an error, it is the exit."""
    message = syscall_pb2.Open(sysno=257, fd=-100, pathname=path, flags=flags)
    context = message.context_data
    context.time_ns = time_ns
    context.thread_group_id = context.thread_id = pid
    context.process_name = process
    context.container_id = container
    context.thread_group_start_time_ns = start_ns
    if result is not None or errno:
        message.exit.result = result or 0
        message.exit.errorno = errno
    return build_message(7, message.SerializeToString(), dropped)


def raw_message(
    *,
    pid: int = 1,
    container: str = "c0ffee",
    result: int | None = None,
    time_ns: int = START_NS,
) -> bytes:
    """The same by a raw point."""
    message = syscall_pb2.Syscall(sysno=257)
    context = message.context_data
    context.time_ns, context.container_id = time_ns, container
    context.thread_group_id = context.thread_id = pid
    if result is not None:
        message.exit.result = result
    return build_message(RAW_SYSCALL, message.SerializeToString())


_open: list[ClosedWithTest] = []


class ClosedWithTest(TraceWriter):
    """A writer that is closed with its test, as where nobody has got to the end of what it writes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        _open.append(self)

    def close(self) -> None:
        """Finish the trace."""
        _open.remove(self)
        super().close()


def close_writers() -> None:
    """Close the files of all recorders that are open."""
    while _open:
        _open[-1].close()


class Recorder:
    """Writes a trace while something reads it."""

    def __init__(self, path: Path) -> None:
        self.writer: TraceWriter = ClosedWithTest(path)
        self.path = path
        self.now = START_NS
        self.writer.opened(1, self.now, {"peer_pid": 4242, "peer_uid": 0, "command": ["runsc"]})

    def add(self, count: int = 1, path: str = "/etc/passwd", **options: Any) -> None:
        """Write `count` messages a millisecond apart."""
        for _ in range(count):
            self.now += 1_000_000
            self.writer.message(1, self.now, open_message(path, time_ns=self.now, **options))
        self.writer.flush()

    def add_raw(self, **options: Any) -> None:
        """Write the message of a raw point, a millisecond after the last one."""
        self.now += 1_000_000
        self.writer.message(1, self.now, raw_message(time_ns=self.now, **options))
        self.writer.flush()
