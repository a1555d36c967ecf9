"""The rows of a trace that pass a filter of rows and messages, found once.

Whether a row passes does not depend on the row that a recording is shown as of; so rows that were
tested are not tested again when it is shown as of another one. Nor does it change which of them a
decoded row repeats, except for those just before that row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.knownrows import known_rows, known_stop
from gvtui.query.rowset import RowSet
from gvtui.query.wrapping import WrappingFilter

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.filter.compile import Filter
    from gvtui.query.knownrows import KnownRows
    from gvtui.query.source import RowSource

_MOST_FILTERS = 8
"""Of how many filters the rows are remembered: a bit or two for each row."""


class PassingRows:
    """Which rows of a trace pass one filter, and which of them are left out as repeated."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self.position = trace.first_row
        """All rows before this one were given to `note`."""
        self._passing = RowSet(trace.side_folders)
        self._left_out = RowSet(trace.side_folders)

    def note(self, start: int, stop: int, passing: npt.NDArray[np.int64]) -> None:
        """Take in which of consecutive rows pass. Rows may be given again; those behind a hole are
        not taken in.

        Args:
            start: the first of these rows.
            stop: the one after the last.
            passing: those that pass.
        """
        if start <= self.position < stop:
            self._passing.add_all(passing)
            self.position = stop

    def leave_out(self, rows: npt.NDArray[np.int64]) -> None:
        """Note that rows that pass are left out because a decoded row that passes repeats them."""
        self._left_out.add_all(rows[rows < self.position])

    def known(self) -> KnownRows:
        """The rows that are shown before one so far before the trace's end now that no row there
        is repeated by one that is not there."""
        stop = known_stop(self._trace, self.position)
        return known_rows(self._trace, stop, self._count, self._shown)

    def _count(self, start: int, stop: int) -> int:
        return self._passing.count(start, stop) - self._left_out.count(start, stop)

    def _shown(self, number: int) -> npt.NDArray[np.int64]:
        passing, left_out = self._passing.rows_in(number), self._left_out.rows_in(number)
        return np.setdiff1d(passing, left_out, assume_unique=True)

    def left_out(self, start: int, stop: int) -> int:
        """How many rows are left out from one row to before another."""
        return self._left_out.count(start, stop)


class NotedFilter(WrappingFilter):
    """Lets the rows of another filter pass, and notes which."""

    def __init__(self, condition: Filter, passing: PassingRows) -> None:
        """Make it.

        Args:
            condition: a filter of which `is_of_messages` holds.
            passing: takes in which rows pass.
        """
        super().__init__(condition.text, condition)
        self.passing = passing
        """Which rows passed."""

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        """See `Filter.mask`."""
        assert self.inner is not None
        passed = self.inner.mask(trace, rows, start, may_pass)
        self.passing.note(start, start + len(rows), np.flatnonzero(passed) + start)
        return passed

    def matches(self, trace: RowSource, row_id: int) -> bool:
        """See `Filter.matches`."""
        assert self.inner is not None
        return self.inner.matches(trace, row_id)


class LastPassing:
    """What is known of the filters that were used last, of one trace."""

    def __init__(self) -> None:
        self._trace: RowSource | None = None
        self._known: dict[tuple[str, int], PassingRows] = {}
        """The one that was used last is the last."""

    def noted(self, trace: RowSource, condition: Filter) -> NotedFilter:
        """A filter of which `is_of_messages` holds, as one that is not asked about rows again that
        it has been asked about."""
        if trace is not self._trace:
            self._trace = trace
            self._known.clear()
        key = condition.told_by
        passing = self._known.pop(key, None) or PassingRows(trace)
        self._known[key] = passing
        while len(self._known) > _MOST_FILTERS:
            del self._known[next(iter(self._known))]
        return NotedFilter(condition, passing)
