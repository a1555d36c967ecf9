"""(l) A comparison of two large recordings: how long it takes, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gvtui.trace.writer import TraceWriter
from tests.benchmarks.queries import BATCH, DISTINCT, START_NS, varied_messages
from tests.benchmarks.table import print_table
from tests.query.compare.sides import opens

ROWS = 5_000_000
_POLL_SECONDS = 0.05


def write_side(path: Path, rows: int, *more: bytes) -> None:
    """A recording of so many messages, and of some more at its end."""
    messages = varied_messages(DISTINCT)
    writer = TraceWriter(path)
    writer.opened(1, START_NS, {"peer_pid": 1, "command": ["runsc"]})
    for start in range(0, rows, BATCH):
        place = start % DISTINCT
        writer.received(1, START_NS + start * 2_000, messages[place : place + BATCH])
    writer.received(1, START_NS + rows * 2_000, list(more))
    writer.close()


def measured(*words: str) -> tuple[float, int, int]:
    """Seconds, the most bytes of memory beside mapped files, and the exit code of a command."""
    started, most = time.perf_counter(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtui", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        most = max(most, anonymous(process.pid))
        time.sleep(_POLL_SECONDS)
    return time.perf_counter() - started, most, process.returncode


def anonymous(pid: int) -> int:
    """Bytes of memory of a process beside mapped files; 0 if it has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("RssAnon:")]
    return int(found[0]) * 1024 if found else 0


def main() -> None:
    """Compare two recordings of `GVTUI_BENCH_ROWS` messages each: cold, and from kept state."""
    rows = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS))
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name, "before.gvtrace"), Path(name, "after.gvtrace")
        write_side(first, rows)
        write_side(second, rows, *opens("/etc/only-after", name="worker-1"))
        lines = []
        for how in ("cold", "again"):
            seconds, most, code = measured("diff", str(first), str(second))
            lines.append((how, f"{seconds:.1f}", f"{seconds / 2:.1f}", f"{most / 2**20:.0f}", code))
    head = ("diff", "seconds", "each", "MiB beside files", "exit code")
    print_table(f"two recordings of {rows:,} messages", head, lines)


if __name__ == "__main__":
    main()
