"""Rebuilds the index of a log that is missing, stale or damaged."""

from __future__ import annotations

import os
import zlib
from itertools import chain
from typing import TYPE_CHECKING

from gvtui.files import whole_file
from gvtui.trace import files, savefile
from gvtui.trace.bytesource import opened_source
from gvtui.trace.details import unpack_details
from gvtui.trace.header import drop_limit_of
from gvtui.trace.indexer import Indexer
from gvtui.trace.marks import MOST_OF_DROPS
from gvtui.trace.payloads import Part
from gvtui.trace.records import HEAD_SIZE, MAX_REAL_SIZE, REAL_SIZE, LogKind, Record
from gvtui.trace.row import ROW_SIZE, Kind
from gvtui.trace.scanning import Begin, Messages, scan_log
from gvtui.trace.strings import MAGIC as STRINGS_MAGIC
from gvtui.trace.strings import StringTable
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gvtui.trace.scanning import Item

    Progress = Callable[[int, int], None]
    """Called with bytes done and bytes in all."""

_BATCH = 512
"""How many messages are indexed in one step."""

_STEP_BYTES = 16 << 20
"""After how many bytes of log progress is reported."""

_MAX_CONN = (1 << 32) - 1

_EVENT_KINDS = {
    LogKind.OPENED: Kind.OPENED,
    LogKind.CLOSED: Kind.CLOSED,
    LogKind.MARK: Kind.MARK,
}


def rebuild_index(
    log: Path,
    index: Path,
    strings: Path,
    *,
    trace_id: bytes,
    architecture: str,
    first_row: int = 0,
    is_save_file: bool = False,
    progress: Progress | None = None,
    stop: int | None = None,
) -> None:
    """Rebuild the index and the strings of a log; each file replaces the old one when complete.

    Raises:
        OSError: a file cannot be read or written.
        TraceError: a save file's head is damaged.
    """
    table = StringTable()
    indexer = Indexer(table, architecture)
    checksum = texts_checksum = rows_size = 0

    # The checksum shows an index that a crash has cut short, so there is no need to wait for the
    # disk.
    with (
        opened_source(log) as source,
        whole_file(index, mode=0o600, sync=False, is_believed=True) as out,
        whole_file(strings, mode=0o600, sync=False, is_believed=True) as texts,
    ):
        info = os.fstat(source.fileno())
        size = source.size if stop is None else min(source.size, stop)
        for file in (out, texts):
            # Users who may not read the log may not read its index, and only the owner may write
            # it.
            os.fchmod(file.fileno(), info.st_mode & 0o644)
        out.write(bytes(files.INDEX_HEAD_SIZE))
        texts.write(STRINGS_MAGIC + trace_id)
        window = Window(source, size)
        making = Making(indexer)
        told = 0
        for rows in making.rows(saved_items(window) if is_save_file else scan_log(window)):
            out.write(rows)
            checksum = zlib.crc32(rows, checksum)
            rows_size += len(rows)
            pending = table.pending()
            texts.write(pending)
            texts_checksum = zlib.crc32(pending, texts_checksum)
            table.written()
            if making.position - told >= _STEP_BYTES:
                told = making.position
                if progress:
                    progress(making.position, size)
        damaged = making.lost + size - window.size
        parts = making.parts if len(making.parts) > 1 else []
        out.write(b"".join(part.pack() for part in parts))
        out.seek(0)
        rows_count = rows_size // ROW_SIZE
        head = files.IndexHead(
            trace_id, first_row, rows_count, size, checksum, damaged, texts_checksum, len(parts)
        )
        out.write(head.pack())
    if progress:
        progress(size, size)


def saved_items(window: Window) -> Iterator[Record | int]:
    """The messages of a save file as records of one connection."""
    yield Record(LogKind.OPENED, 1, 0, 0, b"")
    for item in savefile.scan(window):
        if isinstance(item, int):
            yield item
        else:
            yield Record(LogKind.MESSAGE, 1, 0, item.offset, item.datagram)
    yield Record(LogKind.CLOSED, 1, 0, 0, b"")


class JoinedNumbers:
    """The numbers that connections have among those of all recordings joined in one file."""

    def __init__(self) -> None:
        self.shift = self._highest = 0

    def begin(self, begin: Begin) -> None:
        """A segment begins, perhaps of another recording."""
        if begin.is_joined:
            self.shift = self._highest

    def moved(self, conn: int) -> int:
        """The number of a connection of the recording that is being read; 0 stays 0."""
        if conn:
            conn = (conn + self.shift) & _MAX_CONN
            self._highest = max(self._highest, conn)
        return conn


