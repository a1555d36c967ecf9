"""Writes a trace: the log first, then the rows that describe it.

Each append writes strings, log, rows, in this order. So a reader that finds a row can always read
its strings and its record, and after a crash the log is at worst longer than its index.
"""

from __future__ import annotations

import errno
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.limits import AS_THEY_COME
from gvtui.points.syscalls import host_architecture
from gvtui.trace import sidefiles
from gvtui.trace.batches import LEAD_OF_ONE, pack_one
from gvtui.trace.details import pack_details
from gvtui.trace.flight import Flight
from gvtui.trace.host import this_host
from gvtui.trace.indexer import Indexer
from gvtui.trace.living import Living
from gvtui.trace.names import NamesMark, named
from gvtui.trace.output import STEP_BYTES
from gvtui.trace.packing import Packing
from gvtui.trace.procfs import ProcessesMark
from gvtui.trace.records import REAL_SIZE, LogKind, TraceError
from gvtui.trace.row import ROW_SIZE, Kind
from gvtui.trace.strings import StringTable
from gvtui.trace.writtenfiles import WrittenFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.limits import Limits
    from gvtui.trace.letgo import LetGo
    from gvtui.trace.shrinking import Former, Shrinks
    from gvtui.trace.summary import ConnectionCounts, Reception, SummaryCounts

