"""Activities of recordings of real sandboxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gvtui.query.activity.activity import SECTIONS, Activity, ActivityLine
from gvtui.query.activity.gaps import Gaps
from gvtui.query.activity.notseen import not_seen
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace

TRACES = Path(__file__).parents[2] / "data" / "traces"


def activity_of(trace: Trace, filter_text: str = "", *, step: int = 1 << 18) -> Activity:
    """What was done in a trace, read in slices of so many rows; no folder is folded."""
    context = Analysis(trace).context
    condition = compile_filter(filter_text, context) if filter_text else None
    reader, gaps = ActivityReader(context, condition), Gaps(trace)
    while context.advance(step) or reader.advance(step) or gaps.advance(step):
        pass
    return reader.activity(not_seen(trace, reader, gaps), folds=False)


def activity_in(name: str, filter_text: str = "", *, step: int = 1 << 18) -> Activity:
    """The same of a recording among the tests' data."""
    trace = Trace.open(TRACES / f"{name}.trace")
    try:
        return activity_of(trace, filter_text, step=step)
    finally:
        trace.close()


def everything_told(reader: ActivityReader) -> dict[str, object]:
    """All that a reader tells, each line with all of its rows."""
    told: dict[str, object] = {
        key: sorted(map(_line_told, reader.unsorted(key))) for key in SECTIONS
    }
    programs = reader.programs
    return told | {
        "rows": (reader.rows, reader.unread, reader.lines.refused, sorted(reader.points)),
        "times": (reader.first_ns, reader.last_ns),
        "lacking": (sorted(reader.untold.items()), sorted(reader.vague.items())),
        "descriptions": sorted(reader.descriptions),
        "programs": (
            programs.untold_origins,
            programs.untold_stdio,
            programs.untold_first,
            programs.untold_commands,
            programs.untold_sessions,
            programs.new,
            programs.cut,
        ),
    }


def _line_told(line: ActivityLine) -> tuple[object, ...]:
    behind = line.behind
    rows = [] if behind.text else np.flatnonzero(behind.mask(0, behind.last + 1)).tolist()
    return (
        *(line.what, line.details, line.bare, line.origin.value, line.is_noticed, line.session),
        *(behind.count, behind.first, behind.last, behind.text, sorted(behind.kinds), rows),
        *(line.bytes_in, line.bytes_out, line.is_begun, line.folded),
        [_line_told(inner) for inner in line.inner],
    )


class Growing:
    """A recording that is analysed as if its rows came one after the other."""

    def __init__(self, path: Path) -> None:
        self.trace = Trace.open(path)
        self.rows = self.trace.available_rows
        """How many it has."""
        self.trace.go_back(0)
        analysis = Analysis(self.trace)
        self._context = analysis.context
        self.reader = ActivityReader(self._context)
        self.position = 0
        """Rows from this one on are held back."""

    def grow(self, stop: int, step: int) -> None:
        """Have the rows before one, and read them in slices of so many."""
        self.trace.limit = self.position = stop
        while self.trace.is_behind:
            self.trace.refresh()
        while self._context.advance(step) or self.reader.advance(step):
            pass

    def told(self) -> dict[str, object]:
        """All that is told of the rows so far."""
        return everything_told(self.reader)

    def close(self) -> None:
        """Close the recording."""
        self.trace.close()


def told_up_to(path: Path, stop: int) -> dict[str, object]:
    """All that is told of the rows of a recording before one, read at once."""
    trace = Trace.open(path)
    trace.go_back(stop)
    while trace.is_behind:
        trace.refresh()
    analysis = Analysis(trace)
    reader = ActivityReader(analysis.context)
    analysis.finish(reader)
    found = everything_told(reader)
    trace.close()
    return found
