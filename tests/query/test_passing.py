"""What a filter passes is found once, and gives the view that testing all rows gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query.calls.doubles import Twins
from gvtui.query.filter.compile import Filter, compile_filter
from gvtui.query.once import OnceFilter, known_of
from gvtui.query.passing import LastPassing, NotedFilter, PassingRows
from gvtui.query.view import RowView
from tests.query.fewrows import have_few_rows
from tests.query.memory import MemoryTrace, make_row
from tests.query.test_once import others, sides

FILTERS = ("thread.tid = 1", "evt.dir = X", "evt.type = read", "not thread.tid = 1")


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    have_few_rows(monkeypatch)


def seen(
    trace: MemoryTrace, condition: Filter, *, is_once: bool, most: int = 1 << 30
) -> tuple[list[int], int, int]:
    """The rows of a view, how many are left out, and how many rows were known."""
    once = OnceFilter(trace, condition, Twins(trace)) if is_once else None
    shown = once or condition
    known = known_of(shown)
    view = RowView(trace, shown, None, known)
    while (view.advance(0) or not view.complete) and most:
        most -= 1
    ids = list(view)
    assert [view.position_of(row) for row in ids] == list(range(len(ids)))
    assert all(row in view for row in ids)
    left_out = once.left_out if once is not None else 0
    return ids, left_out, known.stop - trace.first_row if known is not None else 0


calls = st.lists(sides | sides | others, min_size=20, max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls,
    st.sampled_from((0, 3, 8)),
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(FILTERS), st.booleans()), max_size=7),
    st.sampled_from((3, 1 << 30)),
)
def test_from_row_to_row_a_view_is_the_one_that_is_read_anew(
    rows: list[dict[str, int]], first: int, stops: list[tuple[int, str, bool]], most: int
) -> None:
    trace = MemoryTrace(rows, first_row=first)
    end, last = trace.end_row, LastPassing()
    for stop, text, is_once in stops:
        trace.end_row = min(first + stop, end)
        condition = compile_filter(text)
        assert condition.is_of_messages
        # Some are not read to their end before there is another one.
        seen(trace, last.noted(trace, condition), is_once=is_once, most=most)
        noted = last.noted(trace, condition)
        found = seen(trace, noted, is_once=is_once)
        assert (*found[:2], 0) == seen(trace, condition, is_once=is_once)
        assert noted.passing.position >= trace.end_row
        again = seen(trace, last.noted(trace, condition), is_once=is_once)
        assert again[:2] == found[:2]
        assert again[2] > trace.end_row - first - 16 - 8


def test_rows_that_were_tested_are_not_tested_again() -> None:
    trace = MemoryTrace([make_row(type=5, tid=row % 2) for row in range(100)])
    last, text = LastPassing(), "thread.tid = 1"
    seen(trace, last.noted(trace, compile_filter(text)), is_once=True)
    asked: list[int] = []

    class Watched(NotedFilter):
        def mask(self, *args: object, **named: object) -> object:  # type: ignore[override]
            asked.append(args[2])  # type: ignore[arg-type]
            return super().mask(*args, **named)  # type: ignore[arg-type]

    condition = compile_filter(text)
    passing = last.noted(trace, condition).passing
    for end in (100, 50, 90):
        trace.end_row = end
        ids, *_ = seen(trace, Watched(condition, passing), is_once=False)
        assert ids == list(range(1, end, 2))
        assert min(asked) == (end // 8 - 1) * 8
        asked.clear()


def test_another_trace_and_the_least_used_filters_are_forgotten() -> None:
    first, second = MemoryTrace([make_row()] * 20), MemoryTrace([make_row()] * 20)
    last = LastPassing()
    known = last.noted(first, compile_filter("thread.tid = 1")).passing
    assert last.noted(first, compile_filter("thread.tid = 1")).passing is known
    for tid in range(2, 12):
        last.noted(first, compile_filter(f"thread.tid = {tid}"))
    assert last.noted(first, compile_filter("thread.tid = 1")).passing is not known
    latest = last.noted(first, compile_filter("thread.tid = 1")).passing
    assert last.noted(second, compile_filter("thread.tid = 1")).passing is not latest


def test_rows_behind_a_hole_are_not_taken_in() -> None:
    passing = PassingRows(MemoryTrace([make_row()] * 40))
    passing.note(8, 16, np.array([9], np.int64))
    passing.leave_out(np.array([9], np.int64))
    assert passing.position == 0
    assert passing.left_out(0, 40) == 0
    assert passing.known().parts == []