_STRINGS_PART = 8
"""The strings may take one part in so many of a flight recorder's disk space."""

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
        before: ConnectionCounts | None = None,
        host: dict[str, Any] | None = None,
        compressor: Shrinks | None = None,
        former: Former | None = None,
        keep_seconds: float = 0.0,
        let_go: LetGo | None = None,
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
            before: the drops that were counted in files that are no more.
            host: the machine that received the messages, as `gvtui.trace.host` tells it; by default
                this one.
            compressor: compresses a flight recorder's complete segments; it stays the caller's.
                None leaves them as they are.
            former: traces that nobody writes any more, whose segments it compresses besides.
            keep_seconds: how long a flight recorder keeps messages at most; 0 for no bound.
            let_go: what was let go of the rows of which a recording is a copy.

        Raises:
            TraceError: the trace exists already, or its files cannot be created.
        """
        self.path = Path(path)
        self.architecture = architecture or host_architecture()
        self.trace_id = uuid.uuid4().bytes
        self.message_count = 0
        """How many messages were written, including deleted ones."""
        self._host = this_host() if host is None else host
        self._keep_bytes = keep_bytes
        self._segment_bytes = segment_bytes
        self._compressor, self._former = compressor, former
        self._keep_seconds = keep_seconds
        self._let_go = let_go
        self._others: Callable[[], int] | None = None
        # Strings stay when segments are deleted, so they get a small part of the disk space.
        most = limits.string_bytes
        if keep_bytes is not None:
            most = min(most, keep_bytes // _STRINGS_PART)
        self._table = StringTable(most, limits.strings)
        self._limits = limits
        self._living = Living() if keep_bytes is not None else None
        self._indexer = Indexer(self._table, self.architecture, limits.drops_a_second, self._living)
        self._open: dict[int, _OpenConnection] = {}
        try:
            flight = None
            if keep_bytes is not None:
                flight = Flight(
                    self.path,
                    keep_bytes,
                    segment_bytes,
                    keeps_room=compressor is not None,
                    keep_seconds=keep_seconds,
                )
            else:
                self._clear_way()
            self._files = WrittenFiles(
                self.path,
                self.trace_id,
                self.architecture,
                flight,
                self._known,
                limits.drops_a_second,
                before,
                self._processes,
                self._host,
                compressor,
                former,
                let_go,
            )
        except FileExistsError as error:
            raise TraceError(
                f"{error.filename} exists already; choose another name or move it away"
            ) from error
        except OSError as error:
            raise TraceError(f"cannot write {self.path}: {error.strerror}") from error

    def begin_anew(self) -> TraceWriter:
        """Start the trace again after its files were removed.

        Open connections stay open, and the drops of all connections stay counted.

        Returns:
            A writer of new files, in a folder that is created again if needed. The old writer still
            has to be closed.

        Raises:
            TraceError: another file has the name, or the files cannot be created.
            OSError: remains of the old files cannot be removed, or the new ones cannot be written.
        """
        folder = self.path if self.is_flight_recorder else self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files.remove()
        drops = self._files.drops(self._open)
        fresh = TraceWriter(
            self.path,
            keep_bytes=self._keep_bytes,
            segment_bytes=self._segment_bytes,
            architecture=self.architecture,
            limits=self._limits,
            before=drops,
            host=self._host,
            compressor=self._compressor,
            former=self._former,
            keep_seconds=self._keep_seconds,
            let_go=self._let_go,
        )
        fresh.reception = self.reception
        fresh.when_nearly_full = self.when_nearly_full
        if self._others is not None:
            fresh.share_disk(self._others)
        fresh._living = fresh._indexer.living = self._living
        for conn, known in self._open.items():
            dropped = self._indexer.last_dropped(conn)
            told = {"dropped_before": dropped, "drops_before": drops.of(conn).dropped}
            fresh.opened(conn, known.recv_ns, {**known.details, **told})
        return fresh

    @property
    def reception(self) -> Reception | None:
        """What became of all that came, where somebody counts that; the summary tells it."""
        return self._files.reception

    @reception.setter
    def reception(self, reception: Reception | None) -> None:
        self._files.reception = reception

    @property
    def when_nearly_full(self) -> Callable[[int, int, int], None] | None:
        """Called when the oldest segments go soon; see `Thinner.ask`."""
        return self._files.when_nearly_full

    @when_nearly_full.setter
    def when_nearly_full(self, ask: Callable[[int, int, int], None] | None) -> None:
        self._files.when_nearly_full = ask

    def share_disk(self, others: Callable[[], int]) -> None:
        """Of a flight recorder, leave other traces in its place the bytes of disk that this gives."""
        self._others = others
        self._files.share_disk(others)

    def ask_again(self) -> None:
        """Have it looked again what goes of other traces; to be called now and then."""
        self._files.ask_again()

    @property
    def held_messages(self) -> int:
        """Messages written, less those that a flight recorder has let go."""
        flight = self._files.flight
        return self.message_count - (flight.dropped_messages if flight is not None else 0)

    @property
    def missing(self) -> list[Path]:
        """The files being written whose names no longer lead to them."""
        return self._files.missing

    @property
    def is_removed(self) -> bool:
        """Whether the log being written is no longer at its path."""
        return not self._files.segment.log.is_in_place()

    @property
    def is_elsewhere(self) -> bool:
        """Whether the log being written has been renamed."""
        return self._files.segment.log.has_name() and self.is_removed

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
        return self._files.flight is not None

    @property
    def dropped_segments(self) -> int:
        """How many segments a flight recorder has deleted."""
        flight = self._files.flight
        return flight.dropped if flight is not None else 0

    @property
    def end_row(self) -> int:
        """How many rows have been written, including deleted ones."""
        return self._files.end_row

    @property
    def counts(self) -> SummaryCounts:
        """What has been written so far, of all connections."""
        return self._files.counts

    def counts_of(self, conn: int) -> SummaryCounts:
        """What has been written so far of one connection that stands."""
        return self._files.counts_of(conn)

    def pushes_others_out(self, conn: int, seconds: float) -> bool:
        """See `WrittenFiles.pushes_others_out`."""
        return self._files.pushes_others_out(conn, seconds)

    def held_bytes(self, conn: int) -> int:
        """See `WrittenFiles.held_bytes`."""
        return self._files.held_bytes(conn)

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
        self._files.opened(conn, details)
        payload, offset = pack_details(details), self._files.segment.log.size + LEAD_OF_ONE
        row = self._indexer.opened(conn, recv_ns, offset, len(payload), details)
        self._append([self._one(LogKind.OPENED, conn, recv_ns, payload)], row, conn)

    def closed(self, conn: int, recv_ns: int, details: dict[str, Any]) -> None:
        """Write that a connection closed; raises as `opened` does."""
        self._open.pop(conn, None)
        self._indexer.forget(conn)
        if self._living is not None:
            self._living.forget(conn)
        self._files.closed(self._open)
        payload, offset = pack_details(details), self._files.segment.log.size + LEAD_OF_ONE
        row = self._indexer.event(Kind.CLOSED, conn, recv_ns, offset, len(payload))
        self._append([self._one(LogKind.CLOSED, conn, recv_ns, payload)], row, conn)

    def mark(self, recv_ns: int, details: dict[str, Any], conn: int = 0) -> None:
        """Write a trace mark; raises as `opened` does."""
        payload = pack_details(details)
        if details.get("kind") == NamesMark.kind and conn in self._open:
            known = self._open[conn]
            known.details = named(known.details, NamesMark.read(details))
        if details.get("kind") == ProcessesMark.kind and conn in self._open:
            self._listed(conn, details)
        offset = self._files.segment.log.size + LEAD_OF_ONE
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
        self._files.prepare(packing.most_bytes, packing.count)
        last_dropped = self._indexer.last_dropped(conn)
        segment = self._files.segment
        records, rows = packing.pack(self._indexer, segment.salt, segment.log.size)
        self._append(records, rows, conn, last_dropped, packing.count, packing.size)

    def truncated(self, conn: int, recv_ns: int, beginning: bytes, real_size: int) -> None:
        """Append the beginning of a message of `real_size` bytes; raises as `messages` does."""
        payload = REAL_SIZE.pack(real_size) + beginning
        self._files.prepare(LEAD_OF_ONE + len(payload), 1)
        offset = self._files.segment.log.size + LEAD_OF_ONE + REAL_SIZE.size
        last_dropped = self._indexer.last_dropped(conn)
        rows = b"".join(self._indexer.truncated(conn, recv_ns, offset, beginning, real_size))
        record = self._one(LogKind.TRUNCATED, conn, recv_ns, payload)
        self._append([record], rows, conn, last_dropped, 1, len(beginning))

    def has_room(self) -> bool:
        """Whether the disk has space for more than a few messages."""
        try:
            self._files.prepare(STEP_BYTES, STEP_BYTES // ROW_SIZE // 2)
        except OSError:
            return False
        return True

    def log_copy(self) -> int:
        """A new descriptor, the caller's, of the log that is written now."""
        return os.dup(self._files.segment.log.fd)

    def compress_on(self) -> str:
        """See `Shrinking.look`; "" where nothing is compressed."""
        return self._files.compress_on()

    def let_old_go(self) -> None:
        """See `WrittenFiles.let_old_go`."""
        self._files.let_old_go()

    def flush(self) -> None:
        """Wait until all written data is on the disk itself."""
        self._files.flush()

    def close(self) -> None:
        """Finish the trace: its summary is written, its index sealed, its files closed."""
        self._files.close()

    def _one(self, kind: LogKind, conn: int, recv_ns: int, payload: bytes) -> bytes:
        segment = self._files.segment
        return pack_one(kind, conn, recv_ns, segment.salt, segment.log.size, payload)

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
                self._files.append_strings(pending)
                self._table.written()
            self._files.append(records, rows)
        except OSError:
            if last_dropped is not None:
                self._indexer.set_last_dropped(conn, last_dropped)
            raise
        # A mark may tell of drops too; its own row is one more.
        if messages or len(rows) > ROW_SIZE:
            self.message_count += messages
            counts = self._files.tally.of(conn)
            counts.messages += messages
            counts.bytes += size
            counts.take_rows(rows)
        self._files.rotate_if_full()

    def _known(self) -> list[list[Any]]:
        """Who is connected; of very many, who came last is told by number and time alone."""
        left = _MAX_KNOWN_BYTES
        connections = []
        for conn, known in self._open.items():
            left -= len(pack_details(known.details))
            details = known.details if left >= 0 else {}
            connections.append([conn, known.recv_ns, details, self._indexer.last_dropped(conn)])
        return connections

    def _listed(self, conn: int, details: dict[str, Any]) -> None:
        if self._living is not None:
            self._living.listed(conn, ProcessesMark.read(details))

    def _processes(self, most_bytes: int) -> list[list[Any]]:
        """The processes of who is connected, for the header of a segment."""
        marks = self._living.marks(most_bytes) if self._living is not None else []
        return [[conn, mark.details()] for conn, mark in marks]
