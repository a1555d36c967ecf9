"""When it is, and when things happened, for what the screen shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.kit.times import are_of_one_day, clock_text, day_clock_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.tui.model.model import Model

_LOOKED_AT = 64
"""How many rows at an end of a trace are looked at for a time."""


class Moments:
    """The times of a model's trace. All are Unix times in nanoseconds."""

    def __init__(self, model: Model, clock: Callable[[], int]) -> None:
        """Make it; `clock` gives the present time."""
        self.clock = clock
        self.base_ns = 0
        """The time of the first row with a time; 0 if there is none."""
        self._model = model

    def look(self) -> None:
        """Find the time of the first row, unless it is known."""
        trace = self._model.trace
        if self.base_ns or trace.end_row <= trace.first_row:
            return
        for row in trace.rows(trace.first_row, trace.first_row + _LOOKED_AT):
            if when := int(row["time_ns"]) or int(row["recv_ns"]):
                self.base_ns = when
                return

    @property
    def now_ns(self) -> int:
        """The current time: the clock's when live, the newest row's in a recording."""
        if self._model.is_live:
            return self.clock()
        trace = self._model.trace
        newest = trace.rows(trace.end_row - _LOOKED_AT, trace.end_row)
        if not len(newest):
            return 0
        recv = int(newest["recv_ns"].max())
        return (recv or int(newest["time_ns"].max())) + 1_000_000_000

    @property
    def clock_ns(self) -> int:
        """The current time; in a played recording the time that it has reached."""
        return self.clock() if self._model.is_live else self._model.analysis.timeline.end_ns

    @property
    def here_ns(self) -> int:
        """When the selected row happened; where none is, when the trace begins; 0 if not known."""
        cursor, trace = self._model.cursor, self._model.trace
        if cursor is not None and trace.first_row <= cursor < trace.end_row:
            row = trace.row(cursor)
            return row.when_ns or self.base_ns
        return self.base_ns

    def text(self, when_ns: int, digits: int = 3) -> str:
        """A time for a list that is not in the order of time: the time of day; for another day
        than that of `now_ns` also the day, and no seconds. "" if the time is not known."""
        if when_ns <= 0:
            return ""
        zone = self._model.zone
        if are_of_one_day(when_ns, self.now_ns, zone):
            return clock_text(when_ns, zone, digits)
        return day_clock_text(when_ns, zone)
