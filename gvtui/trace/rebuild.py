"""Makes the index of a log again, where it is missing, stale or damaged."""

from __future__ import annotations

import os
import zlib
from itertools import chain
from typing import TYPE_CHECKING

from gvtui.files import open_to_read, whole_file
from gvtui.trace import files, savefile
from gvtui.trace.details import unpack_details
from gvtui.trace.indexer import Indexer
from gvtui.trace.records import HEAD_SIZE, MAX_REAL_SIZE, REAL_SIZE, LogKind, Record, scan
from gvtui.trace.row import ROW_SIZE, Kind
from gvtui.trace.strings import MAGIC as STRINGS_MAGIC
from gvtui.trace.strings import StringTable
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    Progress = Callable[[int, int], None]
    """Called with bytes done and bytes in all."""

_BATCH = 512
"""Messages indexed at once."""

_STEP_BYTES = 16 << 20
"""After so many bytes of log, progress is told."""

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
) -> None:
    """Write the index and the strings of a log anew; each replaces its old file when it is whole.

    Raises:
        OSError: a file cannot be read or written.
        TraceError: a save file's head is damaged.
    """
    table = StringTable()
    indexer = Indexer(table, architecture)
    checksum = texts_checksum = rows_size = damaged = 0

    # An index that a crash has cut short shows by its checksum: there is no need to wait for the disk.
    with (
        open_to_read(log) as source,
        whole_file(index, mode=0o600, sync=False) as out,
        whole_file(strings, mode=0o600, sync=False) as texts,
    ):
        info = os.fstat(source.fileno())
        size = info.st_size
        for file in (out, texts):
            # Who may not read the log may not read what was made from it, and nobody else writes.
            os.fchmod(file.fileno(), info.st_mode & 0o644)
        out.write(bytes(files.INDEX_HEAD_SIZE))
        texts.write(STRINGS_MAGIC + trace_id)
        window = Window(source.fileno(), size)
        records = _saved(window) if is_save_file else scan(window)
        told = 0
        for rows, position, lost in _rows(indexer, records):
            out.write(rows)
            checksum = zlib.crc32(rows, checksum)
            rows_size += len(rows)
            damaged += lost
            pending = table.pending()
            texts.write(pending)
            texts_checksum = zlib.crc32(pending, texts_checksum)
            table.written()
            if position - told >= _STEP_BYTES:
                told = position
                if progress:
                    progress(position, size)
        damaged += size - window.size
        out.seek(0)
        rows_count = rows_size // ROW_SIZE
        head = files.IndexHead(
            trace_id, first_row, rows_count, size, checksum, damaged, texts_checksum
        )
        out.write(head.pack())
    if progress:
        progress(size, size)


def _saved(window: Window) -> Iterator[Record | int]:
    """A save file's messages as records of one connection."""
    yield Record(LogKind.OPENED, 1, 0, 0, b"")
    for item in savefile.scan(window):
        if isinstance(item, int):
            yield item
        else:
            yield Record(LogKind.MESSAGE, 1, 0, item.offset, item.datagram)
    yield Record(LogKind.CLOSED, 1, 0, 0, b"")


def _rows(indexer: Indexer, records: Iterable[Record | int]) -> Iterator[tuple[bytes, int, int]]:
    """Rows of the records, batch by batch: the rows, the place reached, bytes passed over."""
    batch: list[tuple[int, int, bytes]] = []
    conn = position = lost = 0
    is_message = int(LogKind.MESSAGE)
    for record in chain(records, [0]):
        if isinstance(record, Record):
            kind, record_conn, recv_ns, offset, payload = record
            if kind == is_message and record_conn == conn and len(batch) < _BATCH:
                batch.append((recv_ns, offset, payload))
                continue
        if batch:
            times, offsets, payloads = zip(*batch, strict=True)
            position = offsets[-1] + len(payloads[-1])
            yield b"".join(indexer.messages(conn, times, offsets, payloads)), position, lost
            batch, lost = [], 0
        if isinstance(record, int):
            lost += record
            position += record
            continue
        position = record.offset + len(record.payload)
        if record.kind == is_message:
            conn = record.conn
            batch.append((record.recv_ns, record.offset, record.payload))
            continue
        rows = _event_row(indexer, record)
        if not rows and record.kind == LogKind.TRUNCATED:
            lost += HEAD_SIZE + len(record.payload)
        if rows:
            yield rows, position, lost
            lost = 0
    if lost:
        yield b"", position, lost


def _event_row(indexer: Indexer, record: Record) -> bytes:
    if record.kind == LogKind.TRUNCATED:
        if len(record.payload) < REAL_SIZE.size:
            return b""
        (real_size,) = REAL_SIZE.unpack_from(record.payload)
        if real_size > MAX_REAL_SIZE:
            return b""
        beginning = record.payload[REAL_SIZE.size :]
        offset = record.offset + REAL_SIZE.size
        pieces = indexer.truncated(record.conn, record.recv_ns, offset, beginning, real_size)
        return b"".join(pieces)
    kind = _EVENT_KINDS.get(LogKind(record.kind))
    if kind is None:
        return b""
    if kind is Kind.OPENED:
        before = unpack_details(record.payload).get("dropped_before")
        if isinstance(before, int):
            indexer.set_last_dropped(record.conn, before & 0xFFFFFFFF)
    elif kind is Kind.CLOSED:
        indexer.forget(record.conn)
    return indexer.event(kind, record.conn, record.recv_ns, record.offset, len(record.payload))
