"""The string table of a trace: each string is stored once and then referred to by number.

On disk: 24 bytes of head (magic, then the id of the trace), then each string as a little-endian
u32 length and its UTF-8 bytes. Number 0 is "" and number 1 stands for a lost string; neither is
written. The table is limited, because sandboxes choose the strings; and each connection may fill
only a part of it, because other sandboxes need space for theirs.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.files import open_to_read
from gvtui.limits import AS_THEY_COME
from gvtui.trace.records import TraceError
from gvtui.trace.row import EMPTY_STRING, LOST_STRING

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"GVTUSTR\x01"
HEAD_SIZE = len(MAGIC) + 16

MAX_STRINGS = AS_THEY_COME.strings
"""How many strings a trace may have."""
MAX_TOTAL_BYTES = AS_THEY_COME.string_bytes
"""How many bytes all strings of a trace may have together."""
MAX_STRING_BYTES = 4096
"""How many bytes one string may have: no path on Linux is longer."""

SHARE = 4
"""While a table is less than half full, one connection may add one part in so many of its strings
and bytes: a quarter."""
LEFT_SHARE = 512
"""Later a connection may add one part in so many of the remaining space, so that every new
connection finds space."""
LEAST_STRINGS, LEAST_BYTES = 4, 256
"""What a connection may always add while there is space: its container, a process, a path."""

LOST_TEXT = "\N{HORIZONTAL ELLIPSIS}"

LENGTH = struct.Struct("<I")
"""What stands in front of each string: its bytes."""


@dataclass(slots=True)
class _Brought:
    """How much one connection has added to the table."""

    strings: int = 0
    size: int = 0


class StringTable:
    """Gives numbers to strings, and collects the strings that are not written yet."""

    def __init__(
        self, max_total_bytes: int = MAX_TOTAL_BYTES, max_strings: int | None = None
    ) -> None:
        """Begin an empty table.

        Args:
            max_total_bytes: bytes of text that it keeps at most.
            max_strings: strings that it keeps at most; `MAX_STRINGS` if not given.
        """
        self._max_strings = MAX_STRINGS if max_strings is None else max_strings
        self._max_total_bytes = max_total_bytes
        self._numbers: dict[str, int] = {"": EMPTY_STRING, LOST_TEXT: LOST_STRING}
        self._pending: list[bytes] = []
        self._total_bytes = 0
        self._brought: dict[int, _Brought] = {}
        self._own = _Brought()
        self.refused = 0
        """How many strings were refused."""

    def __len__(self) -> int:
        return len(self._numbers)

    def charge_to(self, conn: int) -> None:
        """Count new strings from now on against this connection's share."""
        self._own = self._brought.setdefault(conn, _Brought())

    def forget(self, conn: int) -> None:
        """Drop the count of a closed connection."""
        self._brought.pop(conn, None)

    def number(self, text: str, *, is_given: bool = False) -> int:
        """The string's number; `LOST_STRING` if it is too long or there is no space for it.

        Args:
            text: the string.
            is_given: whether gvtui has chosen the string, not a sandbox: then it is always kept.
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
        self._pending.append(LENGTH.pack(len(encoded)) + encoded)
        if not is_given:
            self._own.strings += 1
            self._own.size += len(encoded)
        return number

    def _has_room(self, size: int) -> bool:
        """Whether the present connection may add a string of so many bytes."""
        own, strings_left = self._own, self._max_strings - len(self._numbers)
        bytes_left = self._max_total_bytes - self._total_bytes
        if size > min(MAX_STRING_BYTES, bytes_left) or strings_left <= 0:
            return False
        if 2 * strings_left > self._max_strings and 2 * bytes_left > self._max_total_bytes:
            strings, size_limit = self._max_strings // SHARE, self._max_total_bytes // SHARE
        else:
            strings, size_limit = strings_left // LEFT_SHARE, bytes_left // LEFT_SHARE
        is_small_enough = own.size + size <= max(size_limit, LEAST_BYTES)
        return is_small_enough and own.strings < max(strings, LEAST_STRINGS)

    def pending(self) -> bytes:
        """The bytes to append to the file for all numbers given so far."""
        return b"".join(self._pending)

    def written(self) -> None:
        """Note that the bytes of `pending` are on disk."""
        self._pending.clear()


class StringReader:
    """Reads a string table from disk as it grows."""

    def __init__(self, file: Path | int, trace_id: bytes = b"") -> None:
        """Open the file.

        Args:
            file: its path; or its descriptor, which is taken over, if it was read already.
            trace_id: the id of the trace whose table it must be, where a path is given.

        Raises:
            TraceError: the file is not a string table, or that of another trace.
            OSError: the file cannot be read.
        """
        self.texts: list[str] = ["", LOST_TEXT]
        self.checksum = 0
        """The CRC-32 of the bytes read so far, without the file's head."""
        if isinstance(file, int):
            self._fd = file
        else:
            with open_to_read(file) as opened:
                self._fd = os.dup(opened.fileno())
            head = os.pread(self._fd, HEAD_SIZE, 0)
            if head != MAGIC + trace_id:
                os.close(self._fd)
                raise TraceError(f"{file} is not the string table of this trace")
        self._position = HEAD_SIZE
        self.refresh()

    def refresh(self) -> None:
        """Read appended strings; an incomplete one is read the next time."""
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
            (length,) = LENGTH.unpack_from(data, position)
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
        """Close the file; the strings read so far stay available."""
        os.close(self._fd)
