"""Makes a view in which each call has one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.view import RowView
from gvtui.query.wrapping import WrappingFilter

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.filter.compile import Filter
    from gvtui.query.helpers.ahead import Ahead
    from gvtui.query.source import RowSource


class _CallFilter(WrappingFilter):
    """Lets a call pass once: at its enter, or at its exit if only the exit passes."""

    def __init__(self, condition: Filter | None, pairs: Pairs) -> None:
        super().__init__("calls", condition)
        self._pairs = pairs
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
            return self._pairs.fold_mask(start, rows)
        return self._pairs.fold_mask(start, rows, matched, self._are_shown)

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
    folded = _CallFilter(condition, pairs)
    folded.view = view = RowView(trace, folded, ahead)
    return view
