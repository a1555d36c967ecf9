"""Makes the rows of the index from messages.

This is on the monitor's hot path. Most messages of a busy program repeat: the same thread makes the
same call with the same arguments. So a message's bytes are cut into the time, the rest of the
context data, and the rest of the message; the last two are looked up whole in caches, and parsed
only if they are new. A message that cannot be cut in this way is parsed whole, with the same
result.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf.message import DecodeError

from gvtui.limits import AS_THEY_COME
from gvtui.trace.details import int_in
from gvtui.trace.marks import MOST_OF_DROPS, DropsMark, read_mark
from gvtui.trace.recent import Recent
from gvtui.trace.repeats import FEWEST, Repeats
from gvtui.trace.row import Kind
from gvtui.trace.rowparts import NO_CONTEXT, RowParts, event_rest
from gvtui.wire.header import MIN_HEADER_SIZE
from gvtui.wire.messages import KINDS
from gvtui.wire.pb import common_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gvtui.trace.living import Living
    from gvtui.trace.strings import StringTable

_HEADER = struct.Struct("<HHI")
_HEAD = struct.Struct("<QqqIII")

MAX_CACHED = 1 << 15
"""How many entries a cache has at most, so that no sandbox can fill the memory."""
_MAX_CACHED_BYTES = 512
"""The longest piece that is cached, in bytes: longer ones seldom repeat."""
AGE_NS = 10_000_000_000
"""After so many nanoseconds what has not come for as long goes from the caches: processes that have
ended, paths that were asked for once. Else memory would grow for hours, until the caches are full."""

_MAX_TIMES = 1 << 10
"""Upper bits of times that are remembered: those of 0.27 s are the same."""
_CONTEXT = 0
"""The only kind among the cached contexts."""

_LONGEST_PATIENCE = 64
"""How many batches at most are indexed one by one before repeats are searched again."""

_MOST_CLAIMS = 100
"""Drops that cannot be and that nobody has told of yet."""

_CONTEXT_TAG = 0x0A
_TIME_TAG = 0x08

# A header of eight bytes, the tag and length of the context data, the tag of the time, and the
# time in two parts; the length takes one byte or two.
_SHORT = struct.Struct("<HHIBBBI5s")
_LONG = struct.Struct("<HHIBBBBI5s")
_SHORTEST = _LONG.size

_PAIRS = np.arange(1 << 16)
_LOW_BITS: list[int] = (_PAIRS & 0x7F | (_PAIRS >> 8 & 0x7F) << 7).tolist()
"""The fourteen bits of a varint's two bytes, by the two bytes as a number."""


