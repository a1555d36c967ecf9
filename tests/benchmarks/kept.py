"""Reports, statistics and the viewer's numbers of a large recording: read anew, and from what is kept."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from gvtui.query.analysis import Analysis
from gvtui.trace.keptfile import identity_of
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside, kept_path
from tests.benchmarks.child import spent
from tests.benchmarks.mixed import BATCH, write_mixed
from tests.benchmarks.screen import Viewer
from tests.benchmarks.table import print_table

ROWS = 5_000_000
COMMANDS = {
    "report": ("report", "--format", "json"),
    "statistics": ("print", "--stats", "--format", "json"),
}


def calls_of(path: Path) -> int:
    """How many calls a recording has."""
    trace = Trace.open(path)
    statistics = Analysis(trace, is_kept=True).statistics()
    trace.close()
    assert statistics.is_done
    return statistics.total().calls


def viewer_seconds(path: Path, calls: int) -> tuple[float, float]:
    """Seconds until Numbers shows anything, and until it has counted all rows."""
    started = time.perf_counter()
    viewer = Viewer(["replay", "--fresh", str(path)])
    try:
        viewer.wait_for("container/start", 300)
        viewer.press("3")
        viewer.wait_for("system call", 300)
        first = time.perf_counter() - started
        viewer.wait_for(f"{calls:,}", 3600)
        return first, time.perf_counter() - started
    finally:
        viewer.close()


def main() -> None:
    """Measure over one recording."""
    rows = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS)) // BATCH * BATCH
    lines: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"XDG_STATE_HOME": f"{name}/state", "XDG_CACHE_HOME": f"{name}/cache"}
        path = Path(name, "large.gvtrace")
        write_mixed(path, rows)
        pair = beside(path)
        while identity_of(path, pair) is None:
            time.sleep(0.1)
        for what, words in COMMANDS.items():
            kept_path(pair).unlink(missing_ok=True)
            for how in ("anew", "kept"):
                taken, busy, mib, _ = spent("-m", "gvtui", *words, str(path))
                lines.append((f"{what}, {how}", f"{taken:.2f}", f"{busy:.2f}", f"{mib:.0f}"))
        columns: tuple[str, ...] = ("what", "seconds", "CPU s", "MiB at most")
        print_table(f"a recording of {rows:,} rows", columns, lines)
        for words in COMMANDS.values():
            spent("-m", "gvtui", *words, str(path))
        calls, views = calls_of(path), list[tuple[str, ...]]()
        for how in ("kept", "not kept"):
            first, whole = viewer_seconds(path, calls)
            views.append((how, f"{first:.2f}", f"{whole:.2f}"))
            kept_path(pair).unlink(missing_ok=True)
        columns = ("numbers in the viewer", "first, s", "all, s")
        print_table(f"a recording of {rows:,} rows on the screen", columns, views)


if __name__ == "__main__":
    main()
