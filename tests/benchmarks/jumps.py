"""From position to position in a recording that is shown as of a row: read anew, and from states.

`GVTUI_BENCH_ROWS` gives the sizes of the recordings, parted by commas.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis, Paced
from gvtui.trace.keptfile import identity_of
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside, spaced_path
from gvtui.tui.model.model import Model
from tests.benchmarks.child import spent
from tests.benchmarks.mixed import BATCH, write_mixed
from tests.benchmarks.table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = "300000,3000000"
PLACES = (0.9, 0.5, 0.95, 0.1, 0.6, 0.97, 0.93)
"""Where one stands, one after the other: forward and back, far and near."""
STEP_BACK = "one row back"

Reader = Callable[[int], int]
SHOWN: dict[str, Callable[[Analysis], Reader | None]] = {
    "stream": lambda _: None,
    "descriptors": lambda analysis: analysis.statistics(by_descriptor=True).advance,
    "numbers": lambda analysis: analysis.statistics().advance,
    "activity": lambda analysis: ActivityReader(analysis.context).advance,
}
"""What is on the screen, with what reads the rows for it."""


class Taken(NamedTuple):
    """Seconds by the clock and of the processor, until all is drawn once, and until it is of all
    rows."""

    first: float
    first_busy: float
    all: float
    all_busy: float


def jump(model: Model, replay: ReplayClock, row: int, shown: str) -> Taken:
    """Stand at a row with something on the screen."""
    began, began_busy = perf_counter(), process_time()
    model.stand_at(replay, row)
    first, first_busy = perf_counter() - began, process_time() - began_busy
    analysis = model.analysis
    reader = SHOWN[shown](analysis)
    analysis.follower = Paced(reader) if reader is not None else None
    while model.refresh(0.008) or model.trace.is_behind or model.analysis.is_behind:
        pass
    assert model.view.complete
    assert analysis.pairs.position == row + 1
    return Taken(first, first_busy, perf_counter() - began, process_time() - began_busy)


def lines(trace: Trace, shown: str, *, is_kept: bool) -> Iterator[tuple[str, ...]]:
    """The lines of the table of one recording, as a viewer has it that has just begun."""
    model, replay = Model(trace), ReplayClock(trace, None)
    rows = trace.available_rows
    if is_kept:
        model.beforehand.best(trace, rows, 0)
        model.beforehand.wait()
    places = [(f"{place:.0%}", int(rows * place)) for place in PLACES]
    for place, row in [*places, (STEP_BACK, places[-1][1] - 1)]:
        taken = jump(model, replay, row, shown)
        if not is_kept:
            # The process that makes states is ended, and begun at the next jump.
            model.beforehand.close()
        yield shown, "states" if is_kept else "anew", place, *(f"{each:.2f}" for each in taken)
    model.close()


def measure(path: Path) -> list[tuple[str, ...]]:
    """The table of one recording."""
    trace = Trace.open(path)
    found = [*lines(trace, "descriptors", is_kept=False)]
    for shown in SHOWN:
        found += lines(trace, shown, is_kept=True)
    trace.close()
    return found


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
            table = measure(path)
            kept = spaced_path(beside(path))
            size = kept.stat().st_size / (1 << 20)
            kept.unlink()
            made = spent("-m", "gvtui.query.through", "spaced", str(path), "")
        print_table(
            f"a recording of {rows:,} rows; its states take {size:.0f} MiB and {made.busy:.1f} CPU s",
            ("shown", "from", "to", "first, s", "CPU s", "all, s", "CPU s"),
            table,
        )


if __name__ == "__main__":
    main()