class Indexer:
    """Turns messages into rows; keeps each connection's dropped count and caches in between."""

    def __init__(
        self,
        strings: StringTable,
        architecture: str,
        drops_a_second: int = AS_THEY_COME.drops_a_second,
        living: Living | None = None,
    ) -> None:
        """Begin without connections.

        Args:
            strings: takes the texts of the rows.
            architecture: of the sandboxes.
            drops_a_second: points that one connection can have dropped in a second; a count that
                jumps further is not believed.
            living: takes in what events tell of processes, if anybody wants to know.
        """
        self._strings = strings
        self.living = living
        """Takes in what events tell of processes; None if nobody wants to know."""
        self._parts = RowParts(strings, architecture)
        self._contexts = Recent([_CONTEXT], MAX_CACHED)
        self._high_bits: dict[bytes, int] = {}
        syscalls = [number for number, kind in KINDS.items() if kind.is_syscall]
        self._rests = Recent(syscalls, MAX_CACHED)
        self._aged_ns = 0
        self._last_dropped: dict[int, int] = {}
        self.drops_a_second = drops_a_second
        """The limit that holds for the messages that follow."""
        self._told_ns: dict[int, int] = {}
        self.impossible: list[int] = []
        """Drops that connections claim and that cannot be; whoever tells of them empties the list."""
        self._repeats = Repeats()
        self._varied = 0
        self._patience = 1

    def last_dropped(self, conn: int) -> int:
        """The dropped count of the connection's last message."""
        return self._last_dropped.get(conn, 0)

    def set_last_dropped(self, conn: int, count: int) -> None:
        """Set the dropped count of the connection's last message."""
        self._last_dropped[conn] = count

    def forget(self, conn: int) -> None:
        """Drop the state of a closed connection."""
        self._last_dropped.pop(conn, None)
        self._told_ns.pop(conn, None)
        self._strings.forget(conn)

    def mark(
        self, conn: int, recv_ns: int, offset: int, length: int, details: dict[str, Any]
    ) -> bytes:
        """The row of a mark; of one that tells of drops, with the row of the drop in front."""
        row = self.event(Kind.MARK, conn, recv_ns, offset, length)
        mark = read_mark(details) if conn and length <= MOST_OF_DROPS else None
        if not isinstance(mark, DropsMark):
            return row
        dropped = mark.dropped & 0xFFFFFFFF
        return b"".join(self._drop_row(conn, recv_ns, offset, length, dropped)) + row

    def event(self, kind: Kind, conn: int, recv_ns: int, offset: int, length: int) -> bytes:
        """The row of a record that is not a message."""
        head = _HEAD.pack(offset, recv_ns, 0, length, 0, conn)
        return head + NO_CONTEXT + event_rest(kind)

    def opened(
        self, conn: int, recv_ns: int, offset: int, length: int, details: dict[str, Any]
    ) -> bytes:
        """The row of a connection that opens. One that stood before tells what it had dropped, and
        when it had told that."""
        self._told_ns[conn] = max(0, int_in(details, "dropped_told_ns")) or recv_ns
        before = details.get("dropped_before")
        if type(before) is int:
            self._last_dropped[conn] = before & 0xFFFFFFFF
        return self.event(Kind.OPENED, conn, recv_ns, offset, length)

    def messages(
        self, conn: int, times: Sequence[int], offsets: Sequence[int], datagrams: Sequence[bytes]
    ) -> list[bytes]:
        """Rows of several messages of one connection.

        Args:
            conn: the connection's number.
            times: each message's time of receipt, Unix nanoseconds.
            offsets: each message's offset in the log.
            datagrams: the messages' bytes.

        Returns:
            Pieces that together are the rows; a drop's row precedes that of the message that told
            of it.
        """
        if len(datagrams) >= FEWEST:
            columns = np.array([times, offsets, list(map(len, datagrams))], np.int64)
            return self.batch(conn, columns[0], columns[1], datagrams, columns[2])
        pieces: list[bytes] = []
        self._one_by_one(pieces, conn, times, offsets, datagrams)
        return pieces

    def batch(
        self,
        conn: int,
        times: npt.NDArray[np.int64],
        offsets: npt.NDArray[np.int64],
        datagrams: Sequence[bytes],
        lengths: npt.NDArray[np.int64],
    ) -> list[bytes]:
        """The same for many messages, with their lengths."""
        pieces: list[bytes] = []
        if self._varied:
            self._varied -= 1
            self._one_by_one(pieces, conn, times.tolist(), offsets.tolist(), datagrams)
            return pieces
        lines = self._repeats.lines(datagrams, lengths)
        known, rows = self._repeats.find(lines)
        # If few messages are known, looking up costs more than it saves, and is tried less often.
        is_worth_it = 2 * np.count_nonzero(known) >= len(datagrams)
        self._patience = 1 if is_worth_it else min(2 * self._patience, _LONGEST_PATIENCE)
        self._varied = 0 if is_worth_it else self._patience
        rows["offset"], rows["recv_ns"], rows["conn"] = offsets, times, conn
        # A batch with a changed dropped count, or with bytes that are no header, is indexed one by
        # one.
        is_steady = lines.dropped == self._last_dropped.get(conn, 0)
        if known.all() and is_steady.all():
            return [rows.tobytes()]
        follows = (lines.dropped[1:] == lines.dropped[:-1]) & known[:-1]
        is_steady[1:] |= follows
        known &= is_steady
        # Runs of known messages alternate with runs of others.
        turns = (np.flatnonzero(known[1:] != known[:-1]) + 1).tolist()
        start = 0
        places: list[int] = []
        plain_rows: list[bytes] = []
        for stop in [*turns, len(datagrams)]:
            if known[start]:
                pieces.append(rows[start:stop].tobytes())
            else:
                part = slice(start, stop)
                plain = self._one_by_one(
                    pieces, conn, times[part].tolist(), offsets[part].tolist(), datagrams[part]
                )
                places += [start + place for place, _ in plain]
                plain_rows += [row for _, row in plain]
            start = stop
        # At once, and not for each run: there may be hundreds.
        self._repeats.learn(lines, places, plain_rows)
        return pieces

    def _one_by_one(
        self,
        pieces: list[bytes],
        conn: int,
        times: Sequence[int],
        offsets: Sequence[int],
        datagrams: Sequence[bytes],
    ) -> list[tuple[int, bytes]]:
        """Add rows of messages; gives index and row of those in which only the time was new."""
        self._strings.charge_to(conn)
        if times:
            self._age(times[0])
        plain: list[tuple[int, bytes]] = []
        append = pieces.append
        unpack_short, unpack_long = _SHORT.unpack_from, _LONG.unpack_from
        pack_head, low_bits = _HEAD.pack, _LOW_BITS
        contexts, rests = self._contexts.now[_CONTEXT], self._rests.now
        high_bits = self._high_bits
        last_dropped = self._last_dropped.get(conn, 0)
        for place, (recv_ns, offset, datagram) in enumerate(
            zip(times, offsets, datagrams, strict=True)
        ):
            length = len(datagram)
            if length < _SHORTEST:
                pieces += self._in_full(conn, recv_ns, offset, datagram)
                last_dropped = self._last_dropped.get(conn, 0)
                continue
            if datagram[9] < 128:
                header_size, message_type, dropped, tag, size, time_tag, low, high = unpack_short(
                    datagram
                )
                start = 10
            else:
                header_size, message_type, dropped, tag, size, more, time_tag, low, high = (
                    unpack_long(datagram)
                )
                size = (size & 0x7F) | more << 7
                start = 11 if more < 128 else length
            end = start + size
            # Every time from 1972 to 2262 is a varint of nine bytes.
            base = high_bits.get(high)
            if (
                header_size != 8
                or dropped != last_dropped
                or tag != _CONTEXT_TAG
                or time_tag != _TIME_TAG
                or end > length
                or size < 10
                or low & 0x80808080 != 0x80808080
                or (base is None and (base := self._new_high_bits(high)) is None)
                or (by_rest := rests.get(message_type)) is None
            ):
                pieces += self._in_full(conn, recv_ns, offset, datagram)
                last_dropped = self._last_dropped.get(conn, 0)
                continue
            tail = datagram[start + 10 : end]
            context = known_context = contexts.get(tail)
            if context is None:
                context = self._new_context(tail)
            tail = datagram[end:]
            rest = known_rest = by_rest.get(tail)
            if rest is None:
                rest = self._new_rest(message_type, tail)
            if context is None or rest is None:
                pieces += self._in_full(conn, recv_ns, offset, datagram)
                continue
            time_ns = base + low_bits[low & 0xFFFF] + (low_bits[low >> 16] << 14)
            row = pack_head(offset, recv_ns, time_ns, length, dropped, conn) + context + rest
            append(row)
            if known_context is not None and known_rest is not None:
                plain.append((place, row))
        return plain

    def _age(self, recv_ns: int) -> None:
        """Let what has not come for a while go from the caches, where it is time to."""
        # The clock may have been set back.
        if abs(recv_ns - self._aged_ns) >= AGE_NS:
            self._aged_ns = recv_ns
            self._contexts.age()
            self._rests.age()
            self._repeats.age()
            self._high_bits.clear()

    def _new_high_bits(self, high: bytes) -> int | None:
        """The upper 35 bits of a time from the last five of its nine bytes; None for other
        lengths."""
        if high[4] > 127 or any(byte < 128 for byte in high[:4]):
            return None
        if len(self._high_bits) >= _MAX_TIMES:
            self._high_bits.clear()
        bits = sum((byte & 0x7F) << (28 + 7 * place) for place, byte in enumerate(high))
        self._high_bits[high] = bits
        return bits

    def truncated(
        self, conn: int, recv_ns: int, offset: int, datagram: bytes, real_size: int
    ) -> list[bytes]:
        """The rows of a message of which only the beginning was received."""
        message_type, dropped, pieces = 0, 0, []
        if len(datagram) >= MIN_HEADER_SIZE:
            _, message_type, dropped = _HEADER.unpack_from(datagram)
            pieces = self._drop_row(conn, recv_ns, offset, len(datagram), dropped)
        return [
            *pieces,
            _HEAD.pack(offset, recv_ns, 0, len(datagram), dropped, conn),
            NO_CONTEXT,
            self._parts.truncated(message_type, real_size),
        ]

    def damaged(
        self, conn: int, recv_ns: int, offset: int, length: int, *, cut: bool = False
    ) -> bytes:
        """The row of a message that is not what it was, and tells nothing any more."""
        head = _HEAD.pack(offset, recv_ns, 0, length, 0, conn) + NO_CONTEXT
        if cut:
            return head + self._parts.truncated(0, 0)
        return head + self._parts.malformed(0)

    def _drop_row(
        self, conn: int, recv_ns: int, offset: int, length: int, dropped: int
    ) -> list[bytes]:
        last = self._last_dropped.get(conn, 0)
        step = (dropped - last) & 0xFFFFFFFF
        # Tasks read the counter before they write, so it may be a little too low: that is no wrap.
        if step == 0 or step >= 1 << 31:
            return []
        self._last_dropped[conn] = dropped
        if not self._is_possible(conn, recv_ns, step):
            self.impossible = [*self.impossible[-_MOST_CLAIMS:], step]
            return []
        head = _HEAD.pack(offset, recv_ns, 0, length, dropped, conn)
        return [head + NO_CONTEXT + event_rest(Kind.DROP, step)]

    def _is_possible(self, conn: int, recv_ns: int, step: int) -> bool:
        """Whether a sandbox can have dropped so many points since it told of drops last."""
        before = self._told_ns.get(conn, 0)
        if not before or not recv_ns:
            # Nobody has noted the time.
            return True
        self._told_ns[conn] = recv_ns
        seconds = 1 + max(0, recv_ns - before) / 1e9
        return step <= self.drops_a_second * seconds

    def _in_full(self, conn: int, recv_ns: int, offset: int, datagram: bytes) -> list[bytes]:
        length = len(datagram)
        if length < MIN_HEADER_SIZE:
            head = _HEAD.pack(offset, recv_ns, 0, length, 0, conn)
            return [head, NO_CONTEXT, self._parts.malformed(0)]
        header_size, message_type, dropped = _HEADER.unpack_from(datagram)
        if header_size < MIN_HEADER_SIZE or header_size > length:
            head = _HEAD.pack(offset, recv_ns, 0, length, 0, conn)
            return [head, NO_CONTEXT, self._parts.malformed(message_type)]
        pieces = self._drop_row(conn, recv_ns, offset, length, dropped)
        if self.living is not None:
            # No event has a cached rest, so each of them comes here.
            self.living.take(conn, message_type, datagram)
        time_ns, context, rest = self._parts.parse(message_type, datagram[header_size:])
        pieces += [_HEAD.pack(offset, recv_ns, time_ns, length, dropped, conn), context, rest]
        return pieces

    def _new_context(self, tail: bytes) -> bytes | None:
        """The context part for context data without its time; None if it must be parsed in full."""
        known = self._contexts.now[_CONTEXT]
        if tail in known:
            return None
        if self._contexts.recall(_CONTEXT, tail):
            return known[tail]
        try:
            context_data = common_pb2.ContextData.FromString(tail)
        except DecodeError:
            return None
        part = None
        refused = self._strings.refused
        # A second time among the other fields would override the one in front.
        if not context_data.time_ns and context_data.SerializeToString() == tail:
            part = self._parts.context(context_data, context_data.container_id)
        # A string that was refused to one connection may be accepted from another.
        if len(tail) <= _MAX_CACHED_BYTES and refused == self._strings.refused:
            self._contexts.learn(_CONTEXT, tail, part)
        return part

    def _new_rest(self, message_type: int, tail: bytes) -> bytes | None:
        """The remaining part for a message without its context data; None as above."""
        known = self._rests.now[message_type]
        if tail in known:
            return None
        if self._rests.recall(message_type, tail):
            return known[tail]
        refused = self._strings.refused
        part = self._parts.rest(message_type, tail)
        if len(tail) <= _MAX_CACHED_BYTES and refused == self._strings.refused:
            self._rests.learn(message_type, tail, part)
        return part
