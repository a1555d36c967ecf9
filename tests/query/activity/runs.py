"""Activities of recordings of real sandboxes."""

from __future__ import annotations

from pathlib import Path

from gvtui.query.activity.activity import Activity
from gvtui.query.activity.notseen import Gaps, not_seen
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
