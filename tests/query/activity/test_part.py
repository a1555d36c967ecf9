from __future__ import annotations

import numpy as np

from gvtui.query.activity.part import part_of
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction, Kind
from tests.query.activity.runs import TRACES


def test_what_does_not_count_did_nothing_and_moved_nothing() -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    context = Analysis(trace).context
    resolved = context.resolved
    while context.advance():
        pass
    rows = trace.rows(0, trace.end_row)
    is_message = rows["kind"] == Kind.MESSAGE
    everything = part_of(resolved, 0, rows, is_message)
    enters = part_of(resolved, 0, rows, is_message & (rows["direction"] == Direction.ENTER))
    assert everything.came.sum() > 0
    assert everything.went.sum() > 0
    assert np.count_nonzero(everything.happened)
    assert not np.any(everything.chosen & resolved.doubles(0, len(rows)))
    assert not (enters.came.any())
    assert not (enters.went.any())
    assert not enters.happened.any()
    trace.close()
