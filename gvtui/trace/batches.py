"""Format 2 of a log: records in batches with checksums, one segment behind the other.

A log is a row of segments, each a row of batches. A segment begins with a batch of kind `HEADER`
and, where its writer could finish it, ends with one of kind `SUMMARY`. A batch holds what was
written in one go: the messages of one connection, or one other record. All numbers are
little-endian.

====== ===== ==========================================================================
offset bytes what
====== ===== ==========================================================================
0      4     `MAGIC`
4      4     salt: four random bytes, the same in all batches of a segment. A sandbox does not know
             them, so what it sends is never taken for a batch when damage is passed over
8      1     kind, a `LogKind`
9      1     flags, `BatchFlag`s; a batch with any other is of a later version
10     2     zero
12     4     connection; 0 for none
16     4     n: how many payloads
20     4     bytes of all payloads
24     8     time of receipt, ns since the epoch; of the first payload where each has its own
32     8     place: how far the batch lies behind the first byte of its segment
40     4     CRC-32 (zlib's) of all payloads, one behind the other
44     4n    bytes of each payload; this and the next two only where n > 1
then   4n    check of each payload: its CRC-32, or with `SUMS` its sum
then   8n    time of receipt of each payload; only with `TIMES`
then   4     bytes from the first of the batch to its first payload
then   4     CRC-32 of all before it
then         the payloads, one behind the other
====== ===== ==========================================================================

So a message lies in the file as it came, and an index can point at it. The CRC of all payloads
tells whether a batch is what it was; if not, the check of each tells which are damaged. A flipped
byte in a message costs that message, one in front of the payloads costs the batch, and the next
one is found by magic and salt. Logs can be joined end to end: a header with another id, or one that
is not later, begins another recording.

The sum of a payload, for which many need little time: the payloads one behind the other, filled up
with zeros, are words of 64 bits; word i, counted from 1, weighs `i * 0x9E3779B97F4A7C15 | 1`; the sum
is that of the payload's bytes at their places in the words, each times the word's weight, modulo 2^64, and of that
the upper 32 bits.

The payload of a message is what came over the socket, header included; of a truncated one its real
size (u64, big-endian), then what was received. All others are msgpack maps. A header has:
`format` (2), `program`, `id` (16 bytes, the same in all segments of a trace), `arch`, `host` (a map,
see `gvtui.trace.host`), `segment`
(counts from 1), `first_row`, `connections` (those open: number, time, details, last dropped count),
`before` (counts of all that was before, see `gvtui.trace.summary`), `needs` (a list of texts: what
a reader must know beyond this page; empty today) and `previous` (bytes: room for the digest of the
segment before; empty today). `gvtui.trace.summary` has the summary.

The file of a segment that is complete may be compressed as a whole, see `gvtui.trace.frames`; all
places stay what they were.
"""

from __future__ import annotations

import re
import struct
import zlib
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import IntFlag
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.records import MAX_PAYLOAD, MAX_RECV_NS, LogKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gvtui.trace.window import Window

FORMAT = 2
"""Version of the log's format, written into every header."""

MAGIC = b"\xabGB\x02"
SALT_SIZE = 4

HEAD = struct.Struct("<4s4sBBHIIIQQI")
TAIL = struct.Struct("<II")
_SMALL = 96
"""Payloads up to which each has its own CRC-32; of more, sums take less time."""

MAX_COUNT = 1 << 12
"""Payloads of the largest batch that is written."""
MAX_BODY = 1 << 20
"""Bytes of payloads of the largest batch that is written, unless one payload alone has more."""

_MOST_COUNT = 1 << 16
"""Payloads of the largest batch that a reader believes."""

_LAST_KIND = int(LogKind.SUMMARY)
_FLAGS = 3


class BatchFlag(IntFlag):
    """What a batch has besides."""

    TIMES = 1
    """A time of receipt for each payload."""
    SUMS = 2
    """Sums as checks of its payloads."""


_WEIGHTS = np.arange(1, MAX_BODY // 8 + 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
_WEIGHTS |= np.uint64(1)
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(8)], np.uint64)
"""Masks for the first bytes of a word, by their number."""


