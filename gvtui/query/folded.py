"""Makes a view in which each call has one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.filter.batch import NoContext
from gvtui.query.filter.compile import ChangeMark, Filter
from gvtui.query.filter.conditions import Always
from gvtui.query.view import RowView

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.helpers.ahead import Ahead
    from gvtui.query.source import RowSource


class _CallFilter(Filter):
    """Lets a call pass once: at its enter, or at its exit if only the exit passes."""

    def __init__(self, condition: Filter | None, pairs: Pairs) -> None:
        text = condition.text if condition is not None else "calls"
        super().__init__(text, Always(), frozenset(), frozenset(), NoContext())
        self._inner = condition
        self._pairs = pairs
        self.view: RowView | None = None

    @property
    def is_slow(self) -> bool:
        """See `Filter.is_slow`."""
        return self._inner is not None and self._inner.is_slow

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        """See `Filter.mask`; pairs these rows first."""
        while (missing := start + len(rows) - self._pairs.position) > 0:
            if not self._pairs.advance(missing):
                break
        if self._inner is None:
            return self._pairs.fold_mask(start, rows)
        matched = self._inner.mask(trace, rows, start, may_pass)
        return self._pairs.fold_mask(start, rows, matched, self._are_shown)

    def known_rows(self, start: int, stop: int) -> int:
        """See `Filter.known_rows`."""
        return stop - start if self._inner is None else self._inner.known_rows(start, stop)

    def changes(self) -> ChangeMark:
        """See `Filter.changes`."""
        return self._inner.changes() if self._inner is not None else ChangeMark()

    def changed_since(self, mark: ChangeMark) -> list[int] | None:
        """See `Filter.changed_since`."""
        return self._inner.changed_since(mark) if self._inner is not None else []

    def _are_shown(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        # The rows that were shown count, not those that would pass now: knowledge of processes
        # grows.
        view = self.view
        return np.array([view is not None and row_id in view for row_id in ids.tolist()], np.bool_)


class _CallView(RowView):
    """A view that can tell whether it contains a row."""

    def __contains__(self, row_id: object) -> bool:
        if not isinstance(row_id, int):
            return False
        place = self.position_of(row_id)
        return place < self.count and self[place] == row_id


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
    folded.view = view = _CallView(trace, folded, ahead)
    return view
