"""Makes a view in which each call has one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.calls.doubles import Doubles
from gvtui.query.calls.sides import JoinedSides
from gvtui.query.source import group
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
    """Lets a call pass once: at its enter, or at its exit if only the exit passes."""

    def __init__(self, trace: RowSource, condition: Filter | None, pairs: Pairs) -> None:
        super().__init__("calls", condition)
        self._pairs = pairs
        self._sides = JoinedSides(trace, pairs)
        self.view: RowView | None = None

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        """See `Filter.mask`; pairs these rows first."""
        matched = None
        if self.inner is not None:
            matched = self.inner.mask(trace, rows, start, may_pass)
            self.late = self.inner.late
        return self._fold(start, rows, matched)

    def matches(self, trace: RowSource, row_id: int) -> bool:
        """See `Filter.matches`."""
        rows = trace.rows(row_id, row_id + 1)
        if not len(rows):
            return False
        matched = None
        if self.inner is not None:
            matched = np.array([self.inner.matches(trace, row_id)])
        return bool(self._fold(row_id, rows, matched)[0])

    def _fold(self, start: int, rows: Rows, matched: Mask | None) -> Mask:
        while (missing := start + len(rows) - self._pairs.position) > 0:
            if not self._pairs.advance(missing):
                break
        if matched is None:
            shown = self._pairs.fold_mask(start, rows)
        else:
            shown = self._pairs.fold_mask(start, rows, matched, self._are_shown)
        self._fold_joined(start, rows, shown)
        return shown

    def _fold_joined(self, start: int, rows: Rows, shown: Mask) -> None:
        """Take exits out of those that are shown whose call another kind of point's enter shows, in
        place."""
        partners = self._pairs.partners(start, len(rows))
        is_raw = rows["type"] == RAW_SYSCALL
        exits = np.flatnonzero(
            shown & (rows["direction"] == Direction.EXIT) & (is_raw == (partners >= 0))
        )
        if not len(exits):
            return
        raw, decoded = Doubles().pairs(start, rows)
        decoded_of = _each_once(raw, decoded, partners[exits])
        raw_of = _each_once(decoded, raw, exits + start)
        calls = np.flatnonzero(rows["direction"] != Direction.NONE)
        order, bounds = group(rows["conn"][calls], rows["tid"][calls])
        firsts = frozenset((calls[order[bounds[:-1]]] + start).tolist())
        for row, partner in zip((exits + start).tolist(), partners[exits].tolist(), strict=True):
            # A twin is the row next to it in its thread, so mostly among these rows, or nowhere.
            if partner >= start:
                enters = [decoded_of[partner]] if partner in decoded_of else []
            elif row in raw_of and raw_of[row] >= start:
                enters = [int(partners[raw_of[row] - start])]
            elif partner >= 0 or row in firsts:
                enters = [enter for enter in self._sides.enters(row) if enter != partner]
            else:
                continue
            inside = any(shown[enter - start] for enter in enters if enter >= start)
            earlier = [enter for enter in enters if 0 <= enter < start]
            if inside or (earlier and self._are_shown(np.array(earlier, np.int64)).any()):
                shown[row - start] = False

    def _are_shown(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        # The rows that were shown count, not those that would pass now: knowledge of processes
        # grows.
        view, late = self.view, frozenset(self.late)
        return np.array(
            [view is not None and row not in late and row in view for row in ids.tolist()], np.bool_
        )


def _each_once(
    keys: npt.NDArray[np.int64], values: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> dict[int, int]:
    """The values of those keys that are wanted."""
    mine = np.isin(keys, wanted)
    return dict(zip(keys[mine].tolist(), values[mine].tolist(), strict=True))


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
