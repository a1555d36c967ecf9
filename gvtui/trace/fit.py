"""Checks that the rows of an index match its log: every record has its row, and no other.

The rows alone tell where each record begins and ends; so it shows without reading the log whether
they lie close together, or as far apart as the front of a batch is long. Only where they lie
otherwise, what is between them is read: nothing that has a row may be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.batches import LEAD_OF_ONE, TAIL, batch_at, lead
from gvtui.trace.records import (
    HEAD_SIZE,
    MAX_PAYLOAD,
    REAL_SIZE,
    LogKind,
    Record,
    has_real_size,
    head_in,
)
from gvtui.trace.row import Flag, Kind
from gvtui.trace.scanning import Messages, scan_log

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.window import Window

_MAX_GAPS = 10_000
"""How many gaps are read; an index with more is rebuilt."""

_KINDS = int(max(Kind)) + 1
_DIRECTIONS = 3


class Fit:
    """Checks the rows of a log from the first to the last."""

    def __init__(self, log: Window) -> None:
        self._log = log
        self._gaps = 0
        self._drop: tuple[int, int] | None = None
        self._gap: tuple[int, int] | None = None
        self._run = 0
        self.end = 0
        """The offset after the last record that has a row."""
        self.damaged_bytes = 0
        """Bytes that cannot be read, of what was looked at."""

    def take(self, rows: npt.NDArray[np.void]) -> bool:
        """Whether the next rows match the log and follow those before."""
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
        starts = offsets - np.where(cut, REAL_SIZE.size, 0)
        ends = offsets + lengths
        before = np.concatenate([[self.end], ends[:-1]])
        if (starts < before).any() or (len(ends) and int(ends[-1]) > size):
            return False
        if len(ends):
            self.end = int(ends[-1])
        return self._runs_fit(starts, before)

    def _runs_fit(self, starts: npt.NDArray[np.int64], before: npt.NDArray[np.int64]) -> bool:
        """Whether what lies in front of each run of rows close together is their front.

        The last run may go on in the next rows.
        """
        firsts = np.flatnonzero(starts != before)
        if not len(firsts):
            self._run += len(starts)
            return True
        self._run += int(firsts[0])
        if not self._gap_fits():
            return False
        sizes = np.diff(firsts)
        gaps = (starts - before)[firsts[:-1]]
        is_plain = (gaps == lead(0) + 8 * sizes) | (gaps == lead(0) + 16 * sizes)
        is_plain &= sizes > 1
        is_plain |= (sizes == 1) & ((gaps == LEAD_OF_ONE) | (gaps == HEAD_SIZE))
        for place in np.flatnonzero(~is_plain).tolist():
            first = int(firsts[place])
            self._gap = int(before[first]), int(starts[first])
            self._run = int(sizes[place])
            if not self._gap_fits():
                return False
        last = int(firsts[-1])
        self._gap, self._run = (int(before[last]), int(starts[last])), len(starts) - last
        return True

    def _gap_fits(self) -> bool:
        """Whether what lies in front of the run is its front, and nothing else that has a row."""
        if self._gap is None:
            return self._run == 0
        begin, end = self._gap
        fronts = lead(self._run), lead(self._run, has_times=True)
        if end - begin in fronts or (end - begin == HEAD_SIZE and self._run == 1):
            return True
        self._gaps += 1
        if self._gaps > _MAX_GAPS:
            return False
        told = self._log.take(end - TAIL.size, TAIL.size) if end >= TAIL.size else b""
        size = TAIL.unpack(told)[0] if len(told) == TAIL.size else 0
        batch = batch_at(self._log, end - size) if size in fronts and size <= end - begin else None
        if batch is None or batch.body != end:
            size = HEAD_SIZE
            if self._run != 1 or end - begin < size or not self._has_head(end - size):
                return False
        return not self.has_records(begin, end - size)

    def _has_head(self, position: int) -> bool:
        return head_in(self._log.take(position, HEAD_SIZE)) is not None

    def is_whole(self) -> bool:
        """Whether no record after the last row needs a row."""
        if self._drop is not None or not self._gap_fits():
            return False
        return not self.has_records(self.end, self._log.size)

    def _drops_fit(
        self,
        is_drop: npt.NDArray[np.bool_],
        offsets: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
    ) -> bool:
        """Whether each drop row precedes the row of the message that told of it."""
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
        """Whether a range of the log has records that need a row."""
        for item in scan_log(self._log, start, end) if start < end else ():
            if isinstance(item, int):
                self.damaged_bytes += item
            elif isinstance(item, Messages):
                return True
            elif isinstance(item, Record) and item.kind not in (LogKind.HEADER, LogKind.SUMMARY):
                if item.kind != LogKind.TRUNCATED or item.is_damaged:
                    return True
                if has_real_size(item.payload):
                    return True
        return False
