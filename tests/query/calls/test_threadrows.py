"""The row of a thread next to another row is the one that a plain search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.calls import threadrows
from gvtui.query.calls.threadrows import ThreadRows
from gvtui.trace.row import ROW_DTYPE, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

MOST = 12
HIGHEST = 0xFFFFFFFF


class Rows:
    """A trace of rows alone."""

    def __init__(self, rows: npt.NDArray[np.void], first_row: int) -> None:
        self._rows = rows
        self.first_row, self.end_row = first_row, len(rows)
        self.reads = 0

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        self.reads += 1
        return self._rows[max(start, self.first_row) : min(stop, self.end_row)]


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threadrows, "_NEAR", (2, 4))
    monkeypatch.setattr(threadrows, "_FEW", 2)


def thread_rows(trace: Rows) -> ThreadRows:
    return ThreadRows(cast("Any", trace), lambda rows: rows["kind"] == Kind.MESSAGE, MOST)


def plain(
    rows: npt.NDArray[np.void], places: Iterable[int], first: int, conn: int, tid: int
) -> int | None:
    for index in places:
        if not first <= index < len(rows):
            return None
        held = rows[index]
        if (held["conn"], held["tid"], held["kind"]) == (conn, tid, Kind.MESSAGE):
            return index
    return None


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 2, HIGHEST]),
            st.sampled_from([-1, 0, 1, 2, 3]),
            st.sampled_from([0, 0, 0, 3]),
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 10),
    st.integers(0, 60),
)
def test_it_is_the_nearest_one_within_reach(
    told: list[tuple[int, int, int]], first: int, grown: int
) -> None:
    rows = np.zeros(len(told), ROW_DTYPE)
    for place, (conn, tid, kind) in enumerate(told):
        rows[place]["conn"], rows[place]["tid"], rows[place]["kind"] = conn, tid, kind
    trace = Rows(rows, first)
    found = thread_rows(trace)
    # First while the trace has some of its rows, then with all of them.
    for end in (min(grown, len(told)), len(told)):
        trace.end_row = end
        for row in range(first, end):
            before = range(row - 1, row - MOST - 1, -1)
            after = range(row + 1, row + MOST + 1)
            for conn in (1, 2, HIGHEST):
                for tid in (-1, 1, 2, 3):
                    held = rows[:end]
                    assert found.before(conn, tid, row) == plain(held, before, first, conn, tid)
                    assert found.after(conn, tid, row) == plain(held, after, first, conn, tid)


def test_many_new_threads_do_not_read_the_same_rows_again() -> None:
    rows = np.zeros(40, ROW_DTYPE)
    rows["conn"], rows["tid"] = 1, np.arange(1, 41)
    trace = Rows(rows, 0)
    found = thread_rows(trace)
    assert all(found.before(1, 100 + row, row) is None for row in range(40))
    # Two reads for the nearest rows of each, and few for all that is further back.
    assert trace.reads < 2 * 40 + 8


def test_many_threads_that_hang_do_not_read_the_same_rows_again() -> None:
    rows = np.zeros(40, ROW_DTYPE)
    rows["conn"], rows["tid"] = 1, np.arange(1, 41)
    trace = Rows(rows, 0)
    found = thread_rows(trace)
    assert all(found.after(1, 1 + row, row) is None for row in range(40))
    assert trace.reads < 2 * 40 + 8


def test_few_rows_far_from_each_other_do_not_have_others_sorted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sorts: list[int] = []
    monkeypatch.setattr(ThreadRows, "_sort", lambda _, row: sorts.append(row))
    found = thread_rows(Rows(np.zeros(100, ROW_DTYPE), 0))
    assert found.before(1, 1, 30) is None
    assert found.after(1, 1, 70) is None
    assert not sorts
