"""The rows that the stream leaves out because a decoded row of the same call repeats them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.calls.doubles import Twins
from gvtui.query.once import OnceFilter
from gvtui.query.repeated import BothKinds

if TYPE_CHECKING:
    from gvtui.query.calls.sides import JoinedSides
    from gvtui.query.filter.compile import Filter
    from gvtui.query.repeated import RepeatedRows
    from gvtui.query.view import RowView
    from gvtui.trace.reader import Trace

_LOOKING_SECONDS = 0.002
"""Time for finding out in one go whether a trace has both kinds of rows."""


class DoubledRows:
    """Which rows of a trace are left out, and which ones stand for them."""

    def __init__(self, trace: Trace, repeated: RepeatedRows | None = None) -> None:
        """Make it.

        Args:
            trace: the trace.
            repeated: what was found of its repeated rows before; takes in what is found.
        """
        self._trace = trace
        self._twins = Twins(trace)
        self._repeated = repeated
        self._kinds = BothKinds(trace) if repeated is None else repeated.kinds
        self._are_known = False
        """Whether it has been told that both kinds are there."""
        self._once: OnceFilter | None = None

    @property
    def may_be_there(self) -> bool:
        """Whether raw and decoded rows have been seen."""
        return self._kinds.are_there

    @property
    def left_out(self) -> int:
        """How many rows of the view are left out only because another one repeats them."""
        return self._once.left_out if self._once is not None else 0

    @property
    def are_sought(self) -> bool:
        """Whether the view looks at all rows for doubled ones."""
        return self._once is not None

    def look(self) -> tuple[bool, bool]:
        """Look at new rows for a moment: whether any were looked at, and whether it has just come
        out that both kinds are there."""
        is_behind = self._kinds.is_behind
        if is_behind:
            self._kinds.advance(_LOOKING_SECONDS)
        has_come_out = self._kinds.are_there and not self._are_known
        self._are_known = self._kinds.are_there
        return is_behind, has_come_out

    def narrowed(self, condition: Filter | None, *, shown: bool) -> Filter | None:
        """The condition for the view.

        Args:
            condition: the filters in force; None for none.
            shown: whether doubled rows are shown.
        """
        self._once = None
        self._are_known = self.may_be_there
        if not shown and self.may_be_there:
            self._once = OnceFilter(self._trace, condition, self._twins, self._repeated)
        return self._once or condition

    def twin(self, row_id: int, view: RowView) -> int | None:
        """The decoded row that repeats one which the view leaves out for that; else None."""
        first, end = self._trace.first_row, self._trace.end_row
        if self._once is None or not first <= row_id < end or row_id in view:
            return None
        return self._twins.decoded(row_id)

    def stand_in(self, row_id: int, view: RowView, sides: JoinedSides | None) -> int:
        """The row that shows another one in the view.

        Args:
            row_id: the row.
            view: the view.
            sides: the two sides of calls, where a call is one row; else None.

        Returns:
            The row itself where it is shown, or none is shown for it; else its decoded twin, or
            the other side of the call.
        """
        if row_id in view:
            return row_id
        row = self.twin(row_id, view)
        row = row_id if row is None else row
        other = sides.other(row) if sides is not None else None
        both = [row] if other is None else sorted((row, other))
        return next((side for side in both if side in view), row_id)
