"""Reads a compressed log or index as if it were plain; see `gvtui.trace.frames` for its layout.

What is read of it stays in memory for a while, whole frames at a time. The memory for that is one,
for all files that the process has open, so a viewer of many segments needs no more.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import zstandard

from gvtui.trace.frames import MOST_FRAME_BYTES, find_frames, plain_frame

if TYPE_CHECKING:
    from gvtui.trace.frames import FramesTable

MOST_KEPT_BYTES = 32 << 20
"""How many plain bytes are kept in memory at most, of all files together."""

_AT_ONCE = 4
"""Who asks for more frames than this at once reads on, and what he has read is not kept."""

_numbers = itertools.count()


class _KeptFrames:
    """The frames that were read last. Threads may use it at the same time."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._frames: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.kept_bytes = 0

    def get(self, key: tuple[int, int]) -> bytes | None:
        with self._lock:
            found = self._frames.get(key)
            if found is not None:
                self._frames.move_to_end(key)
            return found

    def put(self, key: tuple[int, int], plain: bytes) -> None:
        with self._lock:
            if key not in self._frames:
                self._frames[key] = plain
                self.kept_bytes += len(plain)
            while self.kept_bytes > self._most_bytes:
                self.kept_bytes -= len(self._frames.popitem(last=False)[1])

    def forget(self, file: int) -> None:
        with self._lock:
            for key in [key for key in self._frames if key[0] == file]:
                self.kept_bytes -= len(self._frames.pop(key))


_kept = _KeptFrames(MOST_KEPT_BYTES)


class CompressedFile:
    """The plain bytes of a compressed file. Frames that are damaged read as zeros."""

    is_compressed = True

    def __init__(self, fd: int, table: FramesTable) -> None:
        """Take over an open descriptor.

        Args:
            fd: the file.
            table: where its frames lie.
        """
        self._fd = fd
        self._table = table
        self._number = next(_numbers)
        self._zstd = zstandard.ZstdDecompressor(max_window_size=MOST_FRAME_BYTES)
        self._lock = threading.Lock()
        self.size = table.note.size
        """How many plain bytes there are."""

    @classmethod
    def read(cls, fd: int, plain_starts: tuple[bytes, ...]) -> CompressedFile | None:
        """Take over an open descriptor, if it is of a compressed file; else None.

        Args:
            fd: the file.
            plain_starts: how files begin that are plain.

        Raises:
            OSError: it cannot be read.
        """
        size = os.fstat(fd).st_size
        table = find_frames(lambda count, offset: os.pread(fd, count, offset), size, plain_starts)
        return cls(fd, table) if table is not None else None

    @property
    def disk_bytes(self) -> int:
        """The size of the file in bytes."""
        return os.fstat(self._fd).st_size

    def pread(self, size: int, offset: int) -> bytes:
        """So many bytes from an offset on, fewer at the end."""
        end = min(offset + size, self.size)
        if offset >= end:
            return b""
        frame_bytes = self._table.note.frame_bytes
        first, last = offset // frame_bytes, (end - 1) // frame_bytes
        if first == last:
            plain = self._frame(first, is_kept=True)
            start = offset - first * frame_bytes
            return plain[start : start + end - offset]
        is_kept = last - first < _AT_ONCE
        pieces = [self._frame(number, is_kept=is_kept) for number in range(first, last + 1)]
        pieces[0] = pieces[0][offset - first * frame_bytes :]
        pieces[-1] = pieces[-1][: end - last * frame_bytes]
        return b"".join(pieces)

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer with the bytes from an offset on; gives how many there were."""
        room = memoryview(buffer).cast("B")
        end = min(offset + len(room), self.size)
        frame_bytes = self._table.note.frame_bytes
        is_kept = len(room) < _AT_ONCE * frame_bytes
        filled = 0
        while offset < end:
            number, start = divmod(offset, frame_bytes)
            piece = self._frame(number, is_kept=is_kept)[start : start + end - offset]
            room[filled : filled + len(piece)] = piece
            filled += len(piece)
            offset += len(piece)
        return filled

    def _frame(self, number: int, *, is_kept: bool) -> bytes:
        key = (self._number, number)
        plain = _kept.get(key)
        if plain is None:
            plain = self._read(number)
            if is_kept:
                _kept.put(key, plain)
        return plain

    def _read(self, number: int) -> bytes:
        note, starts = self._table
        size = note.plain_size(number)
        frame = os.pread(self._fd, starts[number + 1] - starts[number], starts[number])
        with self._lock:
            plain = plain_frame(self._zstd, frame, size, note.width)
        return bytes(size) if plain is None else plain

    def fileno(self) -> int:
        """The descriptor of the file."""
        return self._fd

    def duplicate(self) -> CompressedFile:
        """The same bytes with a descriptor of their own, which the caller closes."""
        return CompressedFile(os.dup(self._fd), self._table)

    def close(self) -> None:
        """Close the file."""
        _kept.forget(self._number)
        os.close(self._fd)
