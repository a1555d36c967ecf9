"""The segments of a flight recorder, and the rules by which the oldest is deleted.

The oldest segment is deleted when the recorder has used its share of the disk, or when the disk is
full. A file that a reader still has open takes its space until the reader closes it, so some time
passes between two deletions.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from typing import TYPE_CHECKING

from gvtui.trace import files
from gvtui.trace.fairness import age_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEFAULT_SEGMENT_BYTES = 128 << 20
"""The size of log and index in bytes at which a flight recorder begins its next segment."""

MIN_SEGMENTS = 4
"""The least number of segments: the oldest is deleted whole, so there must be several."""

_LOOKS = 16
"""How often it is looked whether a segment that waits may go, while another one is written."""

LEAST_SEGMENT_BYTES = 1 << 20
"""The size of a segment on a full disk, in bytes."""

_LEAST_AHEAD, _MOST_AHEAD = 128 << 10, 8 << 20
"""Bytes of disk reserved after a file's end, for the time until a reader closes a deleted one."""

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 60.0
"""Seconds until the next deletion, if the last one has freed no space: at first, and at most."""


def _seconds() -> float:
    """Seconds that pass also while the machine sleeps, whatever becomes of its clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Flight:
    """The finished segments of a flight recorder."""

    def __init__(
        self,
        folder: Path,
        keep_bytes: int,
        segment_bytes: int | None = None,
        clock: Callable[[], float] = _seconds,
        *,
        keeps_room: bool = False,
        keep_seconds: float = 0.0,
    ) -> None:
        """Make a recorder without segments.

        Args:
            folder: the segments' folder.
            keep_bytes: disk space for all segments.
            segment_bytes: disk space for one segment; by default a part of `keep_bytes`.
            clock: gives seconds.
            keeps_room: whether to leave room for a smaller copy of a segment.
            keep_seconds: how long messages are kept at most; 0 for no bound.
        """
        self._keep_seconds = keep_seconds
        self._ended: dict[int, float] = {}
        self._keeps_room = keeps_room
        self.dropped = 0
        """How many segments have been deleted."""
        self._usual_bytes = segment_bytes or min(
            DEFAULT_SEGMENT_BYTES, keep_bytes // MIN_SEGMENTS or DEFAULT_SEGMENT_BYTES
        )
        self.segment_bytes = self._usual_bytes
        """The present size of a segment, in bytes."""
        self._folder = folder
        self._keep_bytes = keep_bytes
        self._clock = clock
        self.dropped_messages = 0
        """Messages that have gone with them."""
        self.others: Callable[[], int] = int
        """Gives the bytes of its disk that other traces keep."""
        self.waits_for_pieces = False
        """Whether another process keeps a part of the oldest segment before that goes."""
        self.is_late = False
        """Whether the oldest segment would have gone, but for what is to be kept of it."""
        self._old: list[tuple[int, int, int]] = []
        self._pieces: list[files.Piece] = []
        self._pieces_bytes = 0
        self._look_at = 0
        self._wait = _FIRST_WAIT
        self._next_at = 0.0

    def suit_disk(self) -> None:
        """Use smaller segments on a disk with little space.

        Raises:
            OSError: the folder does not exist.
        """
        info = os.statvfs(self._folder)
        part = info.f_bavail * info.f_frsize // MIN_SEGMENTS
        self.segment_bytes = min(self._usual_bytes, max(LEAST_SEGMENT_BYTES, part))

    @property
    def ahead(self) -> int:
        """How many bytes to reserve after the end of the files being written."""
        return max(_LEAST_AHEAD, min(self.segment_bytes // 16, _MOST_AHEAD))

    @property
    def segments(self) -> int:
        """How many segments it holds, beside the one that is written."""
        return len(self._old)

    @property
    def held_bytes(self) -> int:
        """How many bytes of disk the segments use."""
        return sum(size for _, size, _ in self._old)

    def add(self, number: int, size: int, messages: int, strings_size: int) -> None:
        """Take in a segment that is complete; the oldest go where there is too much.

        Args:
            number: its number.
            size: bytes of its log and its index.
            messages: how many it has.
            strings_size: bytes of the strings of all segments.
        """
        self._old.append((number, size, messages))
        if self._keep_seconds:
            self._ended[number] = self._clock()
        self._look_at = 0
        self.make_room(0, strings_size)
        # A disk that was full may have space again.
        self.segment_bytes = min(self._usual_bytes, self.segment_bytes * 2)

    def make_room(self, current_bytes: int, strings_size: int) -> None:
        """Let the oldest segments go for which there is no room.

        One of which a part is still being kept waits for that, as long as the segment being written
        does not need the room.

        Args:
            current_bytes: the size of the segment being written, with what comes now.
            strings_size: bytes of the strings of all segments.
        """
        step = self.segment_bytes // _LOOKS
        limit = self.limit(strings_size)
        most = limit + self.segment_bytes - current_bytes - step
        if current_bytes < self._look_at and self.held_bytes + self._pieces_bytes <= most:
            return
        self._look_at = current_bytes + step
        self._look_at_pieces()
        while self._old and (taken := self.held_bytes + self._pieces_bytes) > limit:
            if taken <= most and self.waits_for_pieces and not self._is_kept(self._old[0][0]):
                self.is_late = True
                return
            self._drop()
            # Of a segment that was kept whole, the piece is its other name.
            self._look_at_pieces()
        self.is_late = False

    def is_old(self, since: float) -> bool:
        """Whether a segment that has rows since then, by the clock of `now`, must be complete so that
        it can go in time."""
        span = age_part(self._keep_seconds)
        return span > 0 and self._clock() - since >= span

    @property
    def now(self) -> float:
        """The time, in seconds since whenever."""
        return self._clock()

    def let_old_go(self) -> None:
        """Delete what was complete longer ago than it may be kept: pieces first, which are older."""
        if not self._keep_seconds:
            return
        gone = self._clock() - self._keep_seconds
        chained: list[files.Piece] = []
        with contextlib.suppress(OSError):
            chained = self._chain()
        while chained and self._ended.get(chained[0].last, gone) <= gone:
            self._remove(self._folder / chained.pop(0).name)
        while not chained and self._old and self._ended[self._old[0][0]] <= gone:
            self._drop()
        there = [*(each.first for each in chained), *(number for number, _, _ in self._old)]
        first = min(there, default=math.inf)
        self._ended = {number: at for number, at in self._ended.items() if number >= first}

    def _is_kept(self, number: int) -> bool:
        """Whether what stays of a segment lies in a piece."""
        return any(each.first <= number <= each.last for each in self._pieces)

    def is_full(self, strings_size: int) -> bool:
        """Whether the oldest segment must go when the one being written is complete."""
        return self.excess(strings_size) > 0

    def limit(self, strings_size: int) -> int:
        """Bytes of disk for all but the strings and the segment that is being written."""
        copy = self.segment_bytes // 2 if self._keeps_room else 0
        others = self.others()
        return self._keep_bytes - self.segment_bytes - copy - strings_size - others

    def excess(self, strings_size: int) -> int:
        """How many bytes must go when the segment being written is complete; below zero for room."""
        held = self.held_bytes + self._pieces_bytes + self.segment_bytes
        return held - self.limit(strings_size)

    def holds(self, number: int) -> bool:
        """Whether a segment is one of the complete ones that have not been deleted."""
        return any(number == each for each, _, _ in self._old)

    def has_room_beside(self, size: int) -> bool:
        """Whether the disk has room for so many bytes, and for another segment after that."""
        info = os.statvfs(self._folder)
        return info.f_bavail * info.f_frsize >= size + self.segment_bytes

    def resized(self, number: int, size: int) -> tuple[int, float]:
        """Note how many bytes log and index of a segment have now.

        Returns:
            Its place, -1 for the youngest; and its new size as a share of the one before. Place 0
            where the recorder does not have it.
        """
        for place, (each, before, messages) in enumerate(self._old):
            if each == number:
                self._old[place] = (each, size, messages)
                return place - len(self._old), size / max(before, 1)
        return 0, 1.0

    def let_oldest_go(self, current_bytes: int) -> bool:
        """On a full disk, delete the oldest segment.

        Args:
            current_bytes: the size of the segment being written.

        Returns:
            Whether one was deleted; not if there is none, or if one was deleted just before.
        """
        if not self.may_let_go:
            return False
        # The disk has room for so much, which must be several segments: else all is deleted at
        # once.
        held = self.held_bytes + current_bytes
        self.segment_bytes = min(self.segment_bytes, max(LEAST_SEGMENT_BYTES, held // MIN_SEGMENTS))
        if not self._let_piece_go():
            if not self._old:
                return False
            self._drop()
        self.went()
        return True

    def _look_at_pieces(self) -> None:
        # Without a descriptor for the folder they are what they were.
        with contextlib.suppress(OSError):
            self._pieces_bytes = files.pieces_bytes(self._folder)
            self._pieces = files.pieces_in(self._folder)

    def _let_piece_go(self) -> bool:
        """Delete the oldest piece; False if there is none."""
        kept: list[files.Piece] = []
        with contextlib.suppress(OSError):
            kept = self._chain()
        if kept:
            self._remove(self._folder / kept[0].name)
        return bool(kept)

    def _chain(self) -> list[files.Piece]:
        """The pieces before the oldest segment, oldest first."""
        numbers = files.segment_numbers(self._folder)
        return files.chain(files.pieces_in(self._folder), numbers[0] - 1) if numbers else []

    @property
    def may_let_go(self) -> bool:
        """Whether the last deletion has had time to free space."""
        return self._clock() >= self._next_at

    def went(self) -> None:
        """Note that a segment was deleted to free space, which may take a while."""
        self._next_at = self._clock() + self._wait
        self._wait = min(self._wait * 2, _LONGEST_WAIT)

    def has_room(self) -> None:
        """Note that the disk has space."""
        self._wait = _FIRST_WAIT
        self._next_at = 0.0

    def remove_all(self) -> None:
        """Delete all segments, and every file in the folder with the name of one."""
        self._old.clear()
        for number in files.segment_numbers(self._folder):
            self._unlink(number)
        for piece in files.pieces_in(self._folder):
            self._remove(self._folder / piece.name)

    def _drop(self) -> None:
        number, _, messages = self._old.pop(0)
        self._unlink(number)
        self.dropped += 1
        self.dropped_messages += messages

    def _unlink(self, number: int) -> None:
        self._remove(files.segment_path(self._folder, number))

    def _remove(self, log: Path) -> None:
        log.unlink(missing_ok=True)
        files.index_path(log).unlink(missing_ok=True)


class Spares:
    """Two descriptors reserved for the next segment, even if sandboxes use up all others."""

    def __init__(self) -> None:
        self._fds: list[int] = []

    def keep(self) -> None:
        """Reserve the descriptors, if any are left."""
        with contextlib.suppress(OSError):
            while len(self._fds) < 2:
                self._fds.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def close(self) -> None:
        """Release the descriptors."""
        while self._fds:
            os.close(self._fds.pop())
