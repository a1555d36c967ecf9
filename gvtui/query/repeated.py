"""The raw rows of a trace that a decoded row of the same call repeats, found once.

Which rows these are does not depend on the row that a recording is shown as of, except for those just
before it: so they are not sought again from the first row on.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.calls.doubles import MOST_APART, Doubles
from gvtui.query.knownrows import known_rows, known_stop
from gvtui.query.rowset import RowSet
from gvtui.query.source import CHUNK
from gvtui.query.view import SLICE
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gvtui.query.filter.batch import Rows
    from gvtui.query.knownrows import KnownRows
    from gvtui.query.source import RowSource

_NONE = -1


class KindsTold(NamedTuple):
    """What is known of the kinds of rows, as plain numbers."""

    position: int
    """The rows before this one were looked at."""
    first_raw: int
    """The first raw row of a call; -1 for none."""
    first_decoded: int
    """The first decoded one; -1 for none."""


class BothKinds:
    """Whether a trace has both raw and decoded rows of calls: only then can any be doubled."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self.told = KindsTold(trace.first_row, _NONE, _NONE)
        """What is known so far."""

    @property
    def are_there(self) -> bool:
        """Whether rows of both kinds have been seen among those that the trace has now."""
        _, raw, decoded = self.told
        return 0 <= raw < self._trace.end_row and 0 <= decoded < self._trace.end_row

    @property
    def is_behind(self) -> bool:
        """Whether there are rows that may decide it and were not looked at."""
        is_known = min(self.told[1:]) >= 0
        return not is_known and self.told.position < self._trace.end_row

    def advance(self, budget_seconds: float) -> None:
        """Look at more rows for about the given time, until both kinds have been seen."""
        deadline = time.monotonic() + budget_seconds
        position = max(self.told.position, self._trace.first_row)
        self.told = self.told._replace(position=position)
        while self.is_behind:
            position, first_raw, first_decoded = self.told
            rows = self._trace.rows(position, position + SLICE)
            if not len(rows):
                break
            is_raw = rows["type"] == RAW_SYSCALL
            if first_raw == _NONE:
                first_raw = _first(is_raw, position)
            if first_decoded == _NONE:
                is_decoded = (rows["direction"] != Direction.NONE) & ~is_raw
                first_decoded = _first(is_decoded, position)
            self.told = KindsTold(position + len(rows), first_raw, first_decoded)
            if time.monotonic() >= deadline:
                break


def _first(mask: npt.NDArray[np.bool_], start: int) -> int:
    """The row of the first that holds, of rows from `start` on; -1 if none does."""
    place = int(mask.argmax()) if len(mask) else 0
    return start + place if mask.any() else _NONE


class RepeatedRows:
    """The repeated rows of a trace as far as it was read, by one reader or several."""

    def __init__(self, trace: RowSource) -> None:
        """Make it; nothing is known yet."""
        self._trace = trace
        self.kinds = BothKinds(trace)
        """Whether any can be there."""
        self.position = trace.first_row
        """All rows before this one were given to `note`."""
        self._rows = RowSet(trace.side_folders)
        self._doubles = Doubles()

    def note(self, start: int, stop: int, raw: npt.NDArray[np.int64]) -> None:
        """Take in what `Doubles.pairs` has found among consecutive rows, of pairs that are near each
        other. Rows may be given again; those behind a hole are not taken in.

        Args:
            start: the first of these rows.
            stop: the one after the last.
            raw: the raw rows that are repeated by one of them.
        """
        if start <= self.position < stop:
            self._rows.add_all(raw)
            self.position = stop

    def advance(self, budget: int) -> int:
        """Look for them in up to so many more rows, for nobody else; returns how many rows."""
        self.kinds.advance(math.inf)
        start = self.position
        rows: Rows = self._trace.rows(start, start + budget)
        if len(rows):
            raw, decoded = self._doubles.pairs(start, rows)
            self.note(start, start + len(rows), raw[decoded - raw <= MOST_APART])
        return len(rows)

    def stop(self) -> int:
        """The row before which it is known which rows are repeated as of the trace's end now; whoever
        looks for them from there on finds all others."""
        return known_stop(self._trace, self.position)

    def count(self, start: int, stop: int) -> int:
        """How many rows are repeated from one row to before another."""
        return self._rows.count(start, stop)

    def others(self, stop: int) -> KnownRows:
        """The rows before one that are not repeated; it is what `stop` gave."""
        return known_rows(self._trace, stop, self._count_others, self._rows.others_in)

    def _count_others(self, start: int, stop: int) -> int:
        return stop - start - self.count(start, stop)

    def packed(self) -> tuple[list[int], bytes]:
        """All of this as plain numbers and bytes, for `take_packed`."""
        first, stop = self._chunks(self.position)
        bits = b"".join(self._rows.packed(first, stop))
        return [self._trace.first_row, self.position, *self.kinds.told], bits

    def take_packed(self, told: list[int], bits: bytes) -> None:
        """Know what another one knew of the same rows, where nothing is known yet.

        Raises:
            ValueError: it is of other rows.
        """
        first, position, *kinds = told
        if first != self._trace.first_row or not first <= position <= self._trace.end_row:
            raise ValueError(f"repeated rows from {first} to {position}")
        begin, end = self._chunks(position)
        size = CHUNK // 8
        if len(bits) != (end - begin) * size or len(kinds) != len(KindsTold._fields):
            raise ValueError(f"{len(bits)} bytes of repeated rows up to {position}")
        pieces = (bits[start : start + size] for start in range(0, len(bits), size))
        self._rows.take_packed(begin, pieces)
        self.position, self.kinds.told = position, KindsTold(*kinds)

    def _chunks(self, position: int) -> tuple[int, int]:
        """The first chunk with rows before a position, and the one after the last."""
        return self._trace.first_row // CHUNK, -(-position // CHUNK)
