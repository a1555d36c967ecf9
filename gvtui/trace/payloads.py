"""Reads single records of a log by their rows, and verifies their checksums."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.trace.batches import FORMAT, LEAD_OF_ONE, TAIL, Batch, batch_at, damaged_in
from gvtui.trace.records import (
    HEAD_SIZE,
    MAX_PAYLOAD,
    REAL_SIZE,
    DamagedError,
    LogKind,
    head_in,
)
from gvtui.trace.row import ROW_DTYPE, Flag, Kind
from gvtui.trace.savefile import SAVED_SIZE
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gvtui.trace.bytesource import ByteSource
    from gvtui.trace.row import Row

    ReadRows = Callable[[int, npt.NDArray[np.void]], int]
    """Fills an array with rows from a row id on; returns how many there were."""

SAVE_FILE = -1
"""The format number that stands for gVisor's save files."""

_STEP = 64 << 10
"""How many bytes of a log are read in one step."""

_ROWS = 1024
"""Rows looked at, at once, for the first one of a batch."""

_FEW_ROWS = 32
"""Rows looked at before that: many a batch is small."""

_MAX_BATCHES = 16
"""How many batches' heads are cached."""

_MAX_CONN = (1 << 32) - 1

_LOG_KINDS: dict[int, LogKind] = {
    Kind.MESSAGE: LogKind.MESSAGE,
    Kind.OPENED: LogKind.OPENED,
    Kind.CLOSED: LogKind.CLOSED,
    Kind.MARK: LogKind.MARK,
}


_TRUNCATED = int(Flag.TRUNCATED)
_CUT = LogKind.TRUNCATED
"""An enum's members take ten times as long to find, which is done for each row."""

PART = struct.Struct("<QII")


class Part(NamedTuple):
    """A range of a log that was written by one recording, in one format."""

    position: int
    format: int
    """1, 2 or `SAVE_FILE`."""
    shift: int = 0
    """What its rows' connections have been moved on by, so that none is mistaken for another's."""

    def pack(self) -> bytes:
        """As it lies behind the rows of an index."""
        return PART.pack(self.position, self.shift, self.format)

    @classmethod
    def unpack(cls, data: bytes) -> list[Part]:
        """All that lie behind the rows of an index."""
        return [
            cls(position, format_, shift) for position, shift, format_ in PART.iter_unpack(data)
        ]


