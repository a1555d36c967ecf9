"""Format 1 of a log, which is read and no longer written; what it shares with format 2.

Every record is one msgpack array `[kind, connection, time, payload]` with its numbers always at
their full width, so that a record's head is 21 bytes and its size is known from them alone. For a
message the payload is what came over the socket, header included; for all other kinds it is a
msgpack map. A log is these records and nothing else: it can be cut after any record, and two logs
can be joined end to end. There are no checksums. `gvtui.trace.batches` has format 2.
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
"""Version of the log's format, written into every header record."""

HEAD = struct.Struct(">BBBIBQBI")
HEAD_SIZE = HEAD.size
"""Bytes in front of a record's payload."""

_ARRAY_OF_4, _U32, _U64, _BIN32 = 0x94, 0xCE, 0xCF, 0xC6
_PLAUSIBLE_HEAD = re.compile(rb"\x94[\x00-\x05]\xce.{4}\xcf.{8}\xc6.{4}", re.DOTALL)

MAX_RECV_NS = (1 << 63) - 1
"""The latest time that a reader believes: rows hold it in 63 bits."""

MAX_PAYLOAD = 16 << 20
"""Bytes of the largest payload that a reader believes; anything above is damage."""

REAL_SIZE = struct.Struct(">Q")
"""In front of the bytes of a truncated message: how long it really was."""

MAX_REAL_SIZE = (1 << 63) - 1
"""The largest size that a reader believes: no system call tells of more."""


class TraceError(GvtuiError):
    """A trace that cannot be opened, read or written."""


class DamagedError(WireError):
    """A record that is not where its row says, or not what it was."""


class LogKind(IntEnum):
    """The first field of a record."""

    HEADER = 0
    MESSAGE = 1
    OPENED = 2
    CLOSED = 3
    MARK = 4
    TRUNCATED = 5
    """A message longer than the largest taken in: its real size, then its beginning."""
    SUMMARY = 6
    """What a segment holds, at its end; in format 2 alone."""


_LAST_KIND = int(LogKind.TRUNCATED)


class Record(NamedTuple):
    """One record of a log."""

    kind: int
    conn: int
    recv_ns: int
    offset: int
    """Where the payload starts in the file."""
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
    """Kind, connection, time and payload size of the record whose head stands here, if one does."""
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
        start: where the first record begins.
        end: where the last one ends; None for the end of the log.

    Yields:
        Each `Record`; and for each damaged stretch, an int: how many bytes were passed over. A
        stretch ends where a plausible record is followed by another one or by the end of the file.
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
    """Where the next believable record begins; `end` if there is none before."""
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
