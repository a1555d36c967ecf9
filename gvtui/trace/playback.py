"""Plays a recording: shows the rows up to a position, which goes on with time."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from gvtui.trace.course import Course, DueRows
from gvtui.trace.details import unpack_details
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from gvtui.trace.connections import Connections
    from gvtui.trace.reader import Trace

SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, math.inf)
"""How many seconds of the recording are played in a second; the last is as fast as possible."""

_LOOK_AT = 64
"""How many rows are searched for the time of the recording's start, or end."""
_AT_ONCE = 1 << 14
"""How many rows are released at once, where they are played as fast as possible."""
_LONGEST_NS = 1 << 60
"""No recording is longer: 36 years."""
_NEAR = 1 << 16
"""How many rows may be gone through to find how much has passed up to a row."""
_READING_SECONDS = 0.008
"""For how long the rest of the recording is read each time, to know how long it is."""


class ReplayClock:
    """The position in a recording: rows behind it are held back, as if they had not come yet."""

    def __init__(
        self, trace: Trace, speed: float | None, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Make it.

        Args:
            trace: the recording.
            speed: play from the start on, so many times as fast as it was; None to show all of it.
            clock: gives nanoseconds.
        """
        self.trace = trace
        self._clock = clock
        self.speed = 1.0 if speed is None else speed
        """How many seconds of the recording are played in a second."""
        self.is_paused = speed is None
        self.is_looping = False
        """Whether it plays again from the start when it has ended."""
        self._last = clock()
        self._since_ns = 0
        """How much of the recording has been played since its row that stands last came."""
        self._rows = AllRows(trace)
        self._course = Course(self._rows)
        self._known_due: DueRows | None = None
        if speed is not None:
            trace.go_back(trace.first_row)

    @property
    def is_on(self) -> bool:
        """Whether rows are held back; else the whole recording is shown."""
        return self.trace.limit is not None

    @property
    def position(self) -> int:
        """The id after the last row that is shown."""
        limit = self.trace.limit
        end = self.trace.available_rows
        return end if limit is None else min(limit, end)

    @property
    def is_at_end(self) -> bool:
        """Whether all rows are shown."""
        return self.position >= self.trace.available_rows

    @property
    def is_playing(self) -> bool:
        """Whether the position goes on by itself."""
        return self.is_on and not self.is_paused and not (self.is_at_end and not self.is_looping)

    @property
    def start_ns(self) -> int:
        """When the recording begins, Unix nanoseconds; 0 if no row tells."""
        first = self.trace.first_row
        return _time_in(self.trace.held_rows(first, first + _LOOK_AT))

    @property
    def now_ns(self) -> int:
        """The time that the position stands at, Unix nanoseconds: that of the row that stands last,
        and what has been played since."""
        before = self.trace.held_rows(self.position - _LOOK_AT, self.position)
        return (_time_in(before[::-1]) or self.start_ns) + self._since_ns

    @property
    def share(self) -> float:
        """How far the position is in the recording, from 0 to 1: by time, and by rows as long as it
        is not known how long the recording is."""
        gone, whole = self.gone_ns, self.whole_ns
        if gone is None or not whole:
            first = self.trace.first_row
            gone, whole = self.position - first, self.trace.available_rows - first
        return min(1.0, gone / whole) if whole else 1.0

    @property
    def gone_ns(self) -> int | None:
        """How much of the recording has passed; None where that is not known yet."""
        if not self._course.is_whole:
            return None
        return min(self._due.passed_ns(self._course) + self._since_ns, self._course.whole_ns)

    @property
    def whole_ns(self) -> int | None:
        """How long the recording is, in nanoseconds; None where that is not known yet."""
        return self._course.whole_ns if self._course.is_whole else None

    def row_at(self, share: float) -> int:
        """The row that the recording stands at after so much of it, see `share`."""
        whole, first = self.whole_ns, self.trace.first_row
        if not whole:
            return first + round(share * max(0, self.trace.available_rows - 1 - first))
        return self._course.row_after(round(share * whole))

    @property
    def _due(self) -> DueRows:
        due = self._known_due
        if due is None or not 0 <= self.position - due.position <= _NEAR:
            due = self._known_due = DueRows(self._rows, self.position)
        due.go_on(self.position)
        return due

    def _read_on(self) -> None:
        """Read on how long the recording is, while somebody stands in it."""
        if self._rows.trace is not self.trace or self._course.first_row != self.trace.first_row:
            self._rows = AllRows(self.trace)
            self._course, self._known_due = Course(self._rows), None
        if self.is_on:
            self._course.look(_READING_SECONDS)

    def advance(self) -> bool:
        """Release the rows whose time has come; True if it has begun again from the start, so that
        what was found out of the rows has to be forgotten."""
        now = self._clock()
        passed, self._last = now - self._last, now
        self._read_on()
        if not self.is_playing:
            return False
        if self.is_at_end:
            self.go_to(self.trace.first_row)
            return True
        if math.isinf(self.speed):
            self._since_ns = 0
            if self.trace.end_row >= self.position:
                self._release(self.position + _AT_ONCE)
            return False
        since = self._since_ns + min(round(passed * self.speed), _LONGEST_NS)
        position, self._since_ns = self._due.after(since)
        self._release(position)
        if self.is_at_end:
            self._since_ns = 0
        return False

    def go_to(self, row: int) -> bool:
        """Show the rows up to a row, and the row itself.

        Returns:
            Whether that is back, so that what was found out of the rows has to be forgotten.
        """
        first, end = self.trace.first_row, self.trace.available_rows
        position = max(first, min(row + 1, end))
        is_back = self.trace.limit is None or position < self.trace.end_row
        if is_back:
            self.trace.go_back(position)
        else:
            self._release(position)
        self._since_ns = 0
        self._last = self._clock()
        return is_back

    def leave(self) -> None:
        """Show the whole recording."""
        self.trace.limit = None
        self.is_paused = True

    def play(self) -> None:
        """Go on by itself, from the position on."""
        self._last = self._clock()
        self.is_paused = False

    def pause(self) -> None:
        """Stay at the position."""
        self.is_paused = True

    def change_speed(self, steps: int) -> None:
        """Play faster from here on, or slower, by so many of `SPEEDS`."""
        if steps > 0:
            faster = [speed for speed in SPEEDS if speed > self.speed]
            self.speed = faster[min(steps, len(faster)) - 1] if faster else SPEEDS[-1]
        else:
            slower = [speed for speed in reversed(SPEEDS) if speed < self.speed]
            self.speed = slower[min(-steps, len(slower)) - 1] if slower else SPEEDS[0]

    @property
    def speed_words(self) -> str:
        """The speed, for the screen."""
        return "as fast as possible" if math.isinf(self.speed) else f"×{self.speed:g}"

    @property
    def words(self) -> str:
        """What it does, for the status line."""
        if self.is_at_end and not self.is_playing:
            return "at the end"
        return f"{'playing' if self.is_playing else 'paused'} {self.speed_words}"

    def _release(self, position: int) -> None:
        self.trace.limit = min(position, self.trace.available_rows)


class AllRows:
    """The rows of a recording, with those that are held back; as much of a `RowSource` as is needed
    to look for rows."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    @property
    def first_row(self) -> int:
        """The id of the oldest row."""
        return self.trace.first_row

    @property
    def end_row(self) -> int:
        """The id after the newest row."""
        return self.trace.available_rows

    @property
    def architecture(self) -> str:
        """See `Trace.architecture`."""
        return self.trace.architecture

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """See `Trace.held_rows`."""
        return self.trace.held_rows(start, stop)

    @property
    def connections(self) -> Connections:
        """What the rows tell of connections that are not held back."""
        return self.trace.connections

    def string(self, number: int) -> str:
        """See `Trace.string`."""
        return self.trace.string(number)

    def details(self, index: int) -> dict[str, Any]:
        """See `Trace.details`; of a row that is held back too.

        Raises:
            IndexError: the row has been removed.
        """
        rows = self.rows(index, index + 1)
        try:
            return unpack_details(self.trace.payload_of(index, Row(*rows[0].item())))
        except DamagedError:
            return {}


def _time_in(rows: npt.NDArray[np.void]) -> int:
    """The first time in some rows, Unix nanoseconds; 0 if none of them tells."""
    for row in rows:
        if when := int(row["recv_ns"]) or int(row["time_ns"]):
            return when
    return 0