class Payloads:
    """The payloads of a log. The caller closes log and index."""

    def __init__(
        self, log: ByteSource, parts: Sequence[Part], first_row: int, read_rows: ReadRows
    ) -> None:
        self._log = log
        self._parts = parts
        self._starts = [part.position for part in parts]
        self._first_row = first_row
        self._read_rows = read_rows
        self._window = Window(log, log.size, step=_STEP)
        self._batches: OrderedDict[int, Batch] = OrderedDict()
        self._last: Batch | None = None
        self._body = b""
        self._damaged: list[int] = []

    def part_of(self, offset: int) -> Part:
        """The part of the log that an offset lies in."""
        return self._parts[max(0, bisect_right(self._starts, offset) - 1)]

    def read(self, row_id: int, row: Row) -> bytes:
        """A row's payload.

        Raises:
            DamagedError: the record does not match its row or its checksum.
        """
        if row.offset < 1 << 62 and row.length <= MAX_PAYLOAD:
            part = self.part_of(row.offset)
            if part.format != FORMAT:
                return self._plain(row, part)
            payload = self._checked(row_id, row, part)
            if payload is None and row.kind == Kind.DROP:
                # It may be a truncated message that told of it.
                row = row._replace(flags=Flag.TRUNCATED)
                payload = self._checked(row_id, row, part)
            if payload is None:
                # What stood there a moment ago may have been taken back, and written anew.
                self._forget()
                payload = self._checked(row_id, row, part)
            if payload is not None:
                return payload
        raise DamagedError(f"the record at offset {row.offset} is damaged")

    def intact_in(self, row_id: int, row: Row) -> range | None:
        """Offsets of records that are as they came, a row's own among them; None if it is not."""
        try:
            self.read(row_id, row)
        except DamagedError:
            return None
        batch = self._last
        if self.part_of(row.offset).format == FORMAT and batch is not None and not self._damaged:
            return range(batch.body, batch.end)
        return range(row.offset, row.offset + 1)

    def end_of(self, row_id: int, row: Row) -> int:
        """The offset after the record, or the batch, of a row."""
        if self.part_of(row.offset).format == FORMAT:
            batch = self._batch_of(row_id, row.offset - _before(row), row.length + _before(row))
            if batch is not None:
                return batch.end
        return row.offset + row.length

    def _plain(self, row: Row, part: Part) -> bytes:
        lead = HEAD_SIZE + _before(row)
        if part.format == SAVE_FILE:
            lead = SAVED_SIZE.size if row.length else 0
        data = b""
        if row.offset >= lead:
            data = self._log.pread(lead + row.length, row.offset - lead)
        if len(data) == lead + row.length:
            if part.format == SAVE_FILE:
                is_whole = not lead or SAVED_SIZE.unpack_from(data) == (row.length,)
            else:
                size = lead - HEAD_SIZE + row.length
                told = (_kind(row), _conn(row, part), row.recv_ns, size)
                # A drop has no record: what is there is the message that told of it.
                is_whole = row.kind == Kind.DROP or head_in(data) == told
            if is_whole:
                return data[lead:]
        raise DamagedError(f"the record at offset {row.offset} is damaged")

    def _checked(self, row_id: int, row: Row, part: Part) -> bytes | None:
        before = _before(row)
        start, size = row.offset - before, row.length + before
        is_alone = row.kind in (Kind.OPENED, Kind.CLOSED, Kind.MARK)
        batch = self._batch_of(row_id, start, size, is_alone=is_alone)
        if batch is None or (batch.kind != _kind(row) and row.kind != Kind.DROP):
            return None
        number = _number_in(batch, start, size)
        if number is None or batch.conn != _conn(row, part):
            return None
        if number in self._damaged or batch.time(number) != row.recv_ns:
            return None
        begin = start - batch.body
        return self._body[begin + before : begin + size]

    def _forget(self) -> None:
        self._batches.clear()
        self._last = None
        self._window.forget()

    def _batch_of(
        self, row_id: int, start: int, size: int, *, is_alone: bool = False
    ) -> Batch | None:
        """The batch of a row's record; `is_alone` says that the record is the only one of its batch."""
        last = self._last
        if last is not None and last.body <= start and start + size <= last.end:
            return last
        if start + size > self._window.size:
            self._window.grow()
        batch = None
        if last is not None and start > last.end:
            # Mostly it is the next one.
            batch = self._batch_at(last.end)
        if is_alone and (batch is None or batch.body != start):
            # Its front lies close before it: no row in front of it need be looked at.
            batch = self._batch_at(start - LEAD_OF_ONE)
        if batch is None or not batch.body <= start <= start + size <= batch.end:
            body = self._body_of(row_id, start)
            told = self._window.take(body - TAIL.size, TAIL.size) if body >= TAIL.size else b""
            if len(told) < TAIL.size:
                return None
            batch = self._batch_at(body - TAIL.unpack(told)[0])
            if batch is None or batch.body != body or start + size > batch.end:
                return None
        self._last = batch
        self._body = self._window.take(batch.body, batch.size)
        self._damaged = damaged_in(batch, self._body)
        return batch

    def _batch_at(self, position: int) -> Batch | None:
        known = self._batches.get(position)
        if known is not None:
            self._batches.move_to_end(position)
            return known
        batch = batch_at(self._window, position) if position >= 0 else None
        if batch is not None:
            self._batches[position] = batch
            if len(self._batches) > _MAX_BATCHES:
                self._batches.popitem(last=False)
        return batch

    def _body_of(self, row_id: int, start: int) -> int:
        """Where the first payload of a row's batch begins: those of a batch lie close together."""
        stop, step = row_id, _FEW_ROWS
        while stop > self._first_row:
            begin = max(self._first_row, stop - step)
            step = _ROWS
            rows = np.empty(stop - begin, ROW_DTYPE)
            rows = rows[: self._read_rows(begin, rows)]
            rows = rows[rows["kind"] != Kind.DROP]
            if len(rows):
                starts = rows["offset"].astype(np.int64)
                starts -= np.where(rows["flags"] & Flag.TRUNCATED != 0, REAL_SIZE.size, 0)
                ends = rows["offset"].astype(np.int64) + rows["length"]
                apart = np.flatnonzero(ends != np.append(starts[1:], start))
                if len(apart):
                    place = int(apart[-1]) + 1
                    return int(starts[place]) if place < len(starts) else start
                start = int(starts[0])
            stop = begin
        return start


def payload_start(row: Row) -> int:
    """Where the payload of a row's record begins in its log."""
    return row.offset - _before(row)


def _before(row: Row) -> int:
    """Bytes in front of what the row calls its payload."""
    return REAL_SIZE.size if row.flags & _TRUNCATED else 0


def _conn(row: Row, part: Part) -> int:
    """The connection's number in its own recording."""
    return (row.conn - part.shift) & _MAX_CONN if row.conn else 0


def _kind(row: Row) -> LogKind | None:
    return _CUT if row.flags & _TRUNCATED else _LOG_KINDS.get(row.kind)


def _number_in(batch: Batch, start: int, size: int) -> int | None:
    """Which payload of a batch has this place and size."""
    offsets = batch.offsets
    number = bisect_left(offsets, start)
    while number < len(offsets) and offsets[number] == start:
        if batch.sizes[number] == size:
            return number
        number += 1
    return None
