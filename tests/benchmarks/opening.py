"""How long the first screen of a large recording takes, with its index, and without."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from gvtui.trace import files
from tests.benchmarks.queries import BATCH, write_rows
from tests.benchmarks.screen import Viewer
from tests.benchmarks.table import print_table

ROWS = 20_000_000
TRIES = 12


def seconds_of(path: Path, rows: int) -> tuple[float, float, float]:
    """Seconds to the first rows on the screen, to all of them, and of a key meanwhile, at worst."""
    started = time.perf_counter()
    viewer = Viewer(["replay", "--fresh", str(path)])
    try:
        viewer.wait_for("part0/file0.so", 300)
        first = time.perf_counter() - started
        worst = 0.0
        while True:
            viewer.read(0.2)
            if f"{rows:,} rows".encode() in viewer.seen:
                return first, time.perf_counter() - started, worst
            # The row that is selected is told at the right end of the status line.
            for key, words in (("\x1b[B", "row 1"), ("\x1b[A", "row 0")):
                viewer.forget()
                viewer.press(key)
                worst = max(worst, viewer.wait_for(words, 60))
    finally:
        viewer.close()


def seconds_to_first_rows(path: Path) -> float:
    """Seconds from the start of the program to the first rows on the screen."""
    started = time.perf_counter()
    viewer = Viewer(["replay", "--fresh", str(path)])
    try:
        viewer.wait_for("part0/file0.so", 300)
        return time.perf_counter() - started
    finally:
        viewer.close()


def main() -> None:
    """Open one recording with an index, without, and again; then only its first screen, often."""
    rows = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS)) // BATCH * BATCH
    lines = []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "large.gvtrace")
        write_rows(path, rows)
        for words in ("with its index", "without", "with the one just made"):
            first, whole, worst = seconds_of(path, rows + 1)
            lines.append((words, f"{first:.2f}", f"{whole:.1f}", f"{1000 * worst:.0f}"))
            if words == "with its index":
                files.index_path(path).unlink()
        tries = sorted(seconds_to_first_rows(path) for _ in range(TRIES))
    head = ("recording", "first rows, s", "all rows, s", "key meanwhile at worst, ms")
    print_table(f"a recording of {rows:,} rows on the screen", head, lines)
    often = (f"{tries[0]:.2f}", f"{statistics.median(tries):.2f}", f"{tries[-1]:.2f}")
    print_table(f"its first rows, {TRIES} tries", ("least, s", "median, s", "most, s"), [often])


if __name__ == "__main__":
    main()
