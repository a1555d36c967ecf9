"""(l) A comparison of two large recordings: how long it takes, and how much memory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.benchmarks.child import Spent, spent
from tests.benchmarks.mixed import BATCH, write_mixed
from tests.benchmarks.table import print_table

ROWS = 5_000_000


def compared(first: Path, second: Path) -> tuple[Spent, int]:
    """What a comparison takes, and the most bytes of memory beside mapped files."""
    memory = [0]
    words = ("-m", "gvtui", "diff", str(first), str(second))
    found = spent(*words, codes=(0, 3), watch=lambda pid: memory.append(anonymous(pid)))
    return found, max(memory)


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
            (taken, busy, _, code), most = compared(first, second)
            seconds = (f"{each:.1f}" for each in (taken, busy, busy / 2))
            lines.append((how, *seconds, f"{most / 2**20:.0f}", code))
    head = ("diff", "seconds", "of the processor", "each side", "MiB beside files", "exit code")
    print_table(f"two recordings of {rows:,} messages", head, lines)


if __name__ == "__main__":
    main()
