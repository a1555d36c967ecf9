"""Writes a trace: the log first, then the rows that describe it.

The order of each append is strings, log, rows. So a reader that sees a row can always read its
strings and its record, and what a crash leaves behind is at worst a log that is longer than its
index.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
import uuid
import zlib
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui import __version__
from gvtui.points.syscalls import host_architecture
from gvtui.trace import files, sidefiles
from gvtui.trace.details import pack_details
from gvtui.trace.indexer import Indexer
from gvtui.trace.records import (
    HEAD_SIZE,
    LOG_FORMAT,
    REAL_SIZE,
    LogKind,
    TraceError,
    pack_head,
    pack_record,
)
from gvtui.trace.repeats import FEWEST
from gvtui.trace.row import ROW_SIZE, Kind
from gvtui.trace.strings import MAGIC as STRINGS_MAGIC
from gvtui.trace.strings import MAX_TOTAL_BYTES, StringTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_SEGMENT_BYTES = 128 << 20
"""Bytes of log and index after which a flight recorder begins its next segment."""

_STRINGS_PART = 8
"""Strings may take this fraction of a flight recorder's disk."""

_MIN_SEGMENTS = 4
"""A flight recorder drops its oldest segment whole, so it never has just one or two."""


@dataclass(slots=True)
class _Output:
    """A file that is appended to, and put back if an append fails half-way."""

    path: Path
    fd: int
    size: int = 0

    @classmethod
    def create(cls, path: Path) -> _Output:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return cls(path, os.open(path, flags, 0o600))

    def append(self, data: bytes) -> None:
        view, written = memoryview(data), 0
        try:
            while written < len(view):
                written += os.write(self.fd, view[written:])
        except OSError:
            os.ftruncate(self.fd, self.size)
            os.lseek(self.fd, self.size, os.SEEK_SET)
            raise
        self.size += written

    def cut(self, size: int) -> None:
        if self.size != size:
            os.ftruncate(self.fd, size)
            os.lseek(self.fd, size, os.SEEK_SET)
            self.size = size


@dataclass(slots=True)
class _Segment:
    number: int
    log: _Output
    index: _Output
    first_row: int
    checksum: int = 0

    @property
    def rows(self) -> int:
        return (self.index.size - files.INDEX_HEAD_SIZE) // ROW_SIZE

    @property
    def size(self) -> int:
        return self.log.size + self.index.size


@dataclass(slots=True)
class _OpenConnection:
    recv_ns: int
    details: dict[str, Any] = field(default_factory=dict)


