"""Plays a recording: holds back each row until its time has come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gvtui.trace.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.trace.reader import Trace

SLOWEST, FASTEST = 1 / 64, 1024.0

_LOOK_AT = 64
"""How many rows are searched for the time of the recording's start."""


class ReplayClock:
    """Advances a trace's limit with time: the rows' time of receipt, or else the sandbox's."""

    def __init__(
        self, trace: Trace, speed: float, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._trace = trace
        self._clock = clock
        self.speed = speed
        """How many seconds of the recording are played in a second."""
        self.paused = False
        self._at_ns = _first_time(trace)
        trace.limit = trace.end_row = trace.first_row
        trace.connections = Connections()
        self._last = clock()

    @property
    def finished(self) -> bool:
        """Whether all rows are shown."""
        limit = self._trace.limit
        return limit is None or limit >= self._trace.available_rows

    def advance(self) -> None:
        """Release the rows whose time has come."""
        now = self._clock()
        passed, self._last = now - self._last, now
        if self.paused or self.finished:
            return
        self._at_ns += round(passed * self.speed)
        limit = self._trace.row_at_time(self._at_ns + 1)
        self._trace.limit = max(limit, self._trace.limit or 0)

    def change_speed(self, factor: float) -> None:
        """Play faster or slower from here on."""
        self.speed = min(FASTEST, max(SLOWEST, self.speed * factor))

    @property
    def words(self) -> str:
        """The speed, for the status line."""
        if self.finished:
            return "at the end"
        return f"playing ×{self.speed:g}"


def _first_time(trace: Trace) -> int:
    for row in trace.rows(trace.first_row, trace.first_row + _LOOK_AT):
        if when := int(row["recv_ns"]) or int(row["time_ns"]):
            return when
    return 0
