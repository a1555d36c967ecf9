"""From position to position in a recording that is shown as of a row: read anew, and from states.

`GVTUI_BENCH_ROWS` gives the sizes of the recordings, parted by commas.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from time import process_time

from gvtui.query.analysis import Paced
from gvtui.trace.keptfile import identity_of
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside, spaced_path
from gvtui.tui.model.model import Model
from tests.benchmarks.child import spent
from tests.benchmarks.mixed import BATCH, write_mixed
from tests.benchmarks.table import print_table

ROWS = "300000,3000000"
PLACES = (0.9, 0.5, 0.95, 0.1, 0.6, 0.97, 0.93)
"""Where one stands, one after the other: forward and back, far and near."""


def jump(model: Model, replay: ReplayClock, row: int) -> tuple[float, float]:
    """CPU seconds until all is drawn once, and until rows, tree, descriptors and numbers are all
    there."""
    began = process_time()
    model.stand_at(replay, row)
    first = process_time() - began
    analysis = model.analysis
    analysis.follower = Paced(analysis.statistics(by_descriptor=True).advance)
    while model.refresh(0.008) or model.trace.is_behind or model.analysis.is_behind:
        pass
    assert analysis.resolved.position == row + 1
    return first, process_time() - began


def measure(path: Path, rows: int) -> list[tuple[str, ...]]:
    """The lines of the table of one recording."""
    trace = Trace.open(path)
    model, replay = Model(trace), ReplayClock(trace, None)
    assert model.analysis.resolved is not None
    taken: dict[float, list[tuple[float, float]]] = {place: [] for place in PLACES}
    for is_kept in (False, True):
        for place in PLACES:
            taken[place].append(jump(model, replay, int(rows * place)))
            if not is_kept:
                # Without states: the process that makes them is ended, and begun at the next jump.
                model.beforehand.close()
        if not is_kept:
            model.beforehand.best(trace, rows, 0)
            model.beforehand.wait()
    model.close()
    trace.close()
    return [
        (f"to {place:.0%}", *(f"{seconds:.2f}" for pair in pairs for seconds in pair))
        for place, pairs in taken.items()
    ]


def main() -> None:
    """Measure over recordings of some sizes."""
    for asked in os.environ.get("GVTUI_BENCH_ROWS", ROWS).split(","):
        rows = int(asked) // BATCH * BATCH
        with tempfile.TemporaryDirectory() as name:
            os.environ |= {"XDG_STATE_HOME": f"{name}/state", "XDG_CACHE_HOME": f"{name}/cache"}
            path = Path(name, "large.gvtrace")
            write_mixed(path, rows)
            while identity_of(path, beside(path)) is None:
                time.sleep(0.1)
            lines = measure(path, rows)
            kept = spaced_path(beside(path))
            size = kept.stat().st_size / (1 << 20)
            kept.unlink()
            made = spent("-m", "gvtui.query.through", "spaced", str(path), "")
        print_table(
            f"a recording of {rows:,} rows; its states take {size:.0f} MiB and {made.busy:.1f} CPU s",
            ("position", "anew: first", "all, CPU s", "kept: first", "all, CPU s"),
            lines,
        )


if __name__ == "__main__":
    main()
