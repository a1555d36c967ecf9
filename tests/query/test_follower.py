from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.follower import Follower
from gvtui.query.source import CHUNK
from tests.query.memory import MemoryTrace, make_row

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FIRST = CHUNK - 10


class Noting(Follower):
    """Notes what it is given."""

    def __init__(self, trace: MemoryTrace) -> None:
        super().__init__(trace)
        self.slices: list[tuple[int, int]] = []
        self.seen: list[int] = []
        self.end: int | None = None
        self.begun = 0

    @property
    def _end(self) -> int:
        return super()._end if self.end is None else self.end

    def _begin(self) -> None:
        self.begun += 1

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        self.slices.append((start, len(rows)))
        self.seen += rows["result"].tolist()


def trace_of(count: int, first_row: int = FIRST) -> MemoryTrace:
    """Rows from just before the end of a chunk on; each says its own number."""
    rows = [make_row(result=first_row + place) for place in range(count)]
    return MemoryTrace(rows, first_row=first_row)


@given(st.integers(0, 30), st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_each_row_comes_once_in_order_whatever_the_budgets(count: int, budgets: list[int]) -> None:
    trace = trace_of(count)
    follower = Noting(trace)
    for budget in budgets:
        before = follower.position
        done = follower.advance(budget)
        assert done == min(budget, trace.end_row - before)
        assert follower.position == before + done
        assert follower.is_done == (follower.position == trace.end_row)
    assert follower.seen == list(range(FIRST, follower.position))
    assert all(start // CHUNK == (start + size - 1) // CHUNK for start, size in follower.slices)
    assert follower.begun == len(budgets)


def test_rows_let_go_meanwhile_are_passed_over() -> None:
    trace = trace_of(20)
    follower = Noting(trace)
    follower.advance(3)
    trace.first_row = FIRST + 8
    assert follower.advance() == 12
    assert follower.seen == [*range(FIRST, FIRST + 3), *range(FIRST + 8, FIRST + 20)]


def test_it_waits_for_rows_that_cannot_be_looked_at_yet() -> None:
    trace = trace_of(20)
    follower = Noting(trace)
    follower.end = FIRST + 5
    assert follower.advance() == 5
    assert not follower.is_done
    assert follower.advance() == 0
    follower.end = None
    assert follower.advance() == 15
    assert follower.is_done


def test_where_the_trace_gives_no_rows_it_stops() -> None:
    trace = trace_of(5)
    trace.end_row += 3
    follower = Noting(trace)
    assert follower.advance() == 5
    assert follower.advance() == 0
    assert not follower.is_done


def test_the_progress_is_the_part_of_the_rows_that_were_read() -> None:
    assert Noting(trace_of(0)).progress == 1.0
    trace = trace_of(8)
    follower = Noting(trace)
    assert follower.progress == 0.0
    follower.advance(2)
    assert follower.progress == 0.25
    trace.first_row = FIRST + 4
    assert follower.progress == 0.0
    follower.advance()
    assert follower.progress == 1.0
