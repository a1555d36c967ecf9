"""Counts rows, errors and drops over time, for the whole trace in a fixed number of buckets.

When the trace outgrows the buckets, neighbours are merged and all become twice as wide. Times are
those of receipt; for a gVisor save file, which has none, those of the sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.calls.execs import Execs, LateOutcomes
from gvtui.query.follower import Follower
from gvtui.query.landmarks import failed
from gvtui.trace.row import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource

_FIRST_WIDTH_NS = 1_000_000
_LARGEST_STEP_NS = 86_400 * 1_000_000_000
_LATEST_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class Bucket:
    """A span of time with its counts."""

    start_ns: int
    end_ns: int
    rows: int
    """Messages."""
    errors: int
    """How many messages tell of a failed call."""
    dropped: int
    """How many points the sandboxes dropped."""
    first_row: int
    """The id of its first row; if it has no rows, of the next row."""

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.rows * 1e9 / (self.end_ns - self.start_ns)


class Timeline(Follower):
    """The counts over time, updated as the trace grows. Rows that are removed stay counted."""

    def __init__(self, trace: RowSource, execs: Execs | None = None, *, size: int = 2048) -> None:
        assert size % 2 == 0
        super().__init__(trace)
        self._execs = execs or Execs(trace)
        self._late = LateOutcomes(self._execs)
        self._size = size
        self.start_ns = 0
        """The time of the first row, Unix nanoseconds; 0 while there is none."""
        self.end_ns = 0
        """The time of the newest row."""
        self.width_ns = _FIRST_WIDTH_NS
        self._rows = np.zeros(size, np.int64)
        self._errors = np.zeros(size, np.int64)
        self._dropped = np.zeros(size, np.int64)
        self._first = np.full(size, -1, np.int64)

    def buckets(self, count: int) -> list[Bucket]:
        """Divide the whole trace into at most `count` buckets of about equal width."""
        if not self.start_ns:
            return []
        used = (self.end_ns - self.start_ns) // self.width_ns + 1
        edges = np.linspace(0, used, min(count, used) + 1).astype(np.int64)
        begins = edges[:-1]
        sums = [
            np.add.reduceat(column[:used], begins).tolist()
            for column in (self._rows, self._errors, self._dropped)
        ]
        firsts = self._first_rows(used)[begins].tolist()
        times = (self.start_ns + edges * self.width_ns).tolist()
        return [
            Bucket(*fields) for fields in zip(times[:-1], times[1:], *sums, firsts, strict=True)
        ]

    def bucket_of(self, row: int, count: int) -> int:
        """The index of a row's bucket in `buckets(count)`."""
        buckets = self.buckets(count)
        firsts = [bucket.first_row for bucket in buckets]
        return max(0, int(np.searchsorted(firsts, row, "right")) - 1)

    def past_dropless(self, row: int, direction: int) -> int:
        """A row up to which no points were dropped, seen from another in a direction.

        Args:
            row: where to begin: a row id forward, the id after a row backward.
            direction: 1 for the rows from there on, -1 for those before.
        """
        if not self.start_ns or row > self.position:
            return row
        used = (self.end_ns - self.start_ns) // self.width_ns + 1
        firsts = self._first_rows(used)
        dropping = np.flatnonzero(self._dropped[:used])
        if direction > 0:
            ends = np.append(firsts[1:], self.position)[dropping]
            places = np.flatnonzero(ends > row)
            return max(row, int(firsts[dropping[places[0]]])) if len(places) else self.position
        places = np.flatnonzero(firsts[dropping] < row)
        if not len(places):
            return 0
        last = int(dropping[places[-1]])
        end = int(firsts[last + 1]) if last + 1 < used else self.position
        return min(row, end)

    def _first_rows(self, used: int) -> npt.NDArray[np.int64]:
        """The first row of each bucket; for an empty one that of the next."""
        first = np.where(self._first[:used] < 0, self.position, self._first[:used])
        return np.minimum.accumulate(first[::-1])[::-1]

    def _times(self, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """A time for each row, made so that times never decrease."""
        times = np.where(rows["recv_ns"] > 0, rows["recv_ns"], rows["time_ns"])
        known = times[times > 0]
        if not len(known):
            return np.full(len(rows), self.end_ns, np.int64)
        # One absurd time must not squeeze all others into a single bucket.
        middle = int(np.sort(known)[len(known) // 2])
        latest = max(self.end_ns, middle) + _LARGEST_STEP_NS
        times[times > min(latest, _LATEST_NS)] = 0
        if not self.start_ns:
            times[times < middle - _LARGEST_STEP_NS] = 0
            self.start_ns = self.end_ns = int(times[times > 0][0]) if (times > 0).any() else 0
        times[0] = max(int(times[0]), self.end_ns)
        return np.maximum.accumulate(times)

    def _begin(self) -> None:
        self._execs.bring_up(self.position)
        self._take_late(self.position)

    def _take_late(self, before: int) -> None:
        """Count execs whose failure became known after their rows were counted."""
        late = [
            row for row in self._late.before(before) if self._execs.code(row) is ExecCode.FAILED
        ]
        if late:
            used = (self.end_ns - self.start_ns) // self.width_ns + 1
            places = np.searchsorted(self._first_rows(used), late, "right") - 1
            np.add.at(self._errors, np.maximum(places, 0), 1)

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        codes = self._execs.codes(start, len(rows))
        self._take_late(start)
        # Rows without a time before the first that has one are in the first bucket, with it.
        times = self._times(rows)
        self.end_ns = int(times[-1])
        while (self.end_ns - self.start_ns) // self.width_ns >= self._size:
            self._widen()
        places = (times - self.start_ns) // self.width_ns
        is_message = rows["kind"] == Kind.MESSAGE
        is_drop = rows["kind"] == Kind.DROP
        np.add.at(self._rows, places[is_message], 1)
        np.add.at(self._errors, places[failed(rows, codes)], 1)
        np.add.at(self._dropped, places[is_drop], rows["result"][is_drop])
        distinct, first = np.unique(places, return_index=True)
        new = self._first[distinct] < 0
        self._first[distinct[new]] = start + first[new]

    def _widen(self) -> None:
        half = self._size // 2
        for column in (self._rows, self._errors, self._dropped):
            column[:half] = column[0 : 2 * half : 2] + column[1 : 2 * half : 2]
            column[half:] = 0
        left, right = self._first[0 : 2 * half : 2].copy(), self._first[1 : 2 * half : 2].copy()
        self._first[:half] = np.where(left >= 0, left, right)
        self._first[half:] = -1
        self.width_ns *= 2
