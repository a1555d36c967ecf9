"""The segments of a trace, open for reading: a row's id leads to one of them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gvtui.trace import files
from gvtui.trace.letgo import LetGo, before_in
from gvtui.trace.row import ROW_DTYPE
from gvtui.trace.segment import Segment
from gvtui.trace.stretches import intact, stretches
from gvtui.trace.thinned import combined, copied_marks, thinned_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.trace.bytesource import ByteSource
    from gvtui.trace.damage import Damage
    from gvtui.trace.stretches import Stretch
    from gvtui.trace.thinned import ThinnedMark


_AT_HAND_NS = 500_000_000
"""How soon after a time a row is the one that is looked for, wherever others are."""
_LOOKED_AT = 256
"""How many rows of the whole trace are looked at to find where its clock was set."""
_READ_SECONDS = 5.0
"""For how long somebody may still read a segment whose files were replaced."""


class CompressedPart(NamedTuple):
    """The segments of a trace that are compressed."""

    segments: int
    rows: int
    plain_bytes: int
    """The size of their logs and indexes, if they were not."""
    disk_bytes: int


class Segments:
    """The one segment of a recording, or those of a flight recorder, oldest first.

    Owns their files until `close`.
    """

    def __init__(self, segments: list[Segment], folder: Path | None) -> None:
        """Take over open segments; `folder` is a flight recorder's, where others come and go."""
        self._segments = segments
        self._folder = folder
        self._looked = 0
        self._replaced: list[tuple[float, Segment]] = []
        self._pieces: tuple[int, list[dict[str, Any]]] = (-1, [])
        self._let_go: list[LetGo] | None = None
        self._told: tuple[int, int, list[ThinnedMark]] = (-1, -1, [])
        self._over_all: tuple[tuple[int, int], list[int], npt.NDArray[np.int64]]
        self._over_all = (-1, -1), [], np.zeros(0, np.int64)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._segments)

    @property
    def oldest(self) -> Segment:
        """The segment of the oldest rows."""
        return self._segments[0]

    def head(self) -> dict[str, Any]:
        """What the header of the oldest segment says; where pieces come before other segments, all
        that was let go of these counts as if it had come before the first row."""
        heads = self._heads_of_pieces()
        return combined(heads) if heads else self.oldest.head()

    def thinned(self, stop: int) -> list[ThinnedMark]:
        """What was let go of the segments of which the pieces were kept, oldest first; of a copy of
        them too.

        Args:
            stop: a row id; of the time from this row on nothing is told.
        """
        if stop >= self.end_row:
            return self._all_thinned()
        end_ns = self._when(max(stop, self.first_row))
        if self._told[:2] != (self.oldest.number, end_ns):
            told = copied_marks(self._all_thinned(), to_ns=end_ns)
            self._told = (self.oldest.number, end_ns, told)
        return self._told[2]

    def thinned_pieces(self) -> dict[int, ThinnedMark]:
        """What was let go of the segments of which each piece was kept, by the piece's number."""
        heads = self._heads_of_pieces()[:-1]
        return {each.number: thinned_in(head) for each, head in zip(self, heads, strict=False)}

    def _all_thinned(self) -> list[ThinnedMark]:
        if self._folder is not None:
            trace_id = self.oldest.head().get("id")
            return [each.known_as(trace_id) for each in self.thinned_pieces().values()]
        if self._let_go is None:
            self._let_go = [LetGo.read(head, shift) for shift, head in self.oldest.heads()]
        return [mark for told in self._let_go for mark in told.since]

    def told_before(self) -> list[ThinnedMark]:
        """What had come before the oldest row of the flight recorder that this is a copy of."""
        if self._folder is None:
            self._all_thinned()
        return [mark for told in self._let_go or () for mark in told.before]

    def gone_before(self) -> list[ThinnedMark]:
        """The same, and all that has come before the first row of this one."""
        found = self.told_before()
        is_folder = self._folder is not None
        for shift, head in [(0, self.oldest.head())] if is_folder else self.oldest.heads():
            first_ns = self._when(self.oldest.first_row_of(shift))
            found += copied_marks(before_in(head, first_ns), shift=shift)
        return found

    def _heads_of_pieces(self) -> list[dict[str, Any]]:
        """The headers of all pieces, and of the segment behind them; none without pieces."""
        oldest = self.oldest
        if not oldest.is_piece:
            return []
        if self._pieces[0] != oldest.number:
            pieces = [each for each in self._segments if each.is_piece]
            behind = self._segments[len(pieces) : len(pieces) + 1]
            self._pieces = (oldest.number, [each.head() for each in (*pieces, *behind)])
        return self._pieces[1]

    def beginning(self) -> list[list[int]]:
        """What tells the oldest segment that is whole from others, and the pieces before it: their
        numbers and rows, and of pieces, which are replaced by others, also which files they are."""
        found: list[list[int]] = []
        for segment in self._segments:
            if not segment.is_piece:
                return [*found, [segment.number, segment.first_row]]
            info = os.fstat(segment.log.fileno())
            found.append([segment.number, segment.first_row, info.st_dev, info.st_ino])
        return found

    @property
    def first_row(self) -> int:
        """The id of the oldest row."""
        return self._segments[0].first_row

    @property
    def end_row(self) -> int:
        """The id after the newest row that `refresh` has found."""
        return self._segments[-1].end_row

    def refresh(self) -> None:
        """Find rows that were appended, and segments that have come or gone."""
        if self._folder is not None:
            self._look_into(self._folder)
            self._look_at_one(self._folder)
        self._segments[-1].refresh()

    def _look_into(self, folder: Path) -> None:
        known = {segment.number for segment in self._segments}
        numbers = files.segment_numbers(folder)
        for number in numbers:
            if number > self._segments[-1].number and number not in known:
                log = files.segment_path(folder, number)
                try:
                    segment = Segment.open(number, log, files.index_path(log))
                except FileNotFoundError:
                    break
                if not segment.has_head:
                    # The segment's index has no head yet; the next refresh will find it complete.
                    segment.close()
                    break
                self._segments[-1].refresh()
                segment.number_from(self._segments[-1].end_row)
                self._segments.append(segment)
        # Pieces stay as long as what comes behind them: the ids of rows have no gap.
        oldest = next((each.number for each in self._segments if not each.is_piece), 0)
        if numbers and oldest < numbers[0]:
            while len(self._segments) > 1 and self._segments[0].number < numbers[0]:
                self._segments.pop(0).close()

    def _look_at_one(self, folder: Path) -> None:
        """Open one of the complete segments anew whose files were compressed meanwhile; the next one
        the next time. As long as the former ones are open, they take their room on the disk."""
        now = time.monotonic()
        while self._replaced and self._replaced[0][0] < now - _READ_SECONDS:
            self._replaced.pop(0)[1].close()
        self._looked += 1
        if self._looked >= len(self._segments) - 1:
            self._looked = 0
        segment = self._segments[self._looked]
        log = files.segment_path(folder, segment.number)
        index = files.index_path(log)
        try:
            is_last = segment is self._segments[-1]
            if is_last or segment.is_piece or segment.is_at(log, index):
                return
            fresh = Segment.open(segment.number, log, index)
        except OSError:
            return
        if not fresh.has_head or fresh.rows != segment.rows:
            fresh.close()
            return
        fresh.number_from(segment.first_row)
        self._segments[self._looked] = fresh
        self._replaced.append((now, segment))

    def of(self, index: int) -> Segment:
        """The segment of a row.

        Raises:
            IndexError: the row is in none.
        """
        for segment in self._segments:
            if segment.first_row <= index < segment.end_row:
                return segment
        raise IndexError(f"row {index} has been removed from the trace")

    def read(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """The rows from `start` to before `stop` that are there; dtype `ROW_DTYPE`."""
        out = np.empty(max(0, stop - start), ROW_DTYPE)
        filled = 0
        for segment in self._segments:
            begin, end = max(start, segment.first_row), min(stop, segment.end_row)
            if begin < end:
                filled += segment.read(begin, out[filled : filled + end - begin])
        return out[:filled]

    def stretches(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> Iterator[Stretch]:
        """The bytes of the log behind some of consecutive rows; see `gvtui.trace.stretches`."""
        return stretches(self._segments, start, rows, asked)

    def intact(
        self,
        start: int,
        rows: npt.NDArray[np.void],
        asked: npt.NDArray[np.bool_],
        damage: Damage,
    ) -> npt.NDArray[np.bool_]:
        """Which of consecutive rows have records that are as they came; see
        `gvtui.trace.stretches`."""
        return intact(self._segments, start, rows, asked, damage)

    def row_at_time(self, time_ns: int) -> int:
        """The id of the first row received at or after a time; `end_row` if there is none.

        Where the clock was set, times come twice, or are passed over: of the rows that have an
        earlier time before them, it is the one that is nearest to the time.
        """
        first, end = self.first_row, self.end_row
        row = self._bisected(time_ns, first, end)
        if first < row < end and self._when(row) - time_ns < _AT_HAND_NS:
            return row
        # There is a time in which nothing came, or the clock was set.
        found = {row} if first < row < end else set()
        places, times = self._times_over_all()
        for at in np.flatnonzero((times[:-1] < time_ns) & (time_ns <= times[1:])).tolist():
            found.add(self._bisected(time_ns, places[at], places[at + 1]))
        return min(found, key=self._when, default=row)

    def _times_over_all(self) -> tuple[list[int], npt.NDArray[np.int64]]:
        """Some rows over the whole trace, and the times they came."""
        first, end = self.first_row, self.end_row
        known, places, times = self._over_all
        if known != (first, end):
            places = [*range(first, end, max(1, (end - first) // _LOOKED_AT)), max(first, end - 1)]
            times = np.array([self._when(row) for row in places], np.int64)
            self._over_all = (first, end), places, times
        return places, times

    def _bisected(self, time_ns: int, low: int, high: int) -> int:
        while low < high:
            middle = (low + high) // 2
            if self._when(middle) < time_ns:
                low = middle + 1
            else:
                high = middle
        return low

    def _when(self, index: int) -> int:
        """The time of receipt of a row, or else the sandbox's time."""
        row = self.read(index, index + 1)
        return int(row["recv_ns"][0] or row["time_ns"][0]) if len(row) else 0

    @property
    def formats(self) -> set[int]:
        """The formats of the logs; `SAVE_FILE` for one of gVisor's."""
        return {part.format for segment in self._segments for part in segment.parts}

    @property
    def numbers(self) -> list[int]:
        """The numbers of the segments, oldest first; 1 for a recording."""
        return [segment.number for segment in self._segments]

    @property
    def size_bytes(self) -> int:
        """The size of all logs and indexes on disk."""
        return sum(segment.log.disk_bytes + segment.index.disk_bytes for segment in self._segments)

    @property
    def compressed(self) -> CompressedPart:
        """The segments that are compressed."""
        found = [each for each in self._segments if each.log.is_compressed]
        return CompressedPart(
            len(found),
            sum(each.rows for each in found),
            sum(each.log.size + each.index.size for each in found),
            sum(each.log.disk_bytes + each.index.disk_bytes for each in found),
        )

    def log_extents(self) -> list[tuple[ByteSource, int]]:
        """The logs: each opened anew, for the caller to close, and the size in bytes up to its last
        row's record."""
        extents: list[tuple[ByteSource, int]] = []
        for segment in self._segments:
            is_last = segment is self._segments[-1]
            size = segment.log_end() if is_last else segment.log.size
            extents.append((segment.log.duplicate(), size))
        return extents

    def close(self) -> None:
        """Close all files."""
        for segment in self._segments:
            segment.close()
        for _, segment in self._replaced:
            segment.close()
