"""Whether the rows of an index describe its log: every record has its row, and no row lies.

The rows alone tell where each record begins and ends; so it shows without reading the log whether
they lie close together. Only what is between them is read: nothing that has a row may be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.records import HEAD_SIZE, MAX_PAYLOAD, MAX_REAL_SIZE, REAL_SIZE, LogKind, scan
from gvtui.trace.row import Flag, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.window import Window

_MAX_GAPS = 10_000
"""Stretches without rows that are looked at; an index with more is made again."""

_KINDS = int(max(Kind)) + 1
_DIRECTIONS = 3


class Fit:
    """Goes over the rows of a log from the first to the last."""

    def __init__(self, log: Window) -> None:
        self._log = log
        self._gaps = 0
        self._drop: tuple[int, int] | None = None
        self.end = 0
        """Where the last record ends that has a row."""

    def take(self, rows: npt.NDArray[np.void]) -> bool:
        """Whether the next rows fit to those before and to the log."""
        if not len(rows):
            return True
        size = self._log.size
        plain = rows["kind"] < _KINDS, rows["direction"] < _DIRECTIONS
        if not (plain[0].all() and plain[1].all() and (rows["recv_ns"] >= 0).all()):
            return False
        if int(rows["offset"].max()) > size or int(rows["length"].max()) > MAX_PAYLOAD:
            return False
        offsets, lengths = rows["offset"].astype(np.int64), rows["length"].astype(np.int64)
        if not self._drops_fit(rows["kind"] == Kind.DROP, offsets, lengths):
            return False
        own = rows["kind"] != Kind.DROP
        offsets, lengths = offsets[own], lengths[own]
        cut = (rows["flags"][own] & Flag.TRUNCATED) != 0
        starts = offsets - HEAD_SIZE - np.where(cut, REAL_SIZE.size, 0)
        ends = offsets + lengths
        before = np.concatenate([[self.end], ends[:-1]])
        if (starts < before).any() or (len(ends) and int(ends[-1]) > size):
            return False
        for place in np.flatnonzero(starts != before).tolist():
            self._gaps += 1
            if self._gaps > _MAX_GAPS or self.has_records(int(before[place]), int(starts[place])):
                return False
        if len(ends):
            self.end = int(ends[-1])
        return True

    def is_whole(self) -> bool:
        """Whether no record behind the last row has a row to come."""
        return self._drop is None and not self.has_records(self.end, self._log.size)

    def _drops_fit(
        self,
        is_drop: npt.NDArray[np.bool_],
        offsets: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
    ) -> bool:
        """Whether each drop stands in front of the message that told of it."""
        places = list(zip(offsets.tolist(), lengths.tolist(), strict=True)) if is_drop.any() else []
        if self._drop is not None:
            if is_drop[0] or (int(offsets[0]), int(lengths[0])) != self._drop:
                return False
            self._drop = None
        for place in np.flatnonzero(is_drop).tolist():
            if place + 1 == len(places):
                self._drop = places[place]
            elif is_drop[place + 1] or places[place + 1] != places[place]:
                return False
        return True

    def has_records(self, start: int, end: int) -> bool:
        """Whether a part of the log has records that need a row."""
        for item in scan(self._log, start, end):
            if isinstance(item, int) or item.kind == LogKind.HEADER:
                continue
            if item.kind != LogKind.TRUNCATED:
                return True
            if len(item.payload) < REAL_SIZE.size:
                continue
            if REAL_SIZE.unpack_from(item.payload)[0] <= MAX_REAL_SIZE:
                return True
        return False