def lead(count: int, *, has_times: bool = False) -> int:
    """Bytes in front of the payloads of a batch."""
    tables = (16 if has_times else 8) * count if count > 1 else 0
    return HEAD.size + tables + TAIL.size


LEAD_OF_ONE = lead(1)
"""Bytes in front of the payload of a batch of one."""


def sums_of(body: bytes, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """The sums of payloads.

    Args:
        body: the payloads one behind the other, filled up with at least one zero to whole words.
        ends: where each ends.
    """
    words = np.frombuffer(body, "<u8")
    weights = _WEIGHTS[: len(words)]
    upto = np.zeros(len(words) + 1, np.uint64)
    np.cumsum(words * weights, out=upto[1:])
    places = ends >> 3
    begun = words.take(places) & _FIRST_BYTES.take(ends & 7)
    borders = upto.take(places) + begun * weights.take(places)
    borders[1:] -= borders[:-1].copy()
    sums: npt.NDArray[np.uint32] = (borders >> np.uint64(32)).astype("<u4")
    return sums


def pack_batch(
    kind: int,
    conn: int,
    recv_ns: int,
    salt: bytes,
    place: int,
    payloads: Sequence[bytes],
    lengths: npt.NDArray[np.int64] | None = None,
    times: Sequence[int] | None = None,
) -> tuple[bytes, bytes | memoryview]:
    """A batch: what stands in front of the payloads, and the payloads.

    Args:
        kind: a `LogKind`.
        conn: the connection.
        recv_ns: time of receipt.
        salt: of the segment.
        place: how far the batch lies behind the first byte of its segment.
        payloads: one or more; more than one have at most `MAX_BODY` bytes together.
        lengths: their sizes, where they are at hand.
        times: for each its time of receipt, where they differ.
    """
    count = len(payloads)
    tables = b""
    flags = 0
    body: bytes | memoryview
    if count <= _SMALL:
        body = b"".join(payloads)
        size = len(body)
        if count > 1:
            checks = map(zlib.crc32, payloads)
            tables = struct.pack(f"<{2 * count}I", *map(len, payloads), *checks)
    else:
        if lengths is None:
            lengths = np.fromiter(map(len, payloads), np.int64, count)
        ends = np.cumsum(lengths)
        size = int(ends[-1])
        filled = b"".join([*payloads, bytes(8 - size % 8)])
        tables = lengths.astype("<u4").tobytes() + sums_of(filled, ends).tobytes()
        flags = BatchFlag.SUMS
        # No copy: this is done for every message of a busy sandbox.
        body = memoryview(filled)[:size]
    if times is not None and count > 1:
        flags |= BatchFlag.TIMES
        tables += struct.pack(f"<{count}Q", *times)
    fields = (kind, flags, 0, conn, count, size, recv_ns, place, zlib.crc32(body))
    front = HEAD.pack(MAGIC, salt, *fields) + tables
    front += (len(front) + TAIL.size).to_bytes(4, "little")
    return front + zlib.crc32(front).to_bytes(4, "little"), body


def pack_one(kind: int, conn: int, recv_ns: int, salt: bytes, place: int, payload: bytes) -> bytes:
    """A whole batch of one payload."""
    return b"".join(pack_batch(kind, conn, recv_ns, salt, place, [payload]))


@dataclass(slots=True)
class Batch:
    """One batch of a log, without its payloads."""

    position: int
    """Where it begins in the file."""
    salt: bytes
    kind: int
    flags: int
    conn: int
    recv_ns: int
    place: int
    lead: int
    """Bytes in front of its payloads."""
    size: int
    """Bytes of all its payloads."""
    checksum: int
    """CRC-32 of all of them."""
    sizes: list[int]
    checks: list[int]
    """What tells which of them are damaged; empty of a single one."""
    times: list[int] | None
    _offsets: list[int] = field(default_factory=list)

    @property
    def body(self) -> int:
        """Where its first payload begins in the file."""
        return self.position + self.lead

    @property
    def end(self) -> int:
        """Where it ends in the file."""
        return self.position + self.lead + self.size

    @property
    def offsets(self) -> list[int]:
        """Where each payload begins in the file."""
        if not self._offsets:
            self._offsets = list(accumulate(self.sizes[:-1], initial=self.body))
        return self._offsets

    def time(self, number: int) -> int:
        """When a payload was received."""
        return self.times[number] if self.times is not None else self.recv_ns

    @property
    def is_known(self) -> bool:
        """Whether this version knows such a batch."""
        return self.kind <= _LAST_KIND and not self.flags & ~_FLAGS


def batch_at(window: Window, position: int) -> Batch | None:
    """The batch that begins here, if one does: its front is whole. Its payloads may be damaged, or
    not all there."""
    front = window.take(position, HEAD.size)
    if len(front) < HEAD.size or front[: len(MAGIC)] != MAGIC:
        return None
    fields = HEAD.unpack(front)
    _, salt, kind, flags, zero, conn, count, size, recv_ns, place, checksum = fields
    has_times = bool(flags & BatchFlag.TIMES)
    if zero or not 0 < count <= _MOST_COUNT or recv_ns > MAX_RECV_NS:
        return None
    if size > (MAX_BODY if count > 1 else MAX_PAYLOAD):
        return None
    before = lead(count, has_times=has_times)
    front = window.take(position, before)
    if len(front) < before:
        return None
    told, own_checksum = TAIL.unpack_from(front, before - TAIL.size)
    if told != before or zlib.crc32(front[:-4]) != own_checksum:
        return None
    sizes, checks, times = [size], [], None
    if count > 1:
        tables = np.frombuffer(front, "<u4", 2 * count, HEAD.size)
        sizes, checks = tables[:count].tolist(), tables[count:].tolist()
        if sum(sizes) != size:
            return None
        if has_times:
            column = np.frombuffer(front, "<u8", count, HEAD.size + 8 * count)
            if int(column.max()) > MAX_RECV_NS:
                return None
            times = column.tolist()
    return Batch(
        position,
        salt,
        kind,
        flags,
        conn,
        recv_ns,
        place,
        before,
        size,
        checksum,
        sizes,
        checks,
        times,
    )


def damaged_in(batch: Batch, body: bytes) -> list[int]:
    """The numbers of the payloads that are damaged, or not there.

    Args:
        batch: the batch.
        body: its payloads, as far as the file holds them.
    """
    is_whole = len(body) == batch.size
    if is_whole and zlib.crc32(body) == batch.checksum:
        return []
    count = len(batch.sizes)
    if count == 1:
        return [0]
    ends = np.cumsum(np.array(batch.sizes, np.int64))
    if batch.flags & BatchFlag.SUMS:
        filled = body.ljust(batch.size, b"\0") + bytes(8 - batch.size % 8)
        checks = sums_of(filled, ends).tolist()
    else:
        starts = (ends - batch.sizes).tolist()
        pieces = zip(starts, ends.tolist(), strict=True)
        checks = [zlib.crc32(body[start:end]) for start, end in pieces]
    differ = [number for number in range(count) if checks[number] != batch.checks[number]]
    missing = int(np.searchsorted(ends, len(body), "right"))
    damaged = sorted({*differ, *range(missing, count)})
    # Where the whole is not what it was and no part of it is told, any part may be damaged.
    return damaged if damaged or not is_whole else list(range(count))


def checked_body(window: Window, batch: Batch) -> tuple[bytes, int, list[int]]:
    """The payloads of a batch as far as the file holds them, one behind the other; how many of them
    are there whole; and the numbers of damaged ones among these."""
    body = window.take(batch.body, batch.size)
    damaged = damaged_in(batch, body)
    count = len(batch.sizes)
    if len(body) < batch.size:
        count = bisect_right(list(accumulate(batch.sizes)), len(body))
    return body, count, [number for number in damaged if number < count]


def payloads_in(batch: Batch, body: bytes, count: int) -> list[bytes]:
    """The first so many payloads of a batch, one by one."""
    starts = accumulate(batch.sizes[:count], initial=0)
    return [body[start:end] for start, end in pairwise(starts)]


def marker(salt: bytes) -> re.Pattern[bytes]:
    """What the batches of a segment begin with."""
    return re.compile(re.escape(MAGIC + salt))


ANY_MARKER = re.compile(re.escape(MAGIC))
"""What the batches of any segment begin with."""