class TraceWriter:
    """Appends to a trace, as one recording or as a flight recorder of limited size.

    The writer owns its files and holds a lock on the log until it is closed.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        keep_bytes: int | None = None,
        segment_bytes: int | None = None,
        architecture: str | None = None,
    ) -> None:
        """Create the trace.

        Args:
            path: a recording's file, which must not exist; with `keep_bytes` a folder, which is
                made if it is missing and must be empty.
            keep_bytes: disk the flight recorder may use; the oldest segment goes when it is full.
            segment_bytes: size of a segment; by default a part of `keep_bytes`.
            architecture: the sandboxes' architecture; by default this machine's.

        Raises:
            TraceError: the trace is there already, or its files cannot be made.
        """
        self.path = Path(path)
        self.architecture = architecture or host_architecture()
        self.trace_id = uuid.uuid4().bytes
        self.dropped_segments = 0
        self._keep_bytes = keep_bytes
        self._segment_bytes = segment_bytes or min(
            DEFAULT_SEGMENT_BYTES, (keep_bytes or 0) // _MIN_SEGMENTS or DEFAULT_SEGMENT_BYTES
        )
        # Strings stay when segments go, so they get a small part of what a recorder may use.
        part = (keep_bytes or MAX_TOTAL_BYTES * _STRINGS_PART) // _STRINGS_PART
        self._table = StringTable(min(MAX_TOTAL_BYTES, part))
        self._indexer = Indexer(self._table, self.architecture)
        self._open: dict[int, _OpenConnection] = {}
        self._old_segments: list[tuple[int, int]] = []
        self._strings_checksum = 0
        try:
            if keep_bytes is not None:
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            else:
                self._clear_way()
            self._strings = _Output.create(files.strings_path(self.path))
            self._strings.append(STRINGS_MAGIC + self.trace_id)
            self._segment = self._new_segment(1, 0)
        except FileExistsError as error:
            raise TraceError(
                f"{error.filename} exists already; choose another name or move it away"
            ) from error
        except OSError as error:
            raise TraceError(f"cannot write {self.path}: {error.strerror}") from error

    def _clear_way(self) -> None:
        """Remove what was made from a recording that is no longer there.

        Raises:
            FileExistsError: the recording is there, or a file of another kind is in the way.
        """
        if os.path.lexists(self.path):
            raise FileExistsError(errno.EEXIST, "it exists", str(self.path))
        for path in sidefiles.beside(self.path):
            if not sidefiles.is_made_by_us(path):
                raise FileExistsError(errno.EEXIST, "it exists", str(path))
            path.unlink(missing_ok=True)

    @property
    def is_flight_recorder(self) -> bool:
        """Whether old segments are dropped."""
        return self._keep_bytes is not None

    @property
    def end_row(self) -> int:
        """How many rows have been written, those dropped since included."""
        return self._segment.first_row + self._segment.rows

    def opened(self, conn: int, recv_ns: int, details: dict[str, Any]) -> None:
        """A sandbox connected; `details` says who: `peer_pid`, `peer_uid`, `command`, ...

        Raises:
            OSError: it could not be written, and nothing of it was.
        """
        self._open[conn] = _OpenConnection(recv_ns, details)
        self._event(LogKind.OPENED, Kind.OPENED, conn, recv_ns, details)

    def closed(self, conn: int, recv_ns: int, details: dict[str, Any]) -> None:
        """A connection ended; raises as `opened` does."""
        self._open.pop(conn, None)
        self._indexer.forget(conn)
        self._event(LogKind.CLOSED, Kind.CLOSED, conn, recv_ns, details)

    def mark(self, recv_ns: int, details: dict[str, Any], conn: int = 0) -> None:
        """Note something that happened outside the stream; raises as `opened` does."""
        self._event(LogKind.MARK, Kind.MARK, conn, recv_ns, details)

    def message(self, conn: int, recv_ns: int, datagram: bytes) -> None:
        """Append one message as it came; raises as `messages` does."""
        self.messages(conn, [(recv_ns, datagram)])

    def messages(self, conn: int, batch: Sequence[tuple[int, bytes]]) -> None:
        """Append messages of one connection, each with its time of receipt in ns.

        Raises:
            OSError: they could not be written, and none of them was.
        """
        heads = [pack_head(1, conn, recv_ns, len(data)) for recv_ns, data in batch]
        datagrams = [data for _, data in batch]
        times = [recv_ns for recv_ns, _ in batch]
        self._store(conn, heads, times, datagrams, list(map(len, datagrams)))

    def received(self, conn: int, recv_ns: int, datagrams: list[bytes]) -> None:
        """Append messages that were received in one go; raises as `messages` does."""
        # Heads differ by size alone, and a batch has few sizes.
        sizes = list(map(len, datagrams))
        head_of = {size: pack_head(1, conn, recv_ns, size) for size in set(sizes)}
        heads = map(head_of.__getitem__, sizes)
        self._store(conn, heads, [recv_ns] * len(datagrams), datagrams, sizes)

    def _store(
        self,
        conn: int,
        heads: Iterable[bytes],
        times: list[int],
        datagrams: list[bytes],
        sizes: list[int],
    ) -> None:
        count = len(datagrams)
        records = [b""] * (2 * count)
        records[::2] = heads
        records[1::2] = datagrams
        first = self._segment.log.size + HEAD_SIZE
        last_dropped = self._indexer.last_dropped(conn)
        if count < FEWEST:
            places = accumulate((size + HEAD_SIZE for size in sizes[:-1]), initial=first)
            rows = self._indexer.messages(conn, times, list(places), datagrams)
        else:
            lengths = np.fromiter(sizes, np.int64, count)
            steps = lengths + HEAD_SIZE
            offsets = np.cumsum(steps) - steps + first
            received = np.fromiter(times, np.int64, count)
            rows = self._indexer.batch(conn, received, offsets, datagrams, lengths)
        self._append(b"".join(records), b"".join(rows), conn, last_dropped)

    def truncated(self, conn: int, recv_ns: int, beginning: bytes, real_size: int) -> None:
        """Append what was received of a message of `real_size` bytes; raises as `messages` does."""
        payload = REAL_SIZE.pack(real_size) + beginning
        offset = self._segment.log.size + HEAD_SIZE + REAL_SIZE.size
        last_dropped = self._indexer.last_dropped(conn)
        rows = self._indexer.truncated(conn, recv_ns, offset, beginning, real_size)
        record = pack_record(LogKind.TRUNCATED, conn, recv_ns, payload)
        self._append(record, b"".join(rows), conn, last_dropped)

    def flush(self) -> None:
        """Wait until what was written is on the disk itself."""
        for output in (self._strings, self._segment.log, self._segment.index):
            os.fsync(output.fd)

    def close(self) -> None:
        """Finish the trace: its index is sealed, its files closed."""
        self._seal(self._segment)
        os.close(self._strings.fd)

    def _event(
        self, log_kind: LogKind, kind: Kind, conn: int, recv_ns: int, details: dict[str, Any]
    ) -> None:
        payload = pack_details(details)
        offset = self._segment.log.size + HEAD_SIZE
        row = self._indexer.event(kind, conn, recv_ns, offset, len(payload))
        self._append(pack_record(log_kind, conn, recv_ns, payload), row, conn, None)

    def _append(self, records: bytes, rows: bytes, conn: int, last_dropped: int | None) -> None:
        segment = self._segment
        log_size = segment.log.size
        try:
            if pending := self._table.pending():
                self._strings.append(pending)
                self._strings_checksum = zlib.crc32(pending, self._strings_checksum)
                self._table.written()
            segment.log.append(records)
            segment.index.append(rows)
        except OSError:
            segment.log.cut(log_size)
            if last_dropped is not None:
                self._indexer.set_last_dropped(conn, last_dropped)
            raise
        segment.checksum = zlib.crc32(rows, segment.checksum)
        if self._keep_bytes is not None and segment.size >= self._segment_bytes:
            self._rotate()

    def _new_segment(self, number: int, first_row: int) -> _Segment:
        log_path = files.segment_path(self.path, number) if self.is_flight_recorder else self.path
        log = _Output.create(log_path)
        fcntl.flock(log.fd, fcntl.LOCK_EX)
        index = _Output.create(files.index_path(log_path))
        head = {
            "format": LOG_FORMAT,
            "program": f"gvtui {__version__}",
            "id": self.trace_id,
            "arch": self.architecture,
            "first_row": first_row,
            "connections": [
                [conn, known.recv_ns, known.details, self._indexer.last_dropped(conn)]
                for conn, known in self._open.items()
            ],
        }
        log.append(pack_record(LogKind.HEADER, 0, time.time_ns(), pack_details(head)))
        index.append(files.IndexHead(self.trace_id, first_row).pack())
        return _Segment(number, log, index, first_row)

    def _seal(self, segment: _Segment) -> None:
        head = files.IndexHead(
            self.trace_id,
            segment.first_row,
            segment.rows,
            segment.log.size,
            segment.checksum,
            strings_checksum=self._strings_checksum,
        )
        os.pwrite(segment.index.fd, head.pack(), 0)
        os.close(segment.index.fd)
        os.close(segment.log.fd)

    def _rotate(self) -> None:
        full = self._segment
        try:
            self._segment = self._new_segment(full.number + 1, full.first_row + full.rows)
        except OSError:
            # No room for another file: go on in this one, the next append tries again.
            return
        self._seal(full)
        self._old_segments.append((full.number, full.size))
        limit = (self._keep_bytes or 0) - self._segment_bytes - self._strings.size
        while self._old_segments and sum(size for _, size in self._old_segments) > limit:
            number, _ = self._old_segments.pop(0)
            log = files.segment_path(self.path, number)
            log.unlink(missing_ok=True)
            files.index_path(log).unlink(missing_ok=True)
            self.dropped_segments += 1