class Making:
    """Makes the rows of a log, recording by recording."""

    def __init__(self, indexer: Indexer) -> None:
        self._indexer = indexer
        self._joined = JoinedNumbers()
        self.parts: list[Part] = []
        """What the log was written by, in the order of their places."""
        self.position = 0
        """How far the rows go that have been given."""
        self.lost = 0
        """Bytes passed over."""

    def rows(self, items: Iterable[Item]) -> Iterator[bytes]:
        """Rows of the log, many at once."""
        batch: list[tuple[int, int, bytes]] = []
        conn, is_message = 0, int(LogKind.MESSAGE)
        for item in chain(items, [0]):
            if isinstance(item, Record):
                kind, item_conn, recv_ns, offset, payload, _ = item
                if kind == is_message and item_conn == conn and len(batch) < _BATCH:
                    batch.append((recv_ns, offset, payload))
                    continue
            if batch:
                times, offsets, payloads = zip(*batch, strict=True)
                self.position = offsets[-1] + len(payloads[-1])
                yield b"".join(
                    self._indexer.messages(self._joined.moved(conn), times, offsets, payloads)
                )
                batch = []
            if isinstance(item, Record) and item.kind == is_message:
                conn = item.conn
                batch.append((item.recv_ns, item.offset, item.payload))
            elif rows := self._single(item):
                yield rows

    def _single(self, item: Item) -> bytes:
        """The rows of what is no message of format 1."""
        if isinstance(item, Messages):
            self.position = item.batch.end
            return b"".join(self._of_batch(item))
        if isinstance(item, Begin):
            self._begin(item)
        elif isinstance(item, int):
            self.lost += item
            self.position += item
        else:
            self.position = item.offset + len(item.payload)
            rows = self._of_event(item)
            if not rows and item.kind == LogKind.TRUNCATED:
                self.lost += HEAD_SIZE + len(item.payload)
            return rows
        return b""

    def _begin(self, begin: Begin) -> None:
        self._indexer.drops_a_second = drop_limit_of(begin.head)
        self._joined.begin(begin)
        shift, last = self._joined.shift, self.parts[-1] if self.parts else None
        if last is None or (last.format, last.shift) != (begin.format, shift):
            self.parts.append(Part(begin.position, begin.format, shift))

    def _of_batch(self, item: Messages) -> Iterator[bytes]:
        batch, payloads, count = item.batch, item.payloads(), item.whole
        conn = self._joined.moved(batch.conn)
        times = batch.times[:count] if batch.times is not None else [batch.recv_ns] * count
        offsets = batch.offsets
        start = 0
        for bad in [*item.damaged, count]:
            part = slice(start, bad)
            if bad > start:
                yield from self._indexer.messages(conn, times[part], offsets[part], payloads[part])
            if bad < count:
                # What it says now cannot be believed, but that it was there.
                length = len(payloads[bad])
                yield self._indexer.damaged(conn, times[bad], offsets[bad], length)
            start = bad + 1

    def _of_event(self, record: Record) -> bytes:
        indexer, conn = self._indexer, self._joined.moved(record.conn)
        if record.kind == LogKind.TRUNCATED:
            offset = record.offset + REAL_SIZE.size
            beginning = record.payload[REAL_SIZE.size :]
            if len(record.payload) < REAL_SIZE.size:
                return b""
            (real_size,) = REAL_SIZE.unpack_from(record.payload)
            if record.is_damaged:
                beginning_size = len(beginning)
                return indexer.damaged(conn, record.recv_ns, offset, beginning_size, cut=True)
            if real_size > MAX_REAL_SIZE:
                return b""
            return b"".join(indexer.truncated(conn, record.recv_ns, offset, beginning, real_size))
        kind = _EVENT_KINDS.get(LogKind(record.kind))
        if kind is None:
            return b""
        if kind is Kind.OPENED:
            details = {} if record.is_damaged else unpack_details(record.payload)
            return indexer.opened(conn, record.recv_ns, record.offset, len(record.payload), details)
        if kind is Kind.CLOSED:
            indexer.forget(conn)
        size = len(record.payload)
        if kind is Kind.MARK and size <= MOST_OF_DROPS and not record.is_damaged:
            details = unpack_details(record.payload)
            return indexer.mark(conn, record.recv_ns, record.offset, size, details)
        return indexer.event(kind, conn, record.recv_ns, record.offset, size)
