"""Finds the message that a thread sent before a row, without reading the same rows again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import group
from gvtui.trace.row import Kind

if TYPE_CHECKING:
    from gvtui.query.source import RowSource

_NEAR = (1 << 8, 1 << 12)
"""How many rows before a row are searched directly, step by step."""
MOST_BACK = 1 << 16
"""How many rows before a row are searched at most."""


class EarlierMessages:
    """The messages of threads before rows; rows must be asked about in their order.

    New threads have no earlier message, and there may be very many of them: so the rows that all
    of them need are sorted by thread once.
    """

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self._first = self._stop = 0
        """The rows that are sorted."""
        self._keys = np.empty(0, np.int64)
        self._rows = np.empty(0, np.int64)
        self._dropped = np.empty(0, np.uint32)

    def before(self, conn: int, tid: int, row: int) -> tuple[int, int] | None:
        """The last message of a thread before a row, with its count of drops; None if that is
        further back than `MOST_BACK` rows, or was removed."""
        stop = row
        for distance in _NEAR:
            begin = max(row - distance, self._trace.first_row)
            found = self._last(conn, tid, begin, stop)
            if found is not None:
                return found
            stop = begin
        first = max(row - MOST_BACK, self._trace.first_row)
        if first >= stop:
            return None
        if not self._first <= first <= stop <= self._stop:
            self._sort(first, row)
        key = conn << 32 | tid
        begin, end = np.searchsorted(self._keys, [key, key + 1]).tolist()
        place = begin + int(np.searchsorted(self._rows[begin:end], stop)) - 1
        if place < begin or self._rows[place] < first:
            return None
        return int(self._rows[place]), int(self._dropped[place])

    def _last(self, conn: int, tid: int, begin: int, stop: int) -> tuple[int, int] | None:
        rows = self._trace.rows(begin, stop)
        own = (rows["conn"] == conn) & (rows["tid"] == tid) & (rows["kind"] == Kind.MESSAGE)
        found = np.flatnonzero(own)
        if not len(found):
            return None
        place = int(found[-1])
        return begin + place, int(rows["dropped"][place])

    def _sort(self, first: int, row: int) -> None:
        """Sort rows by thread: those before a row, and those after it that are there already."""
        stop = min(row + MOST_BACK, self._trace.end_row)
        rows = self._trace.rows(first, stop)
        self._first, self._stop = first, first + len(rows)
        places = np.flatnonzero((rows["kind"] == Kind.MESSAGE) & (rows["tid"] > 0))
        conns, tids = rows["conn"][places], rows["tid"][places]
        order, _ = group(conns, tids)
        self._keys = (conns[order].astype(np.int64) << 32) | tids[order]
        self._rows = places[order] + first
        self._dropped = rows["dropped"][places[order]]
