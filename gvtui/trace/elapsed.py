"""How much time passed from row to row, though the clock of the recording's machine was set.

Rows have the times that the clock said. Where somebody set it, they jump: by a day forward, or back,
and no day has passed. The monitor, which looks at its clock twice a second, tells it by a mark
(`ClockMark`) a few rows behind the jump. Where no mark tells it, as in gVisor's save files, times
that go back and stay back are a clock that was set, too; times that go forward are a time in which
nothing happened.

A little back is nothing: rows of several threads and sandboxes interleave. Nor is it a time that
only a few rows have, and that those behind them know nothing of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gvtui.trace.marks import ClockMark, read_mark
from gvtui.trace.origin import OriginMark
from gvtui.trace.row import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

JUMP_NS = 500_000_000
"""By how much times have to jump, at least, for a clock that was set; the monitor tells of no less."""

_FILL = 1 << 15
"""How many rows are read ahead, to find the marks that tell of them."""
_STEP = 1 << 12
"""How many rows are told in one step."""
_TELLING_NS = 750_000_000
"""How long after a clock was set the mark comes, at most, unless the monitor stood still."""
_STANDING_NS = 60_000_000_000
"""For how long it may have stood still before other jumps are as likely."""
_PIECE = 1 << 8
"""How many rows are told at once where times go back."""
_FOLLOWING = 32
"""How many rows behind a jump tell whether it lasts."""
_AMONG = 1 << 10
"""Among how many rows they are looked for."""
_MOST_OF_MARK = 1024
"""Bytes of the largest mark that is read as one that tells of the clock."""
_MOST_MARKS = 1024
"""So many times a clock is believed to have been set; a stranger's recording may tell of millions."""
_LATEST_NS = 1 << 61
"""No time is later, so that no sum is too large."""
_NEVER = -(1 << 62)


class TimedRows(Protocol):
    """The part of a trace that is needed to tell when its rows came."""

    @property
    def first_row(self) -> int:
        """The id of the oldest row."""

    @property
    def end_row(self) -> int:
        """The id after the newest row."""

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """See `RowSource`."""

    def details(self, index: int) -> dict[str, Any]:
        """See `Trace.details`."""


