"""Finds the other side of a call, also where one side has a raw point alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.calls.doubles import Twins
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.source import RowSource


class JoinedSides:
    """The two sides of calls, told by whatever points.

    `Pairs` joins raw rows with raw ones and decoded rows with decoded ones. A session may have the
    raw points of a call, and the decoded one of a single side: then the raw row of the other side
    belongs to the decoded row too.
    """

    def __init__(self, trace: RowSource, pairs: Pairs) -> None:
        self._trace = trace
        self._pairs = pairs
        self._twins = Twins(trace)

    def other(self, row_id: int) -> int | None:
        """The row of a call's other side, the one that tells most; None if there is none."""
        if not self._trace.first_row <= row_id < self._trace.end_row:
            return None
        partner = self._pairs.partner(row_id)
        if partner is None:
            raw = self._raw(row_id)
            return self._pairs.partner(raw) if raw is not None else None
        if self._is_raw(row_id) and self._twins.decoded(row_id) is None:
            twin = self._twins.decoded(partner)
            return partner if twin is None else twin
        return partner

    def duration_ns(self, row_id: int) -> int | None:
        """How long a row's call took, as `Pairs.duration_ns` tells it."""
        raw = self._raw(row_id) if self._pairs.partner(row_id) is None else None
        return self._pairs.duration_ns(row_id if raw is None else raw)

    def enters(self, row_id: int) -> tuple[int, ...]:
        """The enters that may show the call of an exit; empty for one that has none."""
        enter = self._pairs.partner(row_id)
        if enter is None:
            raw = self._raw(row_id)
            enter = self._pairs.partner(raw) if raw is not None else None
            return () if enter is None else (enter,)
        twin = self._twins.decoded(enter)
        return (enter,) if twin is None else (enter, twin)

    def _raw(self, row_id: int) -> int | None:
        """The raw row that a decoded one repeats."""
        return None if self._is_raw(row_id) else self._twins.raw(row_id)

    def _is_raw(self, row_id: int) -> bool:
        row = self._trace.row(row_id)
        return row.direction != Direction.NONE and row.type == RAW_SYSCALL
