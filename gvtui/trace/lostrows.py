"""Adds up the losses in a trace's marks as the trace grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gvtui.trace.losses import Losses
from gvtui.trace.marks import LostMark, read_mark
from gvtui.trace.row import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

MAX_MARKS = 1 << 16
"""How many marks are read: a stranger's recording may have millions."""

MAX_BYTES = 1 << 10
"""The largest mark about a loss, in bytes: a longer one is about something else."""


class _Source(Protocol):
    def details(self, index: int) -> dict[str, Any]: ...


class LostRows:
    """The losses in the marks of a trace."""

    def __init__(self) -> None:
        self.losses = Losses()
        self._left = MAX_MARKS

    @property
    def is_least(self) -> bool:
        """Whether there may be more losses than were read."""
        return self._left <= 0

    def update(self, source: _Source, begin: int, rows: npt.NDArray[np.void]) -> None:
        """Read consecutive rows, of which the first has the id `begin`."""
        places = np.flatnonzero(rows["kind"] == Kind.MARK)
        marks = rows[places]
        is_of_loss = (marks["conn"] == 0) & (marks["length"] <= MAX_BYTES)
        for place in places[is_of_loss].tolist():
            if self.is_least:
                return
            self._left -= 1
            mark = read_mark(source.details(begin + place))
            if isinstance(mark, LostMark):
                self.losses.take(mark)

    def words(self) -> str:
        """Clauses for all losses; "" if nothing was lost."""
        words = self.losses.words()
        return f"at least {words}" if words and self.is_least else words
