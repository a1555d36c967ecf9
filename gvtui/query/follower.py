"""The base of all readers that read each row of a trace once, in slices, as the trace grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gvtui.query.source import RowSource


class Follower:
    """Reads a trace's rows in order, in slices as large as the caller has time for."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self.position = trace.first_row
        """All rows before this one have been read."""

    @property
    def trace(self) -> RowSource:
        """The trace that it reads."""
        return self._trace

    @property
    def _end(self) -> int:
        """Rows from this one on cannot be read yet."""
        return self._trace.end_row

    @property
    def is_done(self) -> bool:
        """Whether all rows have been read."""
        return self.position >= self._trace.end_row

    @property
    def progress(self) -> float:
        """The part of the trace that has been read, from 0 to 1."""
        total = self._trace.end_row - self._trace.first_row
        seen = self.position - self._trace.first_row
        return min(1.0, max(0.0, seen / total)) if total > 0 else 1.0

    def advance(self, budget: int = 4 * CHUNK) -> int:
        """Read up to `budget` more rows; returns how many."""
        self._begin()
        self.position = max(self.position, self._trace.first_row)
        done = 0
        while done < budget and self.position < self._end:
            start = self.position
            # A slice lies within one chunk, so that a chunk of a `RowColumn` can be filled from it.
            stop = min(start - start % CHUNK + CHUNK, self._end, start + budget - done)
            rows = self._trace.rows(start, stop)
            if not len(rows):
                break
            self._take_in(start, rows)
            self.position = start + len(rows)
            done += len(rows)
        return done

    def _begin(self) -> None:
        """Called before each slice: the trace may have removed rows before `first_row`."""

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        """Read a slice of rows, the first of which has the id `start`."""
        raise NotImplementedError
