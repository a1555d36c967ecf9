"""Reads a log or a save file piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from gvtui.trace.bytesource import ByteSource

STEP = 8 << 20
"""How many bytes are read in one step."""


class Window:
    """The part of a file that is in memory; it moves as other parts are needed."""

    def __init__(
        self, source: ByteSource | None, size: int, data: bytes = b"", step: int = STEP
    ) -> None:
        """Look at the first `size` bytes of an open file, which stays the caller's; read `step`
        bytes at once."""
        self._source = source
        self._step = step
        self.size = size
        """The end of the file; less than given if the file proves to be shorter."""
        self.base = 0
        """The offset of `data` in the file."""
        self.data = data

    @classmethod
    def over(cls, data: Window | bytes) -> Window:
        """Make a window over bytes that are already in memory."""
        return data if isinstance(data, Window) else cls(None, len(data), data)

    def move(self, position: int, least: int) -> None:
        """Read the bytes from `position` on: at least `least` of them, or all up to the end."""
        if self._source is None:
            return
        self.base, self.data = position, self.read(position, max(least, self._step))

    def read(self, position: int, size: int) -> bytes:
        """Bytes of the file, fewer at its end, without moving the window."""
        size = min(size, self.size - position)
        place = position - self.base
        if self._source is None or 0 <= place <= len(self.data) - size:
            return self.data[place : place + size]
        pieces = []
        while size > 0:
            piece = self._source.pread(size, position)
            if not piece:
                self.size = min(self.size, position)
                break
            pieces.append(piece)
            position += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def grow(self) -> None:
        """Update the size after bytes were appended to the file."""
        if self._source is not None:
            self.size = self._source.size

    def forget(self) -> None:
        """Read anew what is asked for next: the file may have been cut and written again."""
        if self._source is not None:
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
        """Bytes of the file, fewer at its end, after moving the window there."""
        if not 0 <= position - self.base <= len(self.data) - size:
            self.move(position, size)
        return self.read(position, size)
