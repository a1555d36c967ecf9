"""The messages of a slice are those of its rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gvtui.query.resolved.slicemessages import SliceMessages
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind

TRACES = Path(__file__).parents[2] / "data" / "traces"


def test_each_message_is_that_of_its_row() -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    rows = trace.rows(100, 900)
    asked = (rows["kind"] == Kind.MESSAGE) & (np.arange(800) % 3 == 0)
    messages = SliceMessages(trace, 100, rows, asked)
    for place in np.flatnonzero(asked).tolist():
        assert messages.get(place) == trace.decoded(100 + place).message
    trace.close()


def test_one_that_was_not_asked_for_is_read_alone() -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    rows = trace.rows(0, 50)
    messages = SliceMessages(trace, 0, rows, np.zeros(50, np.bool_))
    assert messages.get(40) == trace.decoded(40).message
    trace.close()
