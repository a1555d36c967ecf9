"""Format 1 of a log, which is read and no longer written; what it shares with format 2.

Every record is one msgpack array `[kind, connection, time, payload]` whose numbers always have
their full width, so that a record's head has 21 bytes and tells its size. For a message the payload
is the datagram, header included; for all other kinds it is a msgpack map. A log consists of records
only: it can be cut after any record, and two logs can be concatenated. There are no checksums.
`gvtui.trace.batches` has format 2.
"""

from __future__ import annotations

import re
import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from gvtui.errors import GvtuiError
from gvtui.trace.window import Window
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG_FORMAT = 1
"""The version of the log's format, which every header record has."""

HEAD = struct.Struct(">BBBIBQBI")
HEAD_SIZE = HEAD.size
"""The size of a record's head in bytes."""

_ARRAY_OF_4, _U32, _U64, _BIN32 = 0x94, 0xCE, 0xCF, 0xC6
_PLAUSIBLE_HEAD = re.compile(rb"\x94[\x00-\x05]\xce.{4}\xcf.{8}\xc6.{4}", re.DOTALL)

MAX_RECV_NS = (1 << 63) - 1
"""The latest time that a reader accepts: rows have 63 bits for it."""

MAX_PAYLOAD = 16 << 20
"""The largest payload that a reader accepts, in bytes; a larger one is damage."""

REAL_SIZE = struct.Struct(">Q")
"""The full size of a truncated message, stored before its bytes."""

MAX_REAL_SIZE = (1 << 63) - 1
"""The largest full size that a reader accepts: no system call can return more."""


def has_real_size(payload: bytes) -> bool:
    """Whether a truncated message's record begins with a size that can be."""
    if len(payload) < REAL_SIZE.size:
        return False
    size: int = REAL_SIZE.unpack_from(payload)[0]
    return size <= MAX_REAL_SIZE


class TraceError(GvtuiError):
    """A trace cannot be opened, read or written."""


class DamagedError(WireError):
    """A record is not at its row's offset, or has changed."""


class LogKind(IntEnum):
    """The kind of a record, its first field."""

    HEADER = 0
    MESSAGE = 1
    OPENED = 2
    CLOSED = 3
    MARK = 4
    TRUNCATED = 5
    """A message above the largest accepted size: its full size, then its beginning."""
    SUMMARY = 6
    """What a segment holds, at its end; in format 2 alone."""


_LAST_KIND = int(LogKind.TRUNCATED)


class Record(NamedTuple):
    """One record of a log."""

    kind: int
    conn: int
    recv_ns: int
    offset: int
    """The offset of the payload in the file."""
    payload: bytes
    is_damaged: bool = False
    """Whether a checksum says that the payload is not what it was."""


def pack_head(kind: int, conn: int, recv_ns: int, size: int) -> bytes:
    """The 21 bytes in front of a payload of `size` bytes."""
    return HEAD.pack(_ARRAY_OF_4, kind, _U32, conn, _U64, recv_ns, _BIN32, size)


def pack_record(kind: int, conn: int, recv_ns: int, payload: bytes) -> bytes:
    """One whole record."""
    return pack_head(kind, conn, recv_ns, len(payload)) + payload


def head_in(data: bytes, place: int = 0) -> tuple[int, int, int, int] | None:
    """Kind, connection, time and payload size from a record's head; None if there is none here."""
    if not 0 <= place <= len(data) - HEAD_SIZE:
        return None
    array, kind, u32, conn, u64, recv_ns, bin32, size = HEAD.unpack_from(data, place)
    if (array, u32, u64, bin32) != (_ARRAY_OF_4, _U32, _U64, _BIN32):
        return None
    if kind > _LAST_KIND or recv_ns > MAX_RECV_NS or size > MAX_PAYLOAD:
        return None
    return kind, conn, recv_ns, size


def scan(data: Window | bytes, start: int = 0, end: int | None = None) -> Iterator[Record | int]:
    """Walk over the records of a log.

    Args:
        data: the whole log.
        start: the offset of the first record.
        end: the offset after the last one; None for the end of the log.

    Yields:
        Each `Record`; and for each damaged range an int: how many bytes were skipped. The range
        ends before a plausible record that is followed by another one or by the end of the file.
    """
    window = Window.over(data)
    position = start
    unpack, record = HEAD.unpack_from, Record
    while position < (limit := window.size if end is None else min(end, window.size)):
        place = position - window.base
        if not 0 <= place <= len(window.data) - HEAD_SIZE:
            window.move(position, HEAD_SIZE)
            place = position - window.base
        if position + HEAD_SIZE <= limit and place <= len(window.data) - HEAD_SIZE:
            array, kind, u32, conn, u64, recv_ns, bin32, size = unpack(window.data, place)
            offset = position + HEAD_SIZE
            after = offset + size
            if (
                array == _ARRAY_OF_4
                and u32 == _U32
                and u64 == _U64
                and bin32 == _BIN32
                and kind <= _LAST_KIND
                and recv_ns <= MAX_RECV_NS
                and size <= MAX_PAYLOAD
                and after <= limit
            ):
                if after - window.base > len(window.data):
                    window.move(position, HEAD_SIZE + size)
                place = offset - window.base
                payload = window.data[place : place + size]
                if len(payload) == size:
                    position = after
                    yield record(kind, conn, recv_ns, offset, payload)
                    continue
                limit = min(limit, window.size)
        resumed = _next_record(window, position + 1, limit)
        yield resumed - position
        position = resumed


def _next_record(window: Window, start: int, end: int) -> int:
    """The offset of the next plausible record; `end` if there is none."""
    while start < end:
        if not 0 <= start - window.base <= len(window.data) - HEAD_SIZE:
            window.move(start, HEAD_SIZE)
        base, data = window.base, window.data
        for match in _PLAUSIBLE_HEAD.finditer(data, start - base):
            position = base + match.start()
            head = head_in(data, match.start())
            if head is None or position >= end:
                continue
            after = position + HEAD_SIZE + head[3]
            if after == end:
                return position
            if after + HEAD_SIZE <= end and head_in(window.read(after, HEAD_SIZE)) is not None:
                return position
        start = base + len(data) - HEAD_SIZE + 1
        if base + len(data) >= min(end, window.size):
            break
    return end
