from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.batch import NoContext
from gvtui.query.filter.compile import compile_filter
from gvtui.query.view import RowView
from gvtui.trace.row import ROW_DTYPE
from tests.query.filter.world import TextTrace

if TYPE_CHECKING:
    import numpy.typing as npt


def rows_of(pids: list[int] | range) -> npt.NDArray[np.void]:
    rows = np.zeros(len(pids), ROW_DTYPE)
    rows["pid"] = list(pids)
    return rows


def trace_of(pids: list[int] | range, *, first_row: int = 0) -> TextTrace:
    trace = TextTrace(first_row=first_row)
    trace.extend(rows_of(pids))
    return trace


def finished(view: RowView) -> RowView:
    while not view.complete:
        view.advance(0)
    return view


class TestWithoutFilter:
    def test_every_row_is_there_at_once(self) -> None:
        view = RowView(trace_of(range(10), first_row=7))
        assert view.count == view.total == len(view) == 10
        assert view.complete
        assert view.progress == 1
        assert view[0] == 7
        assert view[-1] == 16
        assert view.slice(8, 99).tolist() == [15, 16]
        assert [view.position_of(row) for row in (0, 7, 9, 16, 17, 99)] == [0, 0, 2, 9, 10, 10]

    def test_new_rows_come_with_advance(self) -> None:
        trace = trace_of(range(3))
        view = RowView(trace, compile_filter("  "))
        trace.extend(rows_of([1]))
        assert view.count == 3
        assert view.advance(0)
        assert view.count == 4
        assert not view.advance(0)

    def test_old_rows_go(self) -> None:
        trace = trace_of(range(10))
        view = RowView(trace)
        trace.first_row = 4
        assert view.advance(0)
        assert view.count == 6
        assert view.removed == 4
        assert view[0] == 4


class TestWithFilter:
    def test_rows_are_found_in_order(self) -> None:
        trace = trace_of([1, 2, 1, 2, 1])
        view = RowView(trace, compile_filter("proc.pid = 1"))
        assert view.count == 0
        assert not view.complete
        assert view.progress == 0
        assert view.total == 5
        assert view.advance(0)
        assert view.complete
        assert view.progress == 1
        assert list(view) == [0, 2, 4]
        assert not view.advance(0)
        trace.extend(rows_of([1, 2]))
        assert not view.advance(0) or view.complete
        assert list(view) == [0, 2, 4, 5]

    def test_it_goes_on_where_it_stopped(self) -> None:
        trace = trace_of([pid % 3 for pid in range(50_000)])
        view = RowView(trace, compile_filter("proc.pid = 1"))
        steps = 0
        last = 0.0
        while not view.complete:
            assert view.advance(0)
            assert view.progress > last
            last = view.progress
            steps += 1
        assert steps > 3
        assert list(view) == list(range(1, 50_000, 3))

    def test_nothing_passes(self) -> None:
        view = finished(RowView(trace_of([1]), compile_filter("proc.pid = 2")))
        assert view.count == 0
        assert view.slice(0, 5).tolist() == []
        assert view.position_of(0) == 0
        with pytest.raises(IndexError):
            view[0]

    def test_an_empty_trace(self) -> None:
        view = RowView(TextTrace(), compile_filter("proc.pid = 2"))
        assert view.complete
        assert view.progress == 1
        assert not view.advance(0)

    def test_many_matches_take_four_bytes_each(self) -> None:
        trace = trace_of([1] * 200_000, first_row=1 << 40)
        view = finished(RowView(trace, compile_filter("proc.pid = 1")))
        assert view.count == 200_000
        assert view[150_000] == (1 << 40) + 150_000
        assert view[-1] == (1 << 40) + 199_999
        assert view.slice(65_530, 65_540).tolist() == [(1 << 40) + n for n in range(65_530, 65_540)]
        assert view.position_of((1 << 40) + 131_072) == 131_072
        assert sum(chunk.distances.nbytes for chunk in view._chunks) <= 4 * 65_536 * 4
        trace.first_row = (1 << 40) + 140_000
        view.advance(0)
        assert view.count == 60_000
        assert view.removed == 140_000
        assert len(view._chunks) == 2
        assert view[0] == (1 << 40) + 140_000

    def test_rows_that_go_before_they_were_looked_at(self) -> None:
        trace = trace_of([1] * 20_000)
        view = RowView(trace, compile_filter("proc.pid = 1"))
        view.advance(0)
        trace.first_row = 15_000
        finished(view)
        assert list(view) == list(range(15_000, 20_000))
        trace.first_row = 20_000
        view.advance(0)
        assert view.count == 0
        trace.extend(rows_of([1]))
        view.advance(0)
        assert list(view) == [20_000]
        assert view.position_of(20_000) == 0


class Reading(NoContext):
    """A context that takes its time: something for each slice, and something for each row."""

    def __init__(self, end: int) -> None:
        self.position, self._end = 0, end
        self.slices: list[int] = []
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def advance(self, budget: int) -> int:
        rows = min(budget, self._end - self.position)
        self.slices.append(rows)
        self.position += rows
        self.now += 0.003 + rows * 4e-6
        return rows


def test_what_the_context_must_read_comes_in_slices_that_fill_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = Reading(100_000)
    monkeypatch.setattr("gvtui.query.view.time", context)
    view = RowView(trace_of([1] * 100_000), compile_filter("evt.latency exists", context))
    took = []
    while not view.complete:
        began = context.now
        view.advance(0.008)
        took.append(context.now - began)
    assert sum(context.slices) == 100_000
    assert context.slices[0] == 512
    # 1,250 rows fit.
    assert all(1_000 < rows <= 1_250 for rows in context.slices[6:-1])
    assert max(took) < 0.011
    # Two short ones at first, then one each time.
    assert len(took) == len(context.slices) - 1


@given(
    st.lists(st.integers(0, 2), max_size=60),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4),
    st.booleans(),
)
def test_agrees_with_a_plain_list(
    pids: list[int], changes: list[tuple[int, int]], filtered: bool
) -> None:
    trace = trace_of(pids, first_row=3)
    view = RowView(trace, compile_filter("proc.pid = 1") if filtered else None)
    for more, gone in [(0, 0), *changes]:
        trace.extend(rows_of([row % 3 for row in range(more)]))
        trace.first_row = min(trace.first_row + gone, trace.end_row)
        view.advance(0)
        finished(view)
        held = trace.rows(trace.first_row, trace.end_row)["pid"].tolist()
        ids = list(range(trace.first_row, trace.end_row))
        wanted = [row for row, pid in zip(ids, held, strict=True) if pid == 1 or not filtered]
        assert view.count == len(wanted)
        assert list(view) == wanted
        assert [view[position] for position in range(len(wanted))] == wanted
        assert view.slice(1, 4).tolist() == wanted[1:4]
        for row in range(trace.end_row + 2):
            assert view.position_of(row) == sum(1 for other in wanted if other < row)
