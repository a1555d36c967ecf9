"""The course of a recording: which of its rows are due as time passes, and how long it is in all."""

from __future__ import annotations

import time
from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.elapsed import Elapsed

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.elapsed import TimedRows

_BLOCK = 1 << 12
"""How many rows apart it is noted how much has passed."""
_BEFORE = 4
"""How many blocks before a row are read, to know how far clocks were set there."""


class Course:
    """How much passed up to each row, and in the whole recording, whatever the clock said."""

    def __init__(self, rows: TimedRows) -> None:
        """Begin; `look` reads the rows."""
        self._rows = rows
        self.first_row = rows.first_row
        self._elapsed = Elapsed(rows, self.first_row)
        self._at: list[int] = []
        """When the first row of each block came."""
        self._since = 0
        """When the first row came that has a time."""
        self.is_whole = False
        """Whether all rows have been read, though more may have come since."""

    def look(self, seconds: float) -> None:
        """Read on, for about so long, in seconds."""
        deadline = time.perf_counter() + seconds
        while (position := self._elapsed.position) < self._rows.end_row:
            times = self._elapsed.read(position + _BLOCK - (position - self.first_row) % _BLOCK)
            if not len(times):
                return
            if not self._since:
                self._since = _first(times)
            if (position - self.first_row) % _BLOCK == 0:
                self._at.append(int(times[0]))
            if time.perf_counter() >= deadline:
                break
        self.is_whole |= self._elapsed.position >= self._rows.end_row

    @property
    def whole_ns(self) -> int:
        """How much passed from the first row that has a time to the last one that was read."""
        return self._elapsed.latest_ns - self._since

    def passed_ns(self, row: int) -> int:
        """How much passed up to the row that a block begins with, as far as that has been read."""
        block = (row - self.first_row) // _BLOCK
        return max(0, self._at[block] - self._since) if block < len(self._at) else 0

    def row_after(self, passed_ns: int) -> int:
        """The last row that came before so much had passed; the first if there is none."""
        at = self._since + passed_ns
        block = max(0, bisect_right(self._at, at) - 1)
        due = DueRows(self._rows, self.first_row + block * _BLOCK + 1)
        before = due.passed_ns(self)
        position, _ = due.after(passed_ns - before)
        return max(self.first_row, position - 1)


class DueRows:
    """Tells before which row all have come, as time passes."""

    def __init__(self, rows: TimedRows, position: int) -> None:
        """Begin where the rows before one have come."""
        self.position = position
        """The row before which all have come."""
        blocks = max(0, position - 1 - rows.first_row) // _BLOCK
        self._anchor = rows.first_row + blocks * _BLOCK
        self._elapsed = Elapsed(rows, self._anchor - _BEFORE * _BLOCK)
        self._elapsed.read(self._anchor)
        times = self._elapsed.read(position)
        self._anchor_ns = _first(times)
        self._came_ns = self._elapsed.latest_ns
        """When the last row before the position came."""
        self._times = np.zeros(0, np.int64)
        """When the rows from the position on come, as far as that has been asked for."""

    def passed_ns(self, course: Course) -> int:
        """How much had passed in the recording when the last row before the position came."""
        return course.passed_ns(self._anchor) + self._came_ns - self._anchor_ns

    def go_on(self, position: int) -> None:
        """Go on to a row, whenever those before it come."""
        while self.position < position and self._ask():
            self._release(min(position - self.position, len(self._times)))

    def after(self, since_ns: int) -> tuple[int, int]:
        """Go on, until so much has passed since the last row before the position came.

        Returns:
            The row before which all have come, and how much has passed since the last of them has.
        """
        at = self._came_ns + since_ns
        while self._ask():
            if not self._came_ns:
                # The first row that has a time is where the recording begins.
                self._came_ns = _first(self._times)
                at = self._came_ns + since_ns
            self._release(int(np.searchsorted(self._times, at, "right")))
            if len(self._times):
                break
        return self.position, at - self._came_ns

    def _ask(self) -> bool:
        """Find out when the next rows come, unless that is known; False if there are none."""
        if not len(self._times):
            self._times = self._elapsed.read(self.position + _BLOCK)
        return len(self._times) > 0

    def _release(self, count: int) -> None:
        if count:
            self._came_ns = max(self._came_ns, int(self._times[count - 1]))
            self._anchor_ns = self._anchor_ns or _first(self._times[:count])
        self.position += count
        self._times = self._times[count:]


def _first(times: npt.NDArray[np.int64]) -> int:
    """The first time that is known; 0 if none is."""
    return int(times[np.argmax(times > 0)]) if len(times) else 0
