"""The message of a thread before a row is the one that a plain search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.calls import threadrows
from gvtui.query.calls.threadrows import EarlierMessages
from gvtui.trace.row import ROW_DTYPE, Kind

if TYPE_CHECKING:
    import numpy.typing as npt


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
    monkeypatch.setattr(threadrows, "MOST_BACK", 12)


def plain(rows: npt.NDArray[np.void], first: int, conn: int, tid: int, row: int) -> Any:
    for index in range(row - 1, max(first, row - 12) - 1, -1):
        held = rows[index]
        if (held["conn"], held["tid"], held["kind"]) == (conn, tid, Kind.MESSAGE):
            return index, int(held["dropped"])
    return None


@given(
    st.lists(
        st.tuples(st.integers(1, 2), st.integers(0, 3), st.sampled_from([0, 0, 0, 3])),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 10),
)
def test_it_is_the_last_one_within_reach(told: list[tuple[int, int, int]], first: int) -> None:
    rows = np.zeros(len(told), ROW_DTYPE)
    for place, (conn, tid, kind) in enumerate(told):
        rows[place]["conn"], rows[place]["tid"], rows[place]["kind"] = conn, tid, kind
        rows[place]["dropped"] = place // 3
    found = EarlierMessages(cast("Any", Rows(rows, first)))
    for row in range(first, len(told)):
        for conn in (1, 2):
            for tid in (1, 2, 3):
                assert found.before(conn, tid, row) == plain(rows, first, conn, tid, row)


def test_many_new_threads_do_not_read_the_same_rows_again() -> None:
    rows = np.zeros(40, ROW_DTYPE)
    rows["conn"], rows["tid"] = 1, np.arange(1, 41)
    trace = Rows(rows, 0)
    found = EarlierMessages(cast("Any", trace))
    assert all(found.before(1, 100 + row, row) is None for row in range(40))
    # Two reads for the nearest rows of each, and few for all that is further back.
    assert trace.reads < 2 * 40 + 8
