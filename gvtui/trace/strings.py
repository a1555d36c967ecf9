"""Interned strings of a trace: written once, known by number afterwards.

On disk: 24 bytes of head (magic, then the id of the trace), then each string as a little-endian
u32 length and its UTF-8 bytes. Number 0 is "" and number 1 stands for a string that was not kept;
neither is written. The table is limited, because the sandbox chooses the strings; and each
connection may fill a part of it alone, because other sandboxes need room for theirs.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
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

SHARE = 4
"""While a table is less than half full, one connection may bring this part of its strings, and of
its bytes: a quarter."""
LEFT_SHARE = 512
"""Later it may bring this part of what is left, so that however many come, each finds room."""
LEAST_STRINGS, LEAST_BYTES = 4, 256
"""What it may bring in any case while there is room: its container, a process, a path."""

LOST_TEXT = "\N{HORIZONTAL ELLIPSIS}"

_LENGTH = struct.Struct("<I")


@dataclass(slots=True)
class _Brought:
    """What one connection has brought into the table."""

    strings: int = 0
    size: int = 0


class StringTable:
    """Hands out numbers for strings and collects what is not written yet."""

    def __init__(self, max_total_bytes: int = MAX_TOTAL_BYTES) -> None:
        """Begin an empty table that keeps at most so many bytes of text."""
        self._max_total_bytes = max_total_bytes
        self._numbers: dict[str, int] = {"": EMPTY_STRING, LOST_TEXT: LOST_STRING}
        self._pending: list[bytes] = []
        self._total_bytes = 0
        self._brought: dict[int, _Brought] = {}
        self._own = _Brought()
        self.refused = 0
        """How often a string was not kept."""

    def __len__(self) -> int:
        return len(self._numbers)

    def charge_to(self, conn: int) -> None:
        """From now on strings are of this connection, and count against what it may bring."""
        self._own = self._brought.setdefault(conn, _Brought())

    def forget(self, conn: int) -> None:
        """The connection has ended: it brings nothing any more."""
        self._brought.pop(conn, None)

    def number(self, text: str, *, is_given: bool = False) -> int:
        """The string's number; `LOST_STRING` if it is too long, or there is no room for it.

        Args:
            text: the string.
            is_given: no sandbox has chosen it: it is kept in any case.
        """
        known = self._numbers.get(text)
        if known is not None:
            return known
        encoded = text.encode("utf-8", "surrogatepass")
        if not is_given and not self._has_room(len(encoded)):
            self.refused += 1
            return LOST_STRING
        number = self._numbers[text] = len(self._numbers)
        self._total_bytes += len(encoded)
        self._pending.append(_LENGTH.pack(len(encoded)) + encoded)
        if not is_given:
            self._own.strings += 1
            self._own.size += len(encoded)
        return number

    def _has_room(self, size: int) -> bool:
        """Whether the connection whose turn it is may bring a string of so many bytes."""
        own, strings_left = self._own, MAX_STRINGS - len(self._numbers)
        bytes_left = self._max_total_bytes - self._total_bytes
        if size > min(MAX_STRING_BYTES, bytes_left) or strings_left <= 0:
            return False
        if 2 * strings_left > MAX_STRINGS and 2 * bytes_left > self._max_total_bytes:
            strings, size_limit = MAX_STRINGS // SHARE, self._max_total_bytes // SHARE
        else:
            strings, size_limit = strings_left // LEFT_SHARE, bytes_left // LEFT_SHARE
        is_small_enough = own.size + size <= max(size_limit, LEAST_BYTES)
        return is_small_enough and own.strings < max(strings, LEAST_STRINGS)

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
