"""Leaves out raw rows that a decoded row of the same call repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.calls.doubles import MOST_APART, Doubles, Twins
from gvtui.query.passing import NotedFilter
from gvtui.query.rowset import RowSet
from gvtui.query.wrapping import WrappingFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.filter.compile import ChangeMark, Filter
    from gvtui.query.knownrows import KnownRows
    from gvtui.query.repeated import RepeatedRows
    from gvtui.query.source import RowSource


def leave_out_doubles(
    start: int, rows: Rows, passed: Mask, twins: Twins, passes: Callable[[int], bool]
) -> None:
    """Take raw rows whose decoded twin passes too out of those that pass, in place.

    Args:
        start: row id of the first of `rows`.
        rows: consecutive rows.
        passed: which of them pass.
        twins: the twins of single rows of the trace.
        passes: tells for a row after them whether it passes.
    """
    doubles = Doubles()
    raw, decoded = doubles.pairs(start, rows)
    passed[raw[(decoded - raw <= MOST_APART) & passed[decoded - start]] - start] = False
    for row in doubles.alone:
        twin = twins.decoded(row) if passed[row - start] else None
        if twin is not None and passes(twin):
            passed[row - start] = False


def known_of(condition: Filter | None) -> KnownRows | None:
    """Which of the first rows of a trace pass a filter, where that is known."""
    if isinstance(condition, OnceFilter):
        return condition.known
    return condition.passing.known() if isinstance(condition, NotedFilter) else None


class OnceFilter(WrappingFilter):
    """Lets the rows of another filter pass, except raw rows whose decoded twin passes it too.

    Which rows are twins, `Doubles` and `Twins` tell. A twin that comes later takes the place of
    the raw row that was there before it: see `late`. For one view, which asks for rows in order.
    """

    def __init__(
        self,
        trace: RowSource,
        condition: Filter | None,
        twins: Twins,
        repeated: RepeatedRows | None = None,
    ) -> None:
        """Make it.

        Args:
            trace: the trace.
            condition: which rows pass; None for all.
            twins: the twins of single rows of the trace.
            repeated: what was found of them before; takes in what is found.
        """
        super().__init__("once", condition)
        self._trace = trace
        self._twins = twins
        self._position = -1
        self._doubles = Doubles()
        self._left_out = RowSet(trace.side_folders)
        """Those among the rows that were asked for."""
        self._repeated = repeated
        self._passing = condition.passing if isinstance(condition, NotedFilter) else None
        self.known: KnownRows | None = None
        """Which of the first rows pass: the view need not ask for them."""
        if self._passing is not None:
            self.known = self._passing.known()
        elif repeated is not None and condition is None:
            self.known = repeated.others(repeated.stop())
        self.found = np.empty(0, np.int64), np.empty(0, np.int64)
        """The raw and the decoded twins among the rows that `mask` was last asked for, as
        `Doubles.pairs` gives them."""

    @property
    def left_out(self) -> int:
        """How many rows are left out only because a decoded row repeats them, as far as known."""
        first = self._trace.first_row
        self._left_out.let_go(first)
        found = len(self._left_out)
        stop = self.known.stop if self.known is not None else first
        if first < stop and self._passing is not None:
            found += self._passing.left_out(first, stop)
        elif first < stop and self._repeated is not None:
            found += self._repeated.count(first, stop)
        return found

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        """See `Filter.mask`."""
        if start != self._position:
            # Rows between were let go, or the view has begun anew.
            self._doubles = Doubles()
            if start < self._position:
                self._left_out, self.known = RowSet(trace.side_folders), None
        self._position = start + len(rows)
        if self.inner is None:
            passed = np.ones(len(rows), np.bool_)
        else:
            passed = self.inner.mask(trace, rows, start, may_pass)
        raw, decoded = self.found = self._doubles.pairs(start, rows)
        are_near = decoded - raw <= MOST_APART
        if self._repeated is not None:
            self._repeated.note(start, self._position, raw[are_near])
        raw = raw[are_near & passed[decoded - start]]
        inside = raw[raw >= start]
        inside = inside[passed[inside - start]]
        passed[inside - start] = False
        earlier = raw[raw < start].tolist()
        if self.inner is not None:
            earlier = [row for row in earlier if self.inner.matches(trace, row)]
        self.late = [row for row in earlier if row >= trace.first_row]
        left_out = np.append(inside, np.array(self.late, np.int64))
        self._left_out.add_all(left_out)
        if self._passing is not None:
            self._passing.leave_out(left_out)
        return passed

    def matches(self, trace: RowSource, row_id: int) -> bool:
        """See `Filter.matches`; notes whether the row is left out from now on."""
        passes = self.inner is None or self.inner.matches(trace, row_id)
        twin = self._twins.decoded(row_id) if passes else None
        if twin is not None and (self.inner is None or self.inner.matches(trace, twin)):
            self._left_out.add(row_id)
            return False
        self._left_out.discard(row_id)
        return passes

    def changed_since(self, mark: ChangeMark) -> list[int] | None:
        """See `Filter.changed_since`: with a decoded row's answer that of its raw twin changes."""
        changed = super().changed_since(mark)
        if not changed:
            return changed
        here = [row for row in changed if self._trace.first_row <= row < self._trace.end_row]
        raw = [twin for row in here if (twin := self._twins.raw(row)) is not None]
        return [*changed, *raw]
