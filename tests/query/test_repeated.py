"""What was found of repeated rows once gives the view that reading all rows gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query.calls.doubles import Twins
from gvtui.query.once import OnceFilter
from gvtui.query.repeated import BothKinds, RepeatedRows
from gvtui.query.view import RowView
from gvtui.wire.messages import RAW_SYSCALL
from tests.query.fewrows import have_few_rows
from tests.query.memory import MemoryTrace, enter, leave, make_row
from tests.query.test_once import READ, others, sides


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    have_few_rows(monkeypatch)


def seen(trace: MemoryTrace, repeated: RepeatedRows | None) -> tuple[list[int], int, int]:
    """The rows of a view, how many are left out, and how many rows were known."""
    once = OnceFilter(trace, None, Twins(trace), repeated)
    known = once.known.stop - trace.first_row if once.known is not None else 0
    view = RowView(trace, once, None, once.known)
    while view.advance(0) or not view.complete:
        pass
    ids = list(view)
    assert [view.position_of(row) for row in ids] == list(range(len(ids)))
    assert all(row in view for row in ids)
    assert view.slice(2, 9).tolist() == ids[2:9]
    return ids, once.left_out, known


calls = st.lists(sides | sides | others, min_size=20, max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls, st.sampled_from((0, 3, 8)), st.lists(st.integers(0, 60), max_size=6), st.booleans())
def test_from_row_to_row_a_view_is_the_one_that_is_read_anew(
    rows: list[dict[str, int]], first: int, stops: list[int], is_read_before: bool
) -> None:
    trace = MemoryTrace(rows, first_row=first)
    end = trace.end_row
    repeated = RepeatedRows(trace)
    if is_read_before:
        while repeated.advance(5):
            pass
        assert repeated.position == end
    for stop in stops:
        trace.end_row = min(first + stop, end)
        ids, left_out, known = seen(trace, repeated)
        assert (ids, left_out, 0) == seen(trace, None)
        assert not is_read_before or known > trace.end_row - first - 16 - 8
        told, bits = repeated.packed()
        if repeated.position <= trace.end_row:
            other = RepeatedRows(trace)
            other.take_packed(told, bits)
            assert seen(trace, other)[:2] == (ids, left_out)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls, st.integers(0, 60), st.integers(0, 60))
def test_a_filtered_view_may_be_read_between(
    rows: list[dict[str, int]], middle: int, stop: int
) -> None:
    """What one reader begins another one goes on with, wherever it is."""
    trace = MemoryTrace(rows)
    repeated = RepeatedRows(trace)
    for end in (middle, stop, len(rows)):
        trace.end_row = min(end, len(rows))
        assert seen(trace, repeated)[:2] == seen(trace, None)[:2]
        repeated.advance(3)


def test_what_is_of_other_rows_is_not_taken() -> None:
    rows = [enter(1, READ, type=RAW_SYSCALL), enter(1, READ)] * 20
    trace = MemoryTrace(rows, first_row=4)
    repeated = RepeatedRows(trace)
    while repeated.advance(9):
        pass
    told, bits = repeated.packed()
    for wrong in ([0, *told[1:]], [4, 99, *told[2:]], [4, 3, *told[2:]], told[:-1]):
        with pytest.raises(ValueError, match="repeated rows"):
            RepeatedRows(trace).take_packed(wrong, bits)
    with pytest.raises(ValueError, match="repeated rows"):
        RepeatedRows(trace).take_packed(told, bits[1:])


def test_rows_behind_a_hole_are_not_taken_in() -> None:
    trace = MemoryTrace([make_row(type=5)] * 40)
    repeated = RepeatedRows(trace)
    repeated.note(8, 16, np.array([9], np.int64))
    assert repeated.position == 0
    assert repeated.count(0, 40) == 0


def test_rows_can_only_be_doubled_where_there_are_both_kinds() -> None:
    rows = [make_row(type=5), enter(1, READ), leave(1, READ), enter(2, READ, type=RAW_SYSCALL)]
    trace = MemoryTrace(rows)
    trace.end_row = 3
    kinds = BothKinds(trace)
    kinds.advance(0)
    assert not kinds.are_there
    assert not kinds.is_behind
    trace.end_row = 4
    assert kinds.is_behind
    kinds.advance(0)
    assert kinds.are_there
    assert not kinds.is_behind
    trace.end_row = 3
    assert not kinds.are_there, "as of a row before"
    assert not kinds.is_behind
