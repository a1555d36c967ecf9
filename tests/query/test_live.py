"""What is found while a trace grows is what is found in the whole trace, execs included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.filter.compile import compile_filter
from gvtui.query.folded import call_view
from gvtui.query.numbers.statistics import Statistics
from gvtui.query.numbers.timeline import Timeline
from gvtui.query.processes.processes import Processes
from gvtui.query.view import RowView
from gvtui.trace.row import ROW_DTYPE
from tests.query.calls.exec_streams import Event, exec_streams
from tests.query.filter.world import TextTrace

if TYPE_CHECKING:
    import numpy.typing as npt

FILTERS = (
    "evt.failed = true",
    "evt.failed = false",
    "not evt.failed exists",
    "evt.res = 0",
    "evt.res = ENOENT",
    "evt.errno exists",
    "evt.latency > 0",
    "thread.tid = 1 and evt.failed exists",
)


def rows_of(events: list[Event]) -> npt.NDArray[np.void]:
    rows = np.zeros(len(events), ROW_DTYPE)
    for place, event in enumerate(events):
        fields = event.row() | {"time_ns": 1000 + place, "recv_ns": 2000 + place}
        fields["pid"] = max(event.tid, 0)
        for name, value in fields.items():
            rows[name][place] = value
    return rows


class Looks:
    """All that looks at a trace."""

    def __init__(self, trace: TextTrace, text: str) -> None:
        self.pairs = Pairs(trace)
        self.processes = Processes(trace, self.pairs)
        self.context = QueryContext(self.pairs, self.processes)
        condition = compile_filter(text, self.context)
        self.view = RowView(trace, condition)
        self.calls = call_view(trace, compile_filter(text, self.context), self.pairs)
        self.all = Statistics(trace, self.pairs, self.processes)
        self.chosen = Statistics(trace, self.pairs, self.processes, condition)
        self.timeline = Timeline(trace, self.pairs.execs)

    def advance(self) -> None:
        self.view.advance(1)
        self.calls.advance(1)
        for follower in (self.pairs, self.processes, self.all, self.chosen, self.timeline):
            follower.advance()
        # Once more, for what the last rows have told of earlier ones.
        self.view.advance(1)
        self.calls.advance(1)
        for follower in (self.processes, self.all, self.chosen, self.timeline):
            follower.advance()

    def found(self) -> dict[str, Any]:
        return {
            "rows": list(self.view),
            "calls": list(self.calls),
            "all": self._numbers(self.all),
            "chosen": self._numbers(self.chosen),
            "errors": sum(bucket.errors for bucket in self.timeline.buckets(8)),
            "processes": [
                (p.pid, p.errors, [(e.row, e.outcome) for e in p.execs], p.args)
                for p in self.processes.tree
            ],
        }

    @staticmethod
    def _numbers(statistics: Statistics) -> dict[str, Any]:
        return {
            "rows": statistics.rows,
            "total": statistics.total(),
            "syscalls": statistics.by_syscall(),
            "errors": [line for line in statistics.by_errno() if line.calls],
            "histogram": statistics.histogram(),
        }


def looked_at(events: list[Event], text: str, step: int) -> dict[str, Any]:
    trace = TextTrace()
    looks = Looks(trace, text)
    rows = rows_of(events)
    for start in range(0, len(rows), step):
        trace.extend(rows[start : start + step])
        looks.advance()
    return looks.found()


@pytest.mark.parametrize("text", FILTERS)
@settings(max_examples=25)
@given(exec_streams(), st.integers(1, 4))
def test_a_growing_trace_gives_what_the_whole_one_gives(
    text: str, events: list[Event], step: int
) -> None:
    whole = looked_at(events, text, max(len(events), 1))
    assert looked_at(events, text, step) == whole
