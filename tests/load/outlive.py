"""Whether quiet sandboxes outlive a flood: `python -m tests.load.outlive [SECONDS [MIB [LOUD]]]`.

So many sandboxes are flat out (one by default), three send a message now and then; the flight recorder
is small (16 MiB). Ends with 1 if a message of a quiet one is missing, or if the disk holds more than
it may.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.limits import Limits
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.benchmarks.intake import typical_messages
from tests.monitor.sandbox import FakeSandbox
from tests.trace.factory import read_message

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSES = (0.001, 0.02, 0.5)
"""Seconds that a quiet sandbox rests between two messages."""
_SLACK = 1 << 20
"""Bytes that a folder takes besides, for what is reserved and for names."""


def forked(work: Callable[[], None]) -> int:
    """Have another process do it, which runs none of this one's cleanup; gives its id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def flat_out(path: Path, seconds: float) -> int:
    """Start a process that sends as fast as the socket takes it; gives its id."""

    def send() -> None:
        messages = typical_messages(20_000)
        sandbox = FakeSandbox(path)
        sandbox.socket.settimeout(None)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in messages:
                sandbox.socket.send(message)

    return forked(send)


def quiet(path: Path, seconds: float, pause: float, told: int) -> int:
    """Start a process that sends now and then, and tells how many at the end; gives its id."""

    def send() -> None:
        sandbox = FakeSandbox(path)
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            sandbox.send(read_message(fd=number, name=f"quiet {pause}"))
            number += 1
            time.sleep(pause)
        os.write(told, f"{pause} {number}\n".encode())

    return forked(send)


def disk(folder: Path) -> int:
    """Bytes of disk; what has two names counts once."""
    found: dict[int, int] = {}
    for path in folder.iterdir():
        try:
            info = path.stat()
        except FileNotFoundError:
            continue
        found[info.st_ino] = info.st_blocks * 512
    return sum(found.values())


def run(seconds: float, keep_bytes: int, loud: int, place: Path) -> int:
    """Have them send; gives the exit code."""
    options = MonitorOptions(
        listen=place / "s.sock",
        place=place / "traces",
        keep_bytes=keep_bytes,
        compresses=True,
        limits=Limits(keep_others_seconds=0),
    )
    monitor = MonitorProcess.start(options)
    told, telling = os.pipe()
    most = 0
    try:
        pids = [quiet(options.listen, seconds, pause, telling) for pause in PAUSES]
        pids += [flat_out(options.listen, seconds) for _ in range(loud)]
        os.close(telling)
        while pids:
            most = max(most, disk(monitor.trace_path))
            time.sleep(0.05)
            pids = [pid for pid in pids if not os.waitpid(pid, os.WNOHANG)[0]]
    finally:
        monitor.stop()
    sent = {}
    with os.fdopen(told) as lines:
        for line in lines:
            pause, number = line.split()
            sent[f"quiet {pause}"] = int(number)
    with closing(Trace.open(monitor.trace_path)) as trace:
        rows = trace.rows(trace.first_row, trace.end_row)
        rows = rows[rows["kind"] == Kind.MESSAGE]
        total = trace.connections.messages
        there = {
            name: rows["fd"][rows["process"] == list(trace.strings).index(name)].tolist()
            for name in sent
        }
    print(f"{total:,} messages, {total / seconds:,.0f} a second, {most:,} bytes of disk at most")
    missing = 0
    for name, count in sent.items():
        print(f"{name}: {count:,} sent, {len(there[name]):,} there")
        missing += there[name] != list(range(count))
    if most > keep_bytes + _SLACK:
        print(f"that is more than {keep_bytes:,}")
    return int(missing > 0 or most > keep_bytes + _SLACK)


def main() -> int:
    """Read the command line; gives the exit code."""
    words = [*map(int, sys.argv[1:]), *(30, 16, 1)[len(sys.argv) - 1 :]]
    seconds, size, loud = words[:3]
    with tempfile.TemporaryDirectory(prefix="gvtui-outlive-") as name:
        return run(seconds, size << 20, loud, Path(name))


if __name__ == "__main__":
    sys.exit(main())
