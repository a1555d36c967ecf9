"""Finds the rows that one goes to: drops, alarms, failed calls, programs that started, calls,
events."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from enum import Enum
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gvtui.decode.outcome import NO_FAILURES
from gvtui.points.names import event_type
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.trace.marks import MOST_OF_ALARM, is_alarm, read_mark
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.trace.connections import Connections

_SLICE = 1 << 14
"""How many rows are tested in one step."""
_EXEC_CALLS = ("execve", "execveat")
_BEFORE_EXIT = 256
"""Among how many rows before the exit of an exec the event is that tells of the same program."""


class Landmark(Enum):
    """A kind of row that one goes to."""

    DROP = "drop"
    """The sandbox dropped points."""
    ALARM = "alarm"
    """A mark tells of an alarm, see `gvtui.trace.marks.is_alarm`; or a sandbox connected that
    claims another's container."""
    ERROR = "error"
    """A call failed."""
    EXEC = "exec"
    """A program started."""
    CALL = "call"
    """A call began; its exit, where its enter is not there."""
    ROW = "row"
    """Any row."""
    EVENT = "event"
    """An event that is no system call, such as the end of a task."""


class LandmarkRows(Protocol):
    """The part of a `RowSource` that is needed to look for rows."""

    @property
    def first_row(self) -> int:
        """The id of the oldest row."""

    @property
    def end_row(self) -> int:
        """The id after the newest row."""

    @property
    def architecture(self) -> str:
        """See `RowSource`."""

    @property
    def connections(self) -> Connections:
        """What is known of connections so far."""

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """See `RowSource`."""

    def details(self, index: int) -> dict[str, Any]:
        """See `Trace.details`."""

    def string(self, number: int) -> str:
        """See `RowSource`."""


def failed(
    rows: npt.NDArray[np.void], codes: npt.NDArray[np.int32] | None = None
) -> npt.NDArray[np.bool_]:
    """Which of some rows tell of a failed call.

    Args:
        rows: rows; dtype `ROW_DTYPE`.
        codes: their `ExecCode`s, as far as they are known.
    """
    is_failed = (rows["kind"] == Kind.MESSAGE) & (rows["direction"] == Direction.EXIT)
    is_failed &= ~np.isin(rows["errno"], NO_FAILURES)
    if codes is not None:
        is_failed |= codes == ExecCode.FAILED
    return np.asarray(is_failed)


