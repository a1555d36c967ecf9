"""The memory of what follows a trace while very many rows come, and old ones go or stay."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from typing import Any, cast

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.folded import call_view
from gvtui.query.source import CHUNK
from gvtui.query.view import RowView
from tests.benchmarks.table import print_table
from tests.query.endless import EndlessTrace

ROWS = 100_000_000
STEPS = 10
KEPT = 9_000_000
"""Rows that 2 GiB of a flight recorder hold."""


def resident() -> int:
    """Bytes of memory that this process takes now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def follow(rows: int, kept: int | None) -> list[tuple[str, str, str]]:
    """Rows so far, mebibytes, and rows a second, at each of some steps."""
    trace = EndlessTrace()
    analysis = Analysis(cast("Any", trace))
    condition = compile_filter("evt.dir = X", analysis.context)
    views = [RowView(trace, condition), call_view(trace, condition, analysis.pairs)]
    statistics = analysis.statistics(condition)
    lines = []
    started = time.perf_counter()
    step = max(rows // STEPS // CHUNK, 1) * CHUNK
    for end in range(CHUNK, rows + 1, CHUNK):
        trace.grow(CHUNK)
        if kept is not None:
            trace.first_row = max(0, end - kept)
        analysis.timeline.advance(CHUNK)
        analysis.context.advance(CHUNK)
        statistics.advance(CHUNK)
        for view in views:
            view.advance(60)
        if end == CHUNK or end % step == 0:
            rate = end / (time.perf_counter() - started)
            lines.append((f"{end:,}", f"{resident() / 2**20:.1f}", f"{rate:,.0f}"))
    return lines


def main() -> None:
    """Follow as many rows as `GVTUI_BENCH_ROWS` says, each time in a process of its own."""
    rows = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS))
    for words, kept in (("old ones go", KEPT), ("all stay", None)):
        sys.stdout.flush()
        child = os.fork()
        if not child:
            title = f"memory while {rows:,} rows come, and {words}"
            print_table(title, ("rows", "MiB", "rows a second"), follow(rows, kept))
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
