"""Finds the row of a thread next to another row, without reading the same rows again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import group

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.source import RowSource

_NEAR = (1 << 8, 1 << 12)
"""How many rows next to a row are searched directly, step by step."""
_FEW = 16
"""So many times the rows further away are searched directly too: to sort them costs as much."""


class ThreadRows:
    """The rows of threads next to other rows.

    A new thread has no earlier row, and one that hangs no later one, and there may be very many of
    them: so the rows that all of them need are sorted by thread once. The answers are the same in
    whatever order rows are asked about, but it is fast only if they are near each other.
    """

    def __init__(
        self,
        trace: RowSource,
        counts: Callable[[npt.NDArray[np.void]], npt.NDArray[np.bool_]],
        most: int,
    ) -> None:
        """Make it.

        Args:
            trace: the rows.
            counts: tells which of some rows are looked for.
            most: how many rows before and after a row are searched.
        """
        self._trace = trace
        self._counts = counts
        self._most = most
        self._searched = 0
        """How often rows further away were searched directly since any were sorted."""
        self._first = self._stop = 0
        """The rows that are sorted."""
        self._keys = np.empty(0, np.uint64)
        self._rows = np.empty(0, np.int64)

    def before(self, conn: int, tid: int, row: int) -> int | None:
        """The last row of a thread before a row; None if there is none, or too far away."""
        first, stop = max(row - self._most, self._trace.first_row), row
        for distance in _NEAR:
            begin = max(row - distance, first)
            found = self._search(conn, tid, begin, stop)
            if len(found):
                return int(found[-1])
            stop = begin
        found = self._further(conn, tid, row, first, stop)
        return int(found[-1]) if len(found) else None

    def after(self, conn: int, tid: int, row: int) -> int | None:
        """The next row of a thread after a row; None if there is none yet, or too far away."""
        begin, end = row + 1, min(row + 1 + self._most, self._trace.end_row)
        for distance in _NEAR:
            stop = min(row + 1 + distance, end)
            found = self._search(conn, tid, begin, stop)
            if len(found):
                return int(found[0])
            begin = stop
        found = self._further(conn, tid, row, begin, end)
        return int(found[0]) if len(found) else None

    def _search(self, conn: int, tid: int, begin: int, stop: int) -> npt.NDArray[np.int64]:
        if begin >= stop:
            return np.empty(0, np.int64)
        rows = self._trace.rows(begin, stop)
        own = (rows["conn"] == conn) & (rows["tid"] == tid) & self._counts(rows)
        return np.flatnonzero(own) + begin

    def _further(
        self, conn: int, tid: int, row: int, begin: int, stop: int
    ) -> npt.NDArray[np.int64]:
        """The same as `_search`, for a range that others will ask for too."""
        if begin >= stop:
            return np.empty(0, np.int64)
        if not self._first <= begin <= stop <= self._stop:
            if self._searched < _FEW:
                self._searched += 1
                return self._search(conn, tid, begin, stop)
            self._sort(row)
        key = np.uint64(conn << 32 | tid & 0xFFFFFFFF)
        own = slice(*(int(np.searchsorted(self._keys, key, side)) for side in ("left", "right")))
        rows = self._rows[own]
        low, high = np.searchsorted(rows, (begin, stop)).tolist()
        return rows[low:high]

    def _sort(self, row: int) -> None:
        """Sort rows by thread: those that this row needs, and the next ones after it."""
        first = max(row - self._most, self._trace.first_row)
        stop = min(row + 1 + 2 * self._most, self._trace.end_row)
        rows = self._trace.rows(first, stop)
        places = np.flatnonzero(self._counts(rows))
        conns, tids = rows["conn"][places], rows["tid"][places].view(np.uint32)
        order, _ = group(conns, tids)
        self._keys = conns[order].astype(np.uint64) << np.uint64(32) | tids[order]
        self._rows = places[order] + first
        self._first, self._stop, self._searched = first, stop, 0
