"""Makes a view in which each call has one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.calls.doubles import MOST_APART, Doubles
from gvtui.query.calls.sides import JoinedSides
from gvtui.query.once import OnceFilter
from gvtui.query.view import RowView
from gvtui.query.wrapping import WrappingFilter
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.filter.compile import Filter
    from gvtui.query.helpers.ahead import Ahead
    from gvtui.query.source import RowSource


class _CallFilter(WrappingFilter):
    """Lets a call pass once: at its enter, or at its exit if only the exit passes.

    For one view, which asks for rows in order.
    """

    def __init__(self, trace: RowSource, condition: Filter | None, pairs: Pairs) -> None:
        super().__init__("calls", condition)
        self._pairs = pairs
        self._sides = JoinedSides(trace, pairs)
        self._begin(-1)
        self.view: RowView | None = None

    def _begin(self, position: int) -> None:
        self._position = position
        self._doubles = Doubles()
        self._decoded_of = np.empty(0, np.int64)
        """The decoded twins of the rows last given, which end at the position; -1 for none."""

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        """See `Filter.mask`; pairs these rows first."""
        matched = None
        if self.inner is not None:
            matched = self.inner.mask(trace, rows, start, may_pass)
            self.late = self.inner.late
        shown = self._fold(start, rows, matched)
        if start != self._position:
            # Rows between were let go, or the view has begun anew.
            self._begin(start)
        self._fold_joined(start, rows, shown)
        return shown

    def matches(self, trace: RowSource, row_id: int) -> bool:
        """See `Filter.matches`."""
        rows = trace.rows(row_id, row_id + 1)
        if not len(rows):
            return False
        matched = None
        if self.inner is not None:
            matched = np.array([self.inner.matches(trace, row_id)])
        if not self._fold(row_id, rows, matched)[0]:
            return False
        if rows["direction"][0] != Direction.EXIT:
            return True
        return not self._are_shown(np.array(self._sides.enters(row_id), np.int64)).any()

    def _fold(self, start: int, rows: Rows, matched: Mask | None) -> Mask:
        while (missing := start + len(rows) - self._pairs.position) > 0:
            if not self._pairs.advance(missing):
                break
        if matched is None:
            return self._pairs.fold_mask(start, rows)
        return self._pairs.fold_mask(start, rows, matched, self._are_shown)

    def _fold_joined(self, start: int, rows: Rows, shown: Mask) -> None:
        """Take exits out of those that are shown whose call another kind of point's enter shows, in
        place."""
        raw, decoded = self._twins_in(start, rows)
        base = start - len(self._decoded_of)
        decoded_of = np.append(self._decoded_of, np.full(len(rows), -1, np.int64))
        are_held = raw >= base
        decoded_of[raw[are_held] - base] = decoded[are_held]
        self._decoded_of, self._position = decoded_of[start - base :], start + len(rows)
        exits = np.flatnonzero(shown & (rows["direction"] == Direction.EXIT))
        if not len(exits):
            return
        partners = self._pairs.partners(start, len(rows))
        own = partners[exits]
        raw_of = np.full(len(rows), -1, np.int64)
        raw_of[decoded - start] = raw
        enters = np.full(len(exits), -1, np.int64)
        is_held = own >= base
        enters[is_held] = decoded_of[own[is_held] - base]
        alone = np.where(own < 0, raw_of[exits], -1)
        is_inside = alone >= start
        enters[is_inside] = partners[alone[is_inside] - start]
        is_raw = rows["type"][exits] == RAW_SYSCALL
        for place in np.flatnonzero((is_raw & ~is_held & (own >= 0)) | (~is_inside & (alone >= 0))):
            of_row = self._sides.enters(start + int(exits[place]))
            enters[place] = max((enter for enter in of_row if enter != own[place]), default=-1)
        is_earlier = (enters >= 0) & (enters < start)
        is_hidden = np.zeros(len(exits), np.bool_)
        is_hidden[enters >= start] = shown[enters[enters >= start] - start]
        is_hidden[is_earlier] = self._are_shown(enters[is_earlier])
        shown[exits[is_hidden]] = False

    def _twins_in(
        self, start: int, rows: Rows
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The raw and the decoded rows of calls that have both, as `Doubles.pairs` gives them."""
        if isinstance(self.inner, OnceFilter):
            # It has just looked for them.
            raw, decoded = self.inner.found
        else:
            raw, decoded = self._doubles.pairs(start, rows)
        are_near = decoded - raw <= MOST_APART
        return raw[are_near], decoded[are_near]

    def _are_shown(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        # The rows that were shown count, not those that would pass now: knowledge of processes
        # grows.
        view, late = self.view, frozenset(self.late)
        return np.array(
            [view is not None and row not in late and row in view for row in ids.tolist()], np.bool_
        )


def call_view(
    trace: RowSource, condition: Filter | None, pairs: Pairs, ahead: Ahead | None = None
) -> RowView:
    """A view of the rows that pass `condition` in which each call has one row.

    Args:
        trace: the trace.
        condition: which rows pass; None for all.
        pairs: which enter belongs to which exit.
        ahead: lets other processes test rows too; see `RowView`.
    """
    folded = _CallFilter(trace, condition, pairs)
    folded.view = view = RowView(trace, folded, ahead)
    return view
