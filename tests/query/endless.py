"""A trace of any length that takes no room: the same calls again and again, at other times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.row import ROW_DTYPE, Row
from tests.query.memory import MemoryTrace, enter, leave

if TYPE_CHECKING:
    import numpy.typing as npt

_STEP_NS = 7_000
_START_NS = 1_795_455_436_533_277_469
_THREADS = 64


def _calls() -> list[dict[str, int]]:
    """Calls of many threads that run into each other, one of which waits long; some fail."""
    rows = []
    for number in range(512):
        tid = number % _THREADS + 1
        rows.append(enter(tid, number % 5, path=2 + number % 3))
        if number:
            before = (number - 1) % _THREADS + 1
            rows.append(leave(before, (number - 1) % 5, errno=2 * (number % 7 == 0)))
    return rows


class EndlessTrace(MemoryTrace):
    """Rows are made when they are asked for. `grow` has more come; `first_row` lets old ones go."""

    def __init__(self) -> None:
        super().__init__(_calls())
        for text in ("/etc/passwd", "/usr/lib", "/tmp/x"):
            self.intern(text)
        self.end_row = 0
        self._period = len(self._rows)

    def grow(self, rows: int) -> None:
        """Have so many more rows."""
        self.end_row += rows

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        start, stop = max(start, self.first_row), min(stop, self.end_row)
        if stop <= start:
            return np.empty(0, ROW_DTYPE)
        ids = np.arange(start, stop)
        out: npt.NDArray[np.void] = self._rows[ids % self._period]
        out["time_ns"] = out["recv_ns"] = _START_NS + ids * _STEP_NS
        return out

    def row(self, index: int) -> Row:
        rows = self.rows(index, index + 1)
        if not len(rows):
            raise IndexError(index)
        return Row(*rows[0].item())
