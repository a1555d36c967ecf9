"""Interned strings of a trace: written once, known by number afterwards.

On disk: 24 bytes of head (magic, then the id of the trace), then each string as a little-endian
u32 length and its UTF-8 bytes. Number 0 is "" and number 1 stands for a string that was not kept;
neither is written. The table is limited, because the sandbox chooses the strings.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING

from gvtui.files import open_to_read
from gvtui.trace.records import TraceError
from gvtui.trace.row import EMPTY_STRING, LOST_STRING

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"GVTUSTR\x01"
HEAD_SIZE = len(MAGIC) + 16

MAX_STRINGS = 1 << 20
"""Strings kept in one trace."""
MAX_TOTAL_BYTES = 128 << 20
"""Bytes of all strings of one trace together."""
MAX_STRING_BYTES = 4096
"""Bytes of one string: a path is never longer on Linux."""

LOST_TEXT = "\N{HORIZONTAL ELLIPSIS}"

_LENGTH = struct.Struct("<I")


class StringTable:
    """Hands out numbers for strings and collects what is not written yet."""

    def __init__(self, max_total_bytes: int = MAX_TOTAL_BYTES) -> None:
        """Begin an empty table that keeps at most so many bytes of text."""
        self._max_total_bytes = max_total_bytes
        self._numbers: dict[str, int] = {"": EMPTY_STRING, LOST_TEXT: LOST_STRING}
        self._pending: list[bytes] = []
        self._total_bytes = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, text: str) -> int:
        """The string's number; `LOST_STRING` if it is too long or the table is full."""
        known = self._numbers.get(text)
        if known is not None:
            return known
        encoded = text.encode("utf-8", "surrogatepass")
        if (
            len(encoded) > MAX_STRING_BYTES
            or len(self._numbers) >= MAX_STRINGS
            or self._total_bytes + len(encoded) > self._max_total_bytes
        ):
            return LOST_STRING
        number = self._numbers[text] = len(self._numbers)
        self._total_bytes += len(encoded)
        self._pending.append(_LENGTH.pack(len(encoded)) + encoded)
        return number

    def pending(self) -> bytes:
        """What has to be appended to the file for all numbers handed out so far."""
        return b"".join(self._pending)

    def written(self) -> None:
        """Tell that what `pending` gave is on disk."""
        self._pending.clear()


class StringReader:
    """Reads a table of strings from disk as it grows."""

    def __init__(self, path: Path, trace_id: bytes) -> None:
        """Open the file.

        Raises:
            TraceError: it is no table of strings, or that of another trace.
            OSError: it cannot be read.
        """
        self.texts: list[str] = ["", LOST_TEXT]
        self.checksum = 0
        """CRC-32 of what has been read, the file's head left out."""
        with open_to_read(path) as file:
            self._fd = os.dup(file.fileno())
        head = os.pread(self._fd, HEAD_SIZE, 0)
        if head != MAGIC + trace_id:
            os.close(self._fd)
            raise TraceError(f"{path} is no table of strings of this trace")
        self._position = HEAD_SIZE
        self.refresh()

    def refresh(self) -> None:
        """Take in what was appended; a string that is not whole yet waits for the next time."""
        size = os.fstat(self._fd).st_size
        while self._position < size:
            data = os.pread(self._fd, min(size - self._position, 8 << 20), self._position)
            taken = self._take(data)
            if not taken:
                return
            self._position += taken
            self.checksum = zlib.crc32(data[:taken], self.checksum)

    def _take(self, data: bytes) -> int:
        position = 0
        while position + 4 <= len(data):
            (length,) = _LENGTH.unpack_from(data, position)
            end = position + 4 + length
            if end > len(data):
                break
            self.texts.append(data[position + 4 : end].decode("utf-8", "surrogateescape"))
            position = end
        return position

    def fileno(self) -> int:
        """The file descriptor of the table."""
        return self._fd

    def close(self) -> None:
        """Close the file; the strings read so far stay."""
        os.close(self._fd)
