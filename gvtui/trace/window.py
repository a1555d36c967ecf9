"""A log or a save file read piece by piece.

It is never mapped into memory: whoever reads a map of a file that another program cuts short is
killed, and who reads pieces sees an earlier end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

STEP = 8 << 20
"""Bytes read at once."""


class Window:
    """The part of a file that is in memory; it moves on as it is asked for more."""

    def __init__(self, fd: int | None, size: int, data: bytes = b"", step: int = STEP) -> None:
        """Look at the first `size` bytes of an open file, which stays the caller's; read `step`
        bytes at once."""
        self._fd = fd
        self._step = step
        self.size = size
        """Where the file ends; less than was told where it turns out to end before."""
        self.base = 0
        """Where in the file `data` begins."""
        self.data = data

    @classmethod
    def over(cls, data: Window | bytes) -> Window:
        """A window over bytes that are in memory already."""
        return data if isinstance(data, Window) else cls(None, len(data), data)

    def move(self, position: int, least: int) -> None:
        """Have in memory what stands from `position` on: `least` bytes, or all up to the end."""
        if self._fd is None:
            return
        self.base, self.data = position, self.read(position, max(least, self._step))

    def read(self, position: int, size: int) -> bytes:
        """Bytes of the file, fewer at its end; what is in memory stays there."""
        size = min(size, self.size - position)
        place = position - self.base
        if self._fd is None or 0 <= place <= len(self.data) - size:
            return self.data[place : place + size]
        pieces = []
        while size > 0:
            piece = os.pread(self._fd, size, position)
            if not piece:
                self.size = min(self.size, position)
                break
            pieces.append(piece)
            position += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def grow(self) -> None:
        """Take in what was appended to the file."""
        if self._fd is not None:
            self.size = os.fstat(self._fd).st_size

    def forget(self) -> None:
        """Read anew what is asked for next: the file may have been cut and written again."""
        if self._fd is not None:
            self.data = b""
        self.grow()

    def find(self, pattern: re.Pattern[bytes], start: int, end: int, width: int) -> Iterator[int]:
        """Where a pattern of at most `width` bytes begins, from `start` to before `end`."""
        while start < end:
            data = self.take(start, min(self._step, end + width - 1 - start))
            if not data:
                return
            for match in pattern.finditer(data):
                if start + match.start() < end:
                    yield start + match.start()
            if len(data) < width:
                return
            start += len(data) - width + 1

    def take(self, position: int, size: int) -> bytes:
        """Bytes of the file, fewer at its end; the window moves there."""
        if not 0 <= position - self.base <= len(self.data) - size:
            self.move(position, size)
        return self.read(position, size)