def times_of(rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    """When rows were received, or else when they happened by the sandbox's clock, Unix
    nanoseconds; 0 where nothing tells."""
    received = rows["recv_ns"]
    return np.where(received > 0, received, rows["time_ns"])


class Elapsed:
    """Tells, row by row, when each of them came, by a clock that nobody sets."""

    def __init__(self, trace: TimedRows, start: int) -> None:
        """Begin.

        Args:
            trace: the trace; it may grow.
            start: the first row.
        """
        self.trace = trace
        self.position = max(start, trace.first_row)
        """The id of the next row to tell of."""
        self._shifts = _shifts_in(trace)
        sources = len(self._shifts)
        # What was read ahead, from `position` on.
        self._times = np.zeros(0, np.int64)
        self._sources = np.zeros(0, np.intp)
        self._is_told = np.zeros(0, np.bool_)
        self._ahead = self.position
        """The id behind the last row that was read ahead."""
        self._steps: list[tuple[int, int, int]] = []
        """Where a clock was set, by a row id, which source's, and by how much, in nanoseconds."""
        self._offsets = np.zeros(sources, np.int64)
        """How far the clock of each source has been set by now."""
        self._fallen = np.zeros(sources, np.int64)
        """How far it was set back, as far as no mark has told it yet."""
        self._before = np.zeros(sources, np.int64)
        """The last time that each source told before `position`."""
        self._latest = _NEVER
        self._left = _MOST_MARKS

    @property
    def latest_ns(self) -> int:
        """When the last row came that was told of; 0 if there is none, or none has a time."""
        return max(0, self._latest)

    def read(self, stop: int) -> npt.NDArray[np.int64]:
        """When each of the next rows came, up to before a row, as far as the trace has them.

        Returns:
            Nanoseconds that never decrease: the Unix time, had nobody set the clock since the first
            row; 0 before the first row that has a time.
        """
        told = [np.zeros(0, np.int64)]
        while self.position < stop:
            self._read_ahead(min(stop, self.position + _STEP) + _FILL)
            count = min(stop, self._ahead, self.position + _STEP) - self.position
            if count <= 0:
                break
            told.append(self._tell(count))
        return np.concatenate(told)

    def _read_ahead(self, stop: int) -> None:
        """Read rows up to before one, in large pieces, and the marks among them."""
        while self._ahead < min(stop, self.trace.end_row):
            start = self._ahead
            rows = self.trace.rows(start, start + _FILL)
            if start < self.trace.first_row or not len(rows):
                # A flight recorder has let them go.
                return
            kind, conn = rows["kind"], rows["conn"]
            sources = np.searchsorted(self._shifts, conn, "left") - 1
            times = np.clip(times_of(rows), 0, _LATEST_NS)
            is_told = (kind != Kind.MARK) & (kind != Kind.OPENED) & (times > 0)
            if len(self._shifts) > 1:
                # It is not known whose clock a mark of no connection has.
                times[conn == 0] = 0
            self._times = np.concatenate([self._times, times])
            self._sources = np.concatenate([self._sources, np.maximum(sources, 0)])
            self._is_told = np.concatenate([self._is_told, is_told])
            self._ahead = start + len(rows)
            is_read = (kind == Kind.MARK) & (rows["length"] <= _MOST_OF_MARK)
            for place in np.flatnonzero(is_read).tolist():
                mark = read_mark(self.trace.details(start + place))
                if isinstance(mark, ClockMark) and abs(mark.step_ns) >= JUMP_NS and self._left:
                    self._left -= 1
                    self._take(start + place, int(rows["recv_ns"][place]), mark)

    def _take(self, row: int, when_ns: int, mark: ClockMark) -> None:
        """Find where the clock was set of which a mark tells."""
        source = int(np.searchsorted(self._shifts, mark.shift, "right")) - 1
        step = min(max(mark.step_ns, -_LATEST_NS), _LATEST_NS)
        end = row - self.position + 1
        is_own = self._is_told[:end] & (self._sources[:end] == source)
        # The mark too has the new time.
        own = np.append(np.flatnonzero(is_own[:-1]), end - 1)
        times = self._times[own]
        times[-1] = min(max(when_ns, 0), _LATEST_NS)
        # What other marks tell is no jump any more.
        for before, whose, told in self._steps:
            if whose == source:
                times[own >= before - self.position] -= told
        jumps = np.diff(times, prepend=self._before[source] or times[0])
        signed = jumps if step > 0 else -jumps
        least = step - JUMP_NS if step > 0 else -step // 2
        for within in (_TELLING_NS, _STANDING_NS, _LATEST_NS):
            near = (np.abs(times - times[-1]) <= within) & (signed >= max(least, 1))
            if near.any():
                place = int(np.argmax(np.where(near, signed, _NEVER)))
                self._steps.append((self.position + int(own[place]), source, step))
                break
        else:
            if step > 0 or self._fallen[source] <= step // 2:
                # No time tells of it, or those did that were told of before the mark was there.
                self._fallen[source] = 0
                return
            # So long nothing came that the time, set back, is later all the same.
            self._steps.append((row, source, step))
        self._steps.sort()

    def _tell(self, count: int) -> npt.NDArray[np.int64]:
        """Tell of the next rows, which have been read ahead."""
        end = min(len(self._times), count + _AMONG)
        sources, has_time = self._sources[:end], self._times[:end] > 0
        times = self._times[:end] - self._offsets[sources]
        for row, source, step in self._steps:
            place = row - self.position
            if place < end:
                times[place:][sources[place:] == source] -= step
            if place < count:
                self._set(source, step)
        self._steps = [each for each in self._steps if each[0] >= self.position + count]
        told = np.zeros(count, np.int64)
        at, size = 0, count
        while at < count:
            until = min(at + size, count)
            latest = np.maximum.accumulate(
                np.concatenate(
                    [[self._latest], np.where(has_time, times, _NEVER)[at : until + _AMONG]]
                )
            )
            jumps = times[at : until + _AMONG] - latest[:-1]
            is_known = has_time[at : until + _AMONG] & (latest[:-1] > _NEVER)
            is_jump = is_known & self._is_told[at : until + _AMONG] & (jumps <= -JUMP_NS)
            if is_jump.any():
                if size > _PIECE:
                    size = _PIECE
                    continue
                is_jump |= is_known & (jumps >= JUMP_NS)
            length = until - at
            jump = int(np.argmax(is_jump[:length])) if is_jump[:length].any() else length
            told[at : at + jump] = latest[1 : jump + 1]
            self._latest = int(latest[jump])
            at += jump
            if jump < length:
                self._jump(at, times)
                told[at] = self._latest
                at += 1
        own = np.flatnonzero(self._is_told[:count])
        self._before[sources[own]] = self._times[own]
        self._times, self._sources = self._times[count:], self._sources[count:]
        self._is_told = self._is_told[count:]
        self.position += count
        return np.maximum(told, 0)

    def _jump(self, at: int, times: npt.NDArray[np.int64]) -> None:
        """Take in a row whose time is far from that of the rows before it, where some go back."""
        source, time = int(self._sources[at]), int(times[at])
        among = slice(at + 1, min(at + 1 + _AMONG, len(times)))
        is_own = self._is_told[among] & (self._sources[among] == source)
        following = times[among][is_own][:_FOLLOWING]
        if time > self._latest:
            level = int(np.median(following)) if len(following) else time
            # Where those behind it are where those before it were, only this row has its time.
            if not self._latest - JUMP_NS < level <= time - JUMP_NS:
                self._latest = time
        elif len(following) and following.max() <= self._latest - JUMP_NS:
            step = time - self._latest
            self._fallen[source] += step
            times[at:][self._sources[at : len(times)] == source] -= step
            self._set(source, step)

    def _set(self, source: int, step: int) -> None:
        offset = int(self._offsets[source]) + step
        self._offsets[source] = min(max(offset, -_LATEST_NS), _LATEST_NS)


def _shifts_in(trace: TimedRows) -> npt.NDArray[np.int64]:
    """What was added to the numbers of connections of each recording that a trace was merged from,
    in order; zero alone for any other trace."""
    first = trace.rows(trace.first_row, trace.first_row + 1)
    if len(first) and first["kind"][0] == Kind.MARK:
        mark = read_mark(trace.details(trace.first_row))
        if isinstance(mark, OriginMark) and mark.how == "merged":
            return np.array(sorted({0, *(each.shift for each in mark.sources)}), np.int64)
    return np.zeros(1, np.int64)
