"""Writes a trace: the log first, then the rows that describe it.

Each append writes strings, log, rows, in this order. So a reader that finds a row can always read
its strings and its record, and after a crash the log is at worst longer than its index.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
import uuid
import zlib
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui import __version__
from gvtui.limits import AS_THEY_COME
from gvtui.points.syscalls import host_architecture
from gvtui.trace import files, sidefiles
from gvtui.trace.batches import FORMAT, LEAD_OF_ONE, pack_one
from gvtui.trace.details import pack_details
from gvtui.trace.flight import Flight, Spares
from gvtui.trace.indexer import Indexer
from gvtui.trace.output import FULL, KEPT_BACK, STEP_BYTES, Output
from gvtui.trace.packing import Packing
from gvtui.trace.records import REAL_SIZE, LogKind, TraceError
from gvtui.trace.row import ROW_SIZE, Kind
from gvtui.trace.segmentwriter import SegmentWriter, removed_on_failure
from gvtui.trace.strings import MAGIC as STRINGS_MAGIC
from gvtui.trace.strings import StringTable
from gvtui.trace.summary import Counts, Outcome, Summary, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.limits import Limits

_STRINGS_PART = 8
"""The strings may take one part in so many of a flight recorder's disk space."""

_WORTH_LETTING_GO = 128 << 10
"""The least size in bytes at which the only segment is deleted to free space."""


_MAX_KNOWN_BYTES = 1 << 20
"""Bytes of a segment's header that tell who was connected when it began."""


@dataclass(slots=True)
class _OpenConnection:
    recv_ns: int
    details: dict[str, Any] = field(default_factory=dict)


