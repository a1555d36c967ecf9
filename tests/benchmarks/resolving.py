"""How many rows a second each part of the analysis reads, by what the rows are about."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gvtui.__main__ import GARBAGE
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from tests.benchmarks.mixed import BATCH, KINDS, write_mixed
from tests.benchmarks.table import print_table

ROWS = 1_000_000
STEP = 1 << 18


def seconds_of(advance: Callable[[int], int]) -> float:
    """Seconds of this thread's processor until a part has read all rows."""
    started = time.thread_time()
    while advance(STEP):
        pass
    return time.thread_time() - started


def costs(path: Path) -> dict[str, float]:
    """Processor seconds of each part over a recording."""
    trace = Trace.open(path)
    analysis = Analysis(trace)
    found = {
        "pairs": seconds_of(analysis.pairs.advance),
        "processes": seconds_of(analysis.processes.advance),
        "numbers": seconds_of(analysis.statistics().advance),
        "timeline": seconds_of(analysis.timeline.advance),
        "resolved": seconds_of(analysis.resolved.advance),
        "activity": seconds_of(ActivityReader(analysis.context).advance),
    }
    trace.close()
    return found


def main() -> None:
    """Measure each part over each kind of rows."""
    gc.set_threshold(GARBAGE)
    rows = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS)) // BATCH * BATCH
    lines, parts = [], list[str]()
    with tempfile.TemporaryDirectory() as name:
        for kind in KINDS:
            path = Path(name, f"{kind}.gvtrace")
            write_mixed(path, rows, kind)
            found = costs(path)
            parts = list(found)
            whole = sum(found.values())
            figures = [*found.values(), whole]
            lines.append((kind, *(f"{rows / each:,.0f}" for each in figures)))
            path.unlink()
    head = ("rows", *parts, "all")
    print_table(f"rows a second of processor time, over {rows:,} rows", head, lines)


if __name__ == "__main__":
    main()
