"""(l) A comparison of two large recordings: how long it takes, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.mixed import BATCH, write_mixed
from tests.benchmarks.table import print_table

ROWS = 5_000_000
_POLL_SECONDS = 0.05


def measured(*words: str) -> tuple[float, float, int, int]:
    """What a command takes: seconds by the clock, of the processor, the most bytes of memory beside
    mapped files, and its exit code."""
    started, most = time.perf_counter(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtui", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        most = max(most, anonymous(process.pid))
        time.sleep(_POLL_SECONDS)
    process.returncode = os.waitstatus_to_exitcode(status)
    taken = time.perf_counter() - started
    return taken, used.ru_utime + used.ru_stime, most, process.returncode


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
    rows = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS)) // BATCH * BATCH
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name, "before.gvtrace"), Path(name, "after.gvtrace")
        write_mixed(first, rows)
        write_mixed(second, rows + BATCH)
        lines = []
        for how in ("cold", "again"):
            taken, used, most, code = measured("diff", str(first), str(second))
            seconds = (f"{each:.1f}" for each in (taken, used, used / 2))
            lines.append((how, *seconds, f"{most / 2**20:.0f}", code))
    head = ("diff", "seconds", "of the processor", "each side", "MiB beside files", "exit code")
    print_table(f"two recordings of {rows:,} messages", head, lines)


if __name__ == "__main__":
    main()