class TraceWriter:
    """Appends to a trace, as one recording or as a flight recorder of limited size.

    The writer owns its files and locks the log until it is closed.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        keep_bytes: int | None = None,
        segment_bytes: int | None = None,
        architecture: str | None = None,
        limits: Limits = AS_THEY_COME,
    ) -> None:
        """Create the trace.

        Args:
            path: a recording's file, which must not exist; with `keep_bytes` a folder, which is
                created if it is missing and must be empty.
            keep_bytes: how many bytes of disk a flight recorder may use; beyond, the oldest segment
                is deleted.
            segment_bytes: the size of a segment; by default a part of `keep_bytes`.
            architecture: the sandboxes' architecture; by default this machine's.
            limits: of strings, and of drops that a connection can claim.

        Raises:
            TraceError: the trace exists already, or its files cannot be created.
        """
        self.path = Path(path)
        self.architecture = architecture or host_architecture()
        self.trace_id = uuid.uuid4().bytes
        self.message_count = 0
        """How many messages were written, including deleted ones."""
        self.outcome: Outcome | None = None
        """What became of all that came, where somebody counts that; the summary tells it."""
        self._messages_before = 0
        self._keep_bytes = keep_bytes
        self._segment_bytes = segment_bytes
        self._flight = (
            Flight(self.path, keep_bytes, segment_bytes) if keep_bytes is not None else None
        )
        self._rotation_error: OSError | None = None
        self._spares = Spares()
        # Strings stay when segments are deleted, so they get a small part of the disk space.
        most = limits.string_bytes
        if keep_bytes is not None:
            most = min(most, keep_bytes // _STRINGS_PART)
        self._table = StringTable(most, limits.strings)
        self._limits = limits
        self._indexer = Indexer(self._table, self.architecture, limits.drops_a_second)
        self._open: dict[int, _OpenConnection] = {}
        self._before = Tally()
        self._tally = Tally()
        self._held: deque[Tally] = deque()
        self._strings_checksum = 0
        try:
            if self._flight is not None:
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._flight.suit_disk()
                self._spares.keep()
            else:
                self._clear_way()
            self._strings = Output.create(files.strings_path(self.path), KEPT_BACK)
            with removed_on_failure(self._strings):
                self._strings.append(STRINGS_MAGIC + self.trace_id)
                self._segment = self._new_segment(1, 0)
            with contextlib.suppress(OSError):
                # So that it can be noted who came, even if the disk is full by then.
                self._reserve(0, 0)
        except FileExistsError as error:
            raise TraceError(
                f"{error.filename} exists already; choose another name or move it away"
            ) from error
        except OSError as error:
            raise TraceError(f"cannot write {self.path}: {error.strerror}") from error

    def begin_anew(self) -> TraceWriter:
        """Start the trace again after its files were removed; open connections stay open.

        Returns:
            A writer of new files, in a folder that is created again if needed. The old writer still
            has to be closed.

        Raises:
            TraceError: another file has the name, or the files cannot be created.
            OSError: remains of the old files cannot be removed, or the new ones cannot be written.
        """
        folder = self.path if self.is_flight_recorder else self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for output in (self._segment.log, self._segment.index, self._strings):
            if output.is_in_place():
                output.path.unlink()
        if self._flight is not None:
            self._flight.remove_all()
        fresh = TraceWriter(
            self.path,
            keep_bytes=self._keep_bytes,
            segment_bytes=self._segment_bytes,
            architecture=self.architecture,
            limits=self._limits,
        )
        fresh.outcome = self.outcome
        for conn, known in self._open.items():
            dropped = self._indexer.last_dropped(conn)
            fresh._indexer.set_last_dropped(conn, dropped)
            fresh.opened(conn, known.recv_ns, {**known.details, "dropped_before": dropped})
        return fresh

    @property
    def held_messages(self) -> int:
        """Messages written, less those that a flight recorder has let go."""
        dropped = self._flight.dropped_messages if self._flight is not None else 0
        return self.message_count - dropped

    @property
    def missing(self) -> list[Path]:
        """The files being written whose names no longer lead to them."""
        outputs = (self._segment.log, self._segment.index, self._strings)
        return [output.path for output in outputs if not output.is_in_place()]

    @property
    def is_removed(self) -> bool:
        """Whether the log being written is no longer at its path."""
        return not self._segment.log.is_in_place()

    @property
    def is_elsewhere(self) -> bool:
        """Whether the log being written has been renamed."""
        log = self._segment.log
        return log.has_name() and not log.is_in_place()

    def _clear_way(self) -> None:
        """Remove the side files of a recording that no longer exists.

        Raises:
            FileExistsError: the recording exists, or another kind of file has its name.
        """
        if os.path.lexists(self.path):
            raise FileExistsError(errno.EEXIST, "it exists", str(self.path))
        for path in sidefiles.beside(self.path):
            if not sidefiles.is_made_by_us(path):
                raise FileExistsError(errno.EEXIST, "it exists", str(path))
            path.unlink(missing_ok=True)

    @property
    def is_flight_recorder(self) -> bool:
        """Whether the trace is a flight recorder, which deletes old segments."""
        return self._flight is not None

    @property
    def dropped_segments(self) -> int:
        """How many segments a flight recorder has deleted."""
        return self._flight.dropped if self._flight is not None else 0

    @property
    def end_row(self) -> int:
        """How many rows have been written, including deleted ones."""
        return self._segment.first_row + self._segment.rows

    @property
    def counts(self) -> Counts:
        """What has been written so far, of all connections."""
        total = self._before.total()
        total.add(self._tally.total())
        return total

    def counts_of(self, conn: int) -> Counts:
        """What has been written so far of one connection that stands."""
        counts = Counts()
        for tally in (self._before, self._tally):
            if conn in tally.by_conn:
                counts.add(tally.by_conn[conn])
        return counts

    def held_bytes(self, conn: int) -> int:
        """Disk for what a connection has sent, of a flight recorder for what it still holds."""
        self._forget_gone()
        tallies = (*self._held, self._tally)
        held = (tally.by_conn[conn] for tally in tallies if conn in tally.by_conn)
        return sum(counts.bytes + counts.messages * ROW_SIZE for counts in held)

    def _forget_gone(self) -> None:
        """Forget what segments held that have gone."""
        segments = self._flight.segments if self._flight is not None else 0
        while len(self._held) > segments:
            self._held.popleft()

    @property
    def refused_strings(self) -> int:
        """How often a text was not kept among the strings."""
        return self._table.refused

    def take_impossible_drops(self) -> list[int]:
        """The drops that were claimed since the last call and are not counted: they cannot be."""
        found, self._indexer.impossible = self._indexer.impossible, []
        return found

    def opened(self, conn: int, recv_ns: int, details: dict[str, Any]) -> None:
        """Write that a sandbox connected, with `details` such as `peer_pid`, `peer_uid`, `command`.

        Raises:
            OSError: it could not be written, and nothing was.
        """
        self._open[conn] = _OpenConnection(recv_ns, details)
        self._event(LogKind.OPENED, Kind.OPENED, conn, recv_ns, details)

    def closed(self, conn: int, recv_ns: int, details: dict[str, Any]) -> None:
        """Write that a connection closed; raises as `opened` does."""
        self._open.pop(conn, None)
        self._indexer.forget(conn)
        self._tally.fold(self._open)
        self._event(LogKind.CLOSED, Kind.CLOSED, conn, recv_ns, details)

    def mark(self, recv_ns: int, details: dict[str, Any], conn: int = 0) -> None:
        """Write a trace mark; raises as `opened` does."""
        payload = pack_details(details)
        offset = self._segment.log.size + LEAD_OF_ONE
        last_dropped = self._indexer.last_dropped(conn)
        rows = self._indexer.mark(conn, recv_ns, offset, len(payload), details)
        self._append([self._one(LogKind.MARK, conn, recv_ns, payload)], rows, conn, last_dropped)

    def message(self, conn: int, recv_ns: int, datagram: bytes) -> None:
        """Append one message; raises as `messages` does."""
        self.messages(conn, [(recv_ns, datagram)])

    def messages(self, conn: int, batch: Sequence[tuple[int, bytes]]) -> None:
        """Append messages of one connection, each with its time of receipt in nanoseconds.

        Raises:
            OSError: they could not be written, and none of them was.
        """
        if batch:
            times = [recv_ns for recv_ns, _ in batch]
            is_one_time = times.count(times[0]) == len(times)
            self._store(conn, times[0], None if is_one_time else times, [data for _, data in batch])

    def received(self, conn: int, recv_ns: int, datagrams: list[bytes]) -> None:
        """Append messages that were received at the same time; raises as `messages` does."""
        if datagrams:
            self._store(conn, recv_ns, None, datagrams)

    def _store(
        self, conn: int, recv_ns: int, times: list[int] | None, datagrams: list[bytes]
    ) -> None:
        packing = Packing(conn, recv_ns, times, datagrams)
        self._prepare(packing.most_bytes, packing.count)
        last_dropped = self._indexer.last_dropped(conn)
        segment = self._segment
        records, rows = packing.pack(self._indexer, segment.salt, segment.log.size)
        self._append(records, rows, conn, last_dropped, packing.count, packing.size)

    def truncated(self, conn: int, recv_ns: int, beginning: bytes, real_size: int) -> None:
        """Append the beginning of a message of `real_size` bytes; raises as `messages` does."""
        payload = REAL_SIZE.pack(real_size) + beginning
        self._prepare(LEAD_OF_ONE + len(payload), 1)
        offset = self._segment.log.size + LEAD_OF_ONE + REAL_SIZE.size
        last_dropped = self._indexer.last_dropped(conn)
        rows = b"".join(self._indexer.truncated(conn, recv_ns, offset, beginning, real_size))
        record = self._one(LogKind.TRUNCATED, conn, recv_ns, payload)
        self._append([record], rows, conn, last_dropped, 1, len(beginning))

    def has_room(self) -> bool:
        """Whether the disk has space for more than a few messages."""
        try:
            self._prepare(STEP_BYTES, STEP_BYTES // ROW_SIZE // 2)
        except OSError:
            return False
        return True

    def log_copy(self) -> int:
        """A new descriptor, the caller's, of the log that is written now."""
        return os.dup(self._segment.log.fd)

    def flush(self) -> None:
        """Wait until all written data is on the disk itself."""
        for output in (self._strings, self._segment.log, self._segment.index):
            os.fsync(output.fd)

    def close(self) -> None:
        """Finish the trace: its summary is written, its index sealed, its files closed."""
        self._seal(self._segment, self._tally)
        self._strings.close()
        self._spares.close()

    def _prepare(self, size: int, rows: int) -> None:
        """Reserve space for messages; on a full disk a flight recorder deletes its oldest segment.

        Args:
            size: their size in the log, in bytes.
            rows: how many messages there are; each may need a second row for a drop.

        Raises:
            OSError: there is no space for them.
        """
        flight = self._flight
        if flight is not None and self._rotation_error is not None:
            # A segment that no other can follow keeps growing, but only up to a limit.
            self._rotate()
            if self._rotation_error and self._segment.size >= 2 * flight.segment_bytes:
                raise self._rotation_error
        try:
            self._reserve(size, rows)
        except OSError as error:
            if flight is None or error.errno not in FULL:
                raise
            if flight.let_oldest_go(self._segment.size) or self._start_over(flight):
                with contextlib.suppress(OSError):
                    self._reserve(size, rows)
            if not (self._segment.log.fits(size) and self._segment.index.fits(rows * 2 * ROW_SIZE)):
                raise
        else:
            if flight is not None:
                flight.has_room()

    def _reserve(self, size: int, rows: int) -> None:
        log, index = self._segment.log, self._segment.index
        needs = ((log, size), (index, rows * 2 * ROW_SIZE), (self._strings, min(size, KEPT_BACK)))
        try:
            for output, count in needs:
                output.reserve(count)
        except OSError:
            # One file may have reserved the space that another lacks.
            for output, _ in needs:
                output.trim()
            for output, count in needs:
                output.reserve(count)
        if self._flight is not None:
            for output, count in needs[:2]:
                output.reserve(count, self._flight.ahead)

    def _start_over(self, flight: Flight) -> bool:
        """Delete the only segment, which takes all of the disk; False if it is kept."""
        full = self._segment
        if flight.held_bytes or not flight.may_let_go or full.size < _WORTH_LETTING_GO:
            return False
        # The space that it has reserved is needed for the next segment.
        full.log.release()
        full.index.release()
        return self._rotate() and flight.let_oldest_go(self._segment.size)

    def _event(
        self, log_kind: LogKind, kind: Kind, conn: int, recv_ns: int, details: dict[str, Any]
    ) -> None:
        payload = pack_details(details)
        offset = self._segment.log.size + LEAD_OF_ONE
        row = self._indexer.event(kind, conn, recv_ns, offset, len(payload))
        self._append([self._one(log_kind, conn, recv_ns, payload)], row, conn)

    def _one(self, kind: LogKind, conn: int, recv_ns: int, payload: bytes) -> bytes:
        return pack_one(kind, conn, recv_ns, self._segment.salt, self._segment.log.size, payload)

    def _append(
        self,
        records: Sequence[bytes | memoryview],
        rows: bytes,
        conn: int,
        last_dropped: int | None = None,
        messages: int = 0,
        size: int = 0,
    ) -> None:
        try:
            if pending := self._table.pending():
                self._strings.append(pending)
                self._strings_checksum = zlib.crc32(pending, self._strings_checksum)
                self._table.written()
            self._segment.append(records, rows)
        except OSError:
            if last_dropped is not None:
                self._indexer.set_last_dropped(conn, last_dropped)
            raise
        # A mark may tell of drops too; its own row is one more.
        if messages or len(rows) > ROW_SIZE:
            self.message_count += messages
            counts = self._tally.of(conn)
            counts.messages += messages
            counts.bytes += size
            counts.take_rows(rows)
        if self._flight is not None and self._segment.size >= self._flight.segment_bytes:
            self._rotate()

    def _new_segment(self, number: int, first_row: int) -> SegmentWriter:
        log_path = files.segment_path(self.path, number) if self.is_flight_recorder else self.path
        head = {
            "format": FORMAT,
            "program": f"gvtui {__version__}",
            "id": self.trace_id,
            "arch": self.architecture,
            "segment": number,
            "first_row": first_row,
            "connections": self._known(),
            "before": self._before.packed(),
            "needs": [],
            "previous": b"",
        }
        return SegmentWriter.create(log_path, head, self.trace_id, time.time_ns())

    def _known(self) -> list[list[Any]]:
        """Who is connected; of very many, who came last is told by number and time alone."""
        left = _MAX_KNOWN_BYTES
        connections = []
        for conn, known in self._open.items():
            left -= len(pack_details(known.details))
            details = known.details if left >= 0 else {}
            connections.append([conn, known.recv_ns, details, self._indexer.last_dropped(conn)])
        return connections

    def _seal(self, segment: SegmentWriter, tally: Tally) -> None:
        summary = Summary(segment.rows, tally, self.outcome)
        segment.close(summary.details(), time.time_ns(), self._strings_checksum)

    def _rotate(self) -> bool:
        """Begin the next segment; False if this fails, and the present one goes on."""
        flight, full = self._flight, self._segment
        assert flight is not None
        self._spares.close()
        before, self._before = self._before, Tally()
        for tally in (before, self._tally):
            self._before.add(tally)
        self._before.fold(self._open)
        try:
            self._segment = self._new_segment(full.number + 1, full.first_row + full.rows)
        except OSError as error:
            self._before = before
            self._rotation_error = error
            self._spares.keep()
            return False
        self._rotation_error = None
        tally, self._tally = self._tally, Tally()
        self._seal(full, tally)
        self._spares.keep()
        messages = self.message_count - self._messages_before
        self._messages_before = self.message_count
        flight.add(full.number, full.size, messages, self._strings.size)
        self._held.append(tally)
        self._forget_gone()
        return True
