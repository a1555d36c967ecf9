"""What looks at each row of a trace once, bit by bit, and goes on as the trace grows."""

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
        """Rows before this one have been looked at."""

    @property
    def _end(self) -> int:
        """Rows from this one on cannot be looked at yet."""
        return self._trace.end_row

    @property
    def is_done(self) -> bool:
        """Whether all rows have been looked at."""
        return self.position >= self._trace.end_row

    def advance(self, budget: int = 4 * CHUNK) -> int:
        """Look at up to `budget` more rows; returns how many."""
        self._begin()
        self.position = max(self.position, self._trace.first_row)
        done = 0
        while done < budget and self.position < self._end:
            start = self.position
            # A slice lies within one chunk, so that a column of one number a row can be filled.
            stop = min(start - start % CHUNK + CHUNK, self._end, start + budget - done)
            rows = self._trace.rows(start, stop)
            if not len(rows):
                break
            self._take_in(start, rows)
            self.position = start + len(rows)
            done += len(rows)
        return done

    def _begin(self) -> None:
        """Before a slice: rows before `first_row` are no longer held."""

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        """Look at the rows from `start` on."""
        raise NotImplementedError