class Landmarks:
    """Tests which rows of a trace are landmarks of one kind."""

    def __init__(self, trace: LandmarkRows, kind: Landmark, pairs: Pairs) -> None:
        """Make it.

        Args:
            trace: the trace.
            kind: what to find.
            pairs: knows the other sides of calls and the outcomes of execs, as far as it has read.
        """
        self._trace, self._kind, self._pairs = trace, kind, pairs

    def mask(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """Which of consecutive rows are landmarks; `start` is the id of the first."""
        if self._kind is Landmark.DROP:
            return np.asarray(rows["kind"] == Kind.DROP)
        if self._kind is Landmark.ROW:
            return np.ones(len(rows), np.bool_)
        if self._kind is Landmark.ALARM:
            return self._alarms(start, rows)
        is_message = rows["kind"] == Kind.MESSAGE
        if self._kind is Landmark.ERROR:
            return failed(rows, self._codes(start, rows))
        if self._kind is Landmark.EVENT:
            return np.asarray(is_message & (rows["direction"] == Direction.NONE))
        if self._kind is Landmark.CALL:
            return np.asarray(is_message & self._begins_call(start, rows))
        return np.asarray(is_message & self._starts_program(start, rows))

    def _codes(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int32] | None:
        execs = self._pairs.execs
        if start + len(rows) > execs.position:
            return None
        return execs.codes(start, len(rows))

    def _alarms(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(rows), np.bool_)
        is_read = (rows["kind"] == Kind.MARK) & (rows["length"] <= MOST_OF_ALARM)
        for place in np.flatnonzero(is_read).tolist():
            # A flight recorder may let the row go meanwhile.
            with suppress(IndexError):
                found[place] = is_alarm(read_mark(self._trace.details(start + place)))
        claims = self._trace.connections.claims
        for place in np.flatnonzero(rows["kind"] == Kind.OPENED).tolist():
            found[place] = claims.is_contradicted(int(rows["conn"][place]))
        return found

    def _begins_call(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        is_lone = np.zeros(len(rows), np.bool_)
        known = max(0, min(self._pairs.position - start, len(rows)))
        if known:
            is_lone[:known] = self._pairs.partners(start, known) < 0
        is_lone &= rows["direction"] == Direction.EXIT
        return np.asarray((rows["direction"] == Direction.ENTER) | is_lone)

    def _starts_program(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """The events that tell of a program; where they are not traced, the exits of execs."""
        found = np.asarray(rows["type"] == MessageType.SENTRY_EXEC)
        is_exit = (rows["direction"] == Direction.EXIT) & (rows["errno"] == 0)
        is_exit &= self._are_named(rows, _EXEC_CALLS)
        codes = self._codes(start, rows)
        if codes is not None:
            is_exit &= codes != ExecCode.FAILED
        for place in np.flatnonzero(is_exit).tolist():
            before = self._trace.rows(start + place - _BEFORE_EXIT, start + place)
            same = (before["conn"] == rows["conn"][place]) & (before["pid"] == rows["pid"][place])
            found[place] = not (same & (before["type"] == MessageType.SENTRY_EXEC)).any()
        return found

    def _are_named(
        self, rows: npt.NDArray[np.void], names: tuple[str, ...]
    ) -> npt.NDArray[np.bool_]:
        points, places = np.unique(rows["point"], return_inverse=True)
        wanted = [
            event_type(self._trace.string(number), self._trace.architecture) in names
            for number in points.tolist()
        ]
        return np.array(wanted, np.bool_)[places] if wanted else np.zeros(len(rows), np.bool_)


class LandmarkSeeker:
    """Looks from a row on, or back, for the nearest landmark, in steps of a few milliseconds."""

    def __init__(
        self,
        trace: LandmarkRows,
        landmarks: Landmarks,
        row: int,
        direction: int,
        *,
        skip: Callable[[int, int], int] | None = None,
    ) -> None:
        """Begin at a row, which is not looked at itself.

        Args:
            trace: the trace.
            landmarks: what to find.
            row: the id of a row; it need not exist.
            direction: 1 for the rows after it, -1 for those before.
            skip: given a row id and a direction, gives one as far or farther on, up to which there
                is nothing to find.
        """
        self._trace, self._landmarks = trace, landmarks
        self._direction, self._skip = direction, skip
        self._at = row + 1 if direction > 0 else row
        """Forward the first row to test, backward the row after the first one to test."""
        self._waiting: deque[int] = deque()

    def next(self, seconds: float) -> int | None:
        """The id of the next landmark; None if there is none, or the time was too short.

        `is_done` tells which.
        """
        deadline = perf_counter() + seconds
        while not self._waiting and not self._is_at_end:
            self._test()
            if perf_counter() >= deadline:
                break
        return self._waiting.popleft() if self._waiting else None

    @property
    def is_done(self) -> bool:
        """Whether all rows in the direction have been tested, and all found were given."""
        return not self._waiting and self._is_at_end

    @property
    def _is_at_end(self) -> bool:
        if self._direction > 0:
            return self._at >= self._trace.end_row
        return self._at <= self._trace.first_row

    def _test(self) -> None:
        at = self._at
        if self._skip is not None:
            skipped = self._skip(at, self._direction)
            at = max(at, skipped) if self._direction > 0 else min(at, skipped)
        if self._direction > 0:
            start = max(at, self._trace.first_row)
            stop = min(start + _SLICE, self._trace.end_row)
        else:
            stop = min(at, self._trace.end_row)
            start = max(stop - _SLICE, self._trace.first_row)
        rows = self._trace.rows(start, stop) if start < stop else None
        if rows is not None and len(rows):
            found = np.flatnonzero(self._landmarks.mask(start, rows)) + start
            self._waiting.extend((found if self._direction > 0 else found[::-1]).tolist())
        self._at = stop if self._direction > 0 else start
