"""Packed values are what they were."""

from __future__ import annotations

from pathlib import Path

from gvtui.query.activity.gaps import Gaps
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.packed import Packed
from gvtui.trace.reader import Trace

TRACES = Path(__file__).parents[1] / "data" / "traces"


def test_an_activity_is_the_same_with_the_rows_behind_each_line() -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    analysis = Analysis(trace)
    reader, gaps = ActivityReader(analysis.context), Gaps(trace)
    analysis.finish(reader, gaps)
    activity = reader.activity((), folds=False)
    again = Packed(activity).value()
    assert again == activity
    assert again is not activity
    for section, other in zip(activity.sections, again.sections, strict=True):
        for line, same in zip(section.lines, other.lines, strict=True):
            masks = [each.behind.mask(0, trace.end_row) for each in (line, same)]
            assert masks[0].sum() == line.behind.count
            assert (masks[0] == masks[1]).all()
    trace.close()
