"""What a flight recorder still holds, and when the oldest of it goes.

It lets the oldest segment go when it has used the disk that it may, or when the disk is full. What a
reader still has open takes its disk until the reader lets go too, so after a segment has gone some
time passes before the next one does.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from gvtui.trace import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEFAULT_SEGMENT_BYTES = 128 << 20
"""Bytes of log and index after which a flight recorder begins its next segment."""

MIN_SEGMENTS = 4
"""A flight recorder drops its oldest segment whole, so it never has just one or two."""

LEAST_SEGMENT_BYTES = 1 << 20
"""Bytes of a segment on a disk that is full."""

_LEAST_AHEAD, _MOST_AHEAD = 128 << 10, 8 << 20
"""Bytes of room ahead of a file: what is written until a reader has let go of the oldest segment."""

_FIRST_WAIT, _LONGEST_WAIT = 0.25, 60.0
"""Seconds until the next segment goes, where the last one has made no room: at first, and at most."""


class Flight:
    """The segments of a flight recorder that are not written any more."""

    def __init__(
        self,
        folder: Path,
        keep_bytes: int,
        segment_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with none.

        Args:
            folder: where the segments lie.
            keep_bytes: disk for all of them.
            segment_bytes: disk for one; by default a part of that.
            clock: gives seconds.
        """
        self.dropped = 0
        """Segments that have gone."""
        self._usual_bytes = segment_bytes or min(
            DEFAULT_SEGMENT_BYTES, keep_bytes // MIN_SEGMENTS or DEFAULT_SEGMENT_BYTES
        )
        self.segment_bytes = self._usual_bytes
        """Disk for one segment now."""
        self._folder = folder
        self._keep_bytes = keep_bytes
        self._clock = clock
        self.dropped_messages = 0
        """Messages that have gone with them."""
        self._old: list[tuple[int, int, int]] = []
        self._wait = _FIRST_WAIT
        self._next_at = 0.0

    def suit_disk(self) -> None:
        """On a disk with little room, have smaller segments.

        Raises:
            OSError: the folder is not there.
        """
        info = os.statvfs(self._folder)
        part = info.f_bavail * info.f_frsize // MIN_SEGMENTS
        self.segment_bytes = min(self._usual_bytes, max(LEAST_SEGMENT_BYTES, part))

    @property
    def ahead(self) -> int:
        """Bytes of room to be had ahead of the files that are written."""
        return max(_LEAST_AHEAD, min(self.segment_bytes // 16, _MOST_AHEAD))

    @property
    def segments(self) -> int:
        """How many segments it holds, beside the one that is written."""
        return len(self._old)

    @property
    def held_bytes(self) -> int:
        """Disk that the segments take."""
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
        limit = self._keep_bytes - self.segment_bytes - strings_size
        while self._old and self.held_bytes > limit:
            self._drop()
        # A disk that was full may have room again.
        self.segment_bytes = min(self._usual_bytes, self.segment_bytes * 2)

    def let_oldest_go(self, current_bytes: int) -> bool:
        """On a full disk, let the oldest segment go.

        Args:
            current_bytes: disk that the segment takes which is written now.

        Returns:
            Whether one has gone: not if there is none, or if the last one had to make room just now.
        """
        if not self.may_let_go:
            return False
        # The disk has room for so much: several segments of it, or all would go at once.
        held = self.held_bytes + current_bytes
        self.segment_bytes = min(self.segment_bytes, max(LEAST_SEGMENT_BYTES, held // MIN_SEGMENTS))
        if not self._old:
            return False
        self._drop()
        self.went()
        return True

    @property
    def may_let_go(self) -> bool:
        """Whether what went before has had time to make room."""
        return self._clock() >= self._next_at

    def went(self) -> None:
        """A segment has gone to make room: that may take a while."""
        self._next_at = self._clock() + self._wait
        self._wait = min(self._wait * 2, _LONGEST_WAIT)

    def has_room(self) -> None:
        """There is room on the disk."""
        self._wait = _FIRST_WAIT
        self._next_at = 0.0

    def remove_all(self) -> None:
        """Remove all segments, and what a segment of this folder may be called."""
        self._old.clear()
        for number in files.segment_numbers(self._folder):
            self._unlink(number)

    def _drop(self) -> None:
        number, _, messages = self._old.pop(0)
        self._unlink(number)
        self.dropped += 1
        self.dropped_messages += messages

    def _unlink(self, number: int) -> None:
        log = files.segment_path(self._folder, number)
        log.unlink(missing_ok=True)
        files.index_path(log).unlink(missing_ok=True)


class Spares:
    """Two descriptors that are held for the next segment, whatever sandboxes take of all others."""

    def __init__(self) -> None:
        self._fds: list[int] = []

    def keep(self) -> None:
        """Have them, as far as there are any left."""
        with contextlib.suppress(OSError):
            while len(self._fds) < 2:
                self._fds.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def close(self) -> None:
        """Give them up."""
        while self._fds:
            os.close(self._fds.pop())
