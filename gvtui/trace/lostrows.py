"""The marks of a trace that tell of losses, added up as it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gvtui.trace.losses import Losses
from gvtui.trace.marks import LostMark, read_mark
from gvtui.trace.row import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

MAX_MARKS = 1 << 16
"""Marks that are read: a stranger's recording may have millions of them."""

MAX_BYTES = 1 << 10
"""A longer mark tells of something else."""

_CHUNK = 1 << 16


class _Source(Protocol):
    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]: ...
    def details(self, index: int) -> dict[str, Any]: ...


class LostRows:
    """Adds up what the marks among a trace's rows say was lost."""

    def __init__(self) -> None:
        self.losses = Losses()
        self._left = MAX_MARKS

    @property
    def is_least(self) -> bool:
        """Whether there may be more than was read."""
        return self._left <= 0

    def update(self, source: _Source, start: int, stop: int) -> None:
        """Take in the rows from `start` to before `stop`."""
        for begin in range(start, stop, _CHUNK):
            rows = source.rows(begin, min(begin + _CHUNK, stop))
            is_short_mark = (rows["kind"] == Kind.MARK) & (rows["length"] <= MAX_BYTES)
            for place in np.flatnonzero(is_short_mark & (rows["conn"] == 0)).tolist():
                if self.is_least:
                    return
                self._left -= 1
                mark = read_mark(source.details(begin + place))
                if isinstance(mark, LostMark):
                    self.losses.take(mark)

    def words(self) -> str:
        """Clauses for all of it; "" if nothing was lost."""
        words = self.losses.words()
        return f"at least {words}" if words and self.is_least else words
