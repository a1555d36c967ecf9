"""The files that a trace is written to: its strings, and its segments one after another."""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from typing import TYPE_CHECKING, Any

from gvtui import __version__
from gvtui.limits import AS_THEY_COME
from gvtui.trace import files
from gvtui.trace.batches import FORMAT
from gvtui.trace.fairness import ahead
from gvtui.trace.flight import Flight, Spares
from gvtui.trace.letgo import LetGo
from gvtui.trace.output import FULL, KEPT_BACK, Output
from gvtui.trace.row import ROW_SIZE
from gvtui.trace.segmentwriter import SegmentWriter, removed_on_failure
from gvtui.trace.shares import Shares
from gvtui.trace.shrinking import Shrinking
from gvtui.trace.strings import MAGIC as STRINGS_MAGIC
from gvtui.trace.summary import ConnectionCounts, Reception, Summary, SummaryCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Sequence
    from pathlib import Path

    from gvtui.trace.shrinking import Former, Shrinks

_WORTH_LETTING_GO = 128 << 10
"""The least size in bytes at which the only segment is deleted to free space."""


_MAX_PROCESSES_BYTES = 1 << 20
_PROCESSES_PART = 16
"""The processes that a segment begins with may take so many bytes, and one part in so many."""

_NEARLY = 0.75
"""How full the segment being written is when who pushes others out is left out: the rest is theirs."""

_ASK_SECONDS = 5.0
"""After how many seconds it is asked again what goes of other traces."""


class WrittenFiles:
    """The files of a trace being written, and what has been counted in each segment.

    Owns their descriptors, and locks the log, until `close`.
    """

    def __init__(
        self,
        path: Path,
        trace_id: bytes,
        architecture: str,
        flight: Flight | None,
        standing: Callable[[], list[list[Any]]],
        drops_a_second: int = AS_THEY_COME.drops_a_second,
        before: ConnectionCounts | None = None,
        processes: Callable[[int], list[list[Any]]] = lambda _: [],
        host: dict[str, Any] | None = None,
        compressor: Shrinks | None = None,
        former: Former | None = None,
        let_go: LetGo | None = None,
    ) -> None:
        """Create them.

        Args:
            path: a recording's file, or the folder of a flight recorder.
            trace_id: the id in their heads.
            architecture: the sandboxes' architecture.
            flight: the rules by which old segments go; None for a recording.
            standing: the connections that stand, as a segment's header tells them.
            drops_a_second: the limit by which claimed drops are judged, which the heads tell.
            before: what was counted before, in files that are no more.
            processes: those of the connections that stand, in about so many bytes at most.
            host: the machine that received the messages, which the heads tell.
            compressor: compresses a flight recorder's complete segments, if any does.
            former: other traces whose segments it compresses.
            let_go: what was let go of the rows of which a recording is a copy.

        Raises:
            OSError: a file exists already, or cannot be created.
        """
        self.path = path
        self.flight = flight
        self.reception: Reception | None = None
        """What became of all that came, where somebody counts that; the summary tells it."""
        self._when_nearly_full: Callable[[int, int, int], None] | None = None
        self._shares_disk = False
        self._ask_at = 0.0
        self.tally = ConnectionCounts()
        """What has been counted in the segment that is written."""
        self._trace_id = trace_id
        self._architecture = architecture
        self._drops_a_second = drops_a_second
        self._host = host or {}
        self._standing, self._processes = standing, processes
        self._before = before or ConnectionCounts()
        self._let_go = let_go or LetGo()
        self._shares = Shares()
        self._spares = Spares()
        self._shrinking: Shrinking | None = None
        if flight is not None and compressor is not None:
            self._shrinking = Shrinking(path, flight, compressor, self._resized, former)
        self._rotation_error: OSError | None = None
        self._strings_checksum = 0
        self._rows_since = 0.0
        if flight is not None:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            flight.suit_disk()
            self._rows_since = flight.now
            self._spares.keep()
        self._strings = Output.create(files.strings_path(path), KEPT_BACK)
        with removed_on_failure(self._strings):
            self._strings.append(STRINGS_MAGIC + trace_id)
            self.segment = self._new_segment(1, 0)
            """The segment that is written."""
        with contextlib.suppress(OSError):
            # So that it can be noted who came, even if the disk is full by then.
            self._reserve(0, 0)

    @property
    def when_nearly_full(self) -> Callable[[int, int, int], None] | None:
        """Called when the oldest segments go soon; see `Thinner.ask`."""
        return self._when_nearly_full

    @when_nearly_full.setter
    def when_nearly_full(self, ask: Callable[[int, int, int], None] | None) -> None:
        self._when_nearly_full = ask
        if self.flight is not None:
            self.flight.waits_for_pieces = ask is not None

    def share_disk(self, others: Callable[[], int]) -> None:
        """Leave other traces the bytes of disk that they keep, and ask often what goes of them."""
        self._shares_disk = True
        if self.flight is not None:
            self.flight.others = others

    @property
    def missing(self) -> list[Path]:
        """The files whose names no longer lead to them."""
        return [output.path for output in self._outputs() if not output.is_in_place()]

    def _outputs(self) -> tuple[Output, Output, Output]:
        return self.segment.log, self.segment.index, self._strings

    def remove(self) -> None:
        """Remove the files from their places, and all others that a flight recorder has.

        Raises:
            OSError: one cannot be removed.
        """
        for output in self._outputs():
            if output.is_in_place():
                output.path.unlink()
        if self.flight is not None:
            self.flight.remove_all()

    @property
    def end_row(self) -> int:
        """How many rows have been written, including deleted ones."""
        return self.segment.first_row + self.segment.rows

    @property
    def counts(self) -> SummaryCounts:
        """What has been counted so far, of all connections."""
        total = self._before.total()
        total.add(self.tally.total())
        return total

    def drops(self, standing: Container[int]) -> ConnectionCounts:
        """The drops alone that have been counted so far, one by one of connections that stand."""
        drops = ConnectionCounts()
        for tally in (self._before, self.tally):
            for conn, counts in tally.by_conn.items():
                if conn in standing:
                    drops.of(conn).dropped += counts.dropped
                elif counts.dropped:
                    drops.others.dropped += counts.dropped
                    drops.other_connections += 1
            drops.others.dropped += tally.others.dropped
            drops.other_connections += tally.other_connections
        return drops

    def counts_of(self, conn: int) -> SummaryCounts:
        """What has been counted so far of one connection that stands."""
        counts = SummaryCounts()
        for tally in (self._before, self.tally):
            if conn in tally.by_conn:
                counts.add(tally.by_conn[conn])
        return counts

    def opened(self, conn: int, details: dict[str, Any]) -> None:
        """Note who is behind a connection that has opened."""
        self._shares.opened(conn, details)

    def closed(self, standing: Collection[int]) -> None:
        """Note that a connection has closed; these stand."""
        self.tally.fold(standing)
        self._shares.closed(self.tally, still=standing)

    def held_bytes(self, conn: int) -> int:
        """Disk for what the sandbox of a connection has sent, of a flight recorder for what it
        still holds."""
        return self._shares.held_bytes(conn, self.tally)

    def pushes_others_out(self, conn: int, seconds: float) -> bool:
        """Whether messages of one sandbox would soon cost others some that are younger than this.

        That is so if a flight recorder has to delete its oldest segment when the one being written
        is complete, which is nearly so; if that segment was complete less than `seconds` ago and
        has messages of others; and if the sandbox holds more than an equal share.
        """
        flight, size = self.flight, self.segment.size
        if flight is None or size < flight.segment_bytes * _NEARLY:
            return False
        self._shares.keep(flight.segments)
        if not flight.is_full(self._strings.size):
            return False
        return self._shares.would_push_out(conn, self.tally, size, flight.segment_bytes, seconds)

    def prepare(self, size: int, rows: int) -> None:
        """Reserve space for messages; on a full disk a flight recorder deletes its oldest segment.

        Args:
            size: their size in the log, in bytes.
            rows: how many messages there are; each may need a second row for a drop.

        Raises:
            OSError: there is no space for them.
        """
        flight = self.flight
        if flight is not None and self._rotation_error is not None:
            # A segment that no other can follow keeps growing, but only up to a limit.
            self._rotate(flight)
            if self._rotation_error and self.segment.size >= 2 * flight.segment_bytes:
                raise self._rotation_error
        if flight is not None and flight.is_late:
            flight.make_room(self.segment.size + size + rows * ROW_SIZE, self._strings.size)
        try:
            self._reserve(size, rows)
        except OSError as error:
            if flight is None or error.errno not in FULL:
                raise
            if flight.let_oldest_go(self.segment.size) or self._start_over(flight):
                with contextlib.suppress(OSError):
                    self._reserve(size, rows)
            if not (self.segment.log.fits(size) and self.segment.index.fits(rows * 2 * ROW_SIZE)):
                raise
        else:
            if flight is not None:
                flight.has_room()

    def _reserve(self, size: int, rows: int) -> None:
        log, index = self.segment.log, self.segment.index
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
        if self.flight is not None:
            for output, count in needs[:2]:
                output.reserve(count, self.flight.ahead)

    def _start_over(self, flight: Flight) -> bool:
        """Delete the only segment, which takes all of the disk; False if it is kept."""
        full = self.segment
        if flight.held_bytes or not flight.may_let_go or full.size < _WORTH_LETTING_GO:
            return False
        # The space that it has reserved is needed for the next segment.
        full.log.release()
        full.index.release()
        return self._rotate(flight) and flight.let_oldest_go(self.segment.size)

    def append_strings(self, strings: bytes) -> None:
        """Write strings, which come before the rows that refer to them.

        Raises:
            OSError: they could not be written, and none of them was.
        """
        self._strings.append(strings)
        self._strings_checksum = zlib.crc32(strings, self._strings_checksum)

    def append(self, records: Sequence[bytes | memoryview], rows: bytes) -> None:
        """Write records, in pieces, and their rows.

        Raises:
            OSError: they could not be written, and none of them was.
        """
        self.segment.append(records, rows)

    def rotate_if_full(self) -> None:
        """Begin the next segment of a flight recorder if this one is large enough."""
        if self.flight is not None and self.segment.size >= self.flight.segment_bytes:
            self._rotate(self.flight)

    def let_old_go(self) -> None:
        """Delete what a flight recorder may keep no longer; to be called now and then."""
        if self.flight is None:
            return
        if not self.segment.rows:
            self._rows_since = self.flight.now
        elif self.flight.is_old(self._rows_since):
            self._rotate(self.flight)
        self.flight.let_old_go()
        self._shares.keep(self.flight.segments)

    def _rotate(self, flight: Flight) -> bool:
        """Begin the next segment; False if this fails, and the present one goes on."""
        full = self.segment
        self._spares.close()
        before, self._before = self._before, ConnectionCounts()
        for tally in (before, self.tally):
            self._before.add(tally)
        self._before.fold(conn for conn, *_ in self._standing())
        try:
            self.segment = self._new_segment(full.number + 1, full.first_row + full.rows)
        except OSError as error:
            self._before = before
            self._rotation_error = error
            self._spares.keep()
            return False
        self._rotation_error = None
        self._rows_since = flight.now
        tally, self.tally = self.tally, ConnectionCounts()
        self._seal(full, tally)
        # Before the spares are held again: this looks into the folder.
        flight.add(full.number, full.size, tally.total().messages, self._strings.size)
        self._spares.keep()
        if self._shrinking is not None:
            self._shrinking.add(full.number)
        self._shares.complete(tally, still={conn for conn, *_ in self._standing()})
        self._shares.keep(flight.segments)
        self._ask(flight)
        return True

    def _ask(self, flight: Flight) -> None:
        """Tell who keeps what stays of segments, if it is time for that, or others share the disk."""
        if self._when_nearly_full is not None:
            excess, limit = flight.excess(self._strings.size), flight.limit(self._strings.size)
            if self._shares_disk or excess + ahead(limit, flight.segment_bytes) > 0:
                self._when_nearly_full(excess, limit, flight.segment_bytes)

    def ask_again(self) -> None:
        """Where others share the disk, ask what goes of them; to be called now and then."""
        flight = self.flight
        if self._shares_disk and flight is not None and flight.now >= self._ask_at:
            self._ask_at = flight.now + _ASK_SECONDS
            self._ask(flight)

    def _new_segment(self, number: int, first_row: int) -> SegmentWriter:
        path = self.path if self.flight is None else files.segment_path(self.path, number)
        head = {
            "format": FORMAT,
            "program": f"gvtui {__version__}",
            "id": self._trace_id,
            "arch": self._architecture,
            "host": self._host,
            "drops_a_second": self._drops_a_second,
            "segment": number,
            "first_row": first_row,
            "connections": self._standing(),
            **({"processes": self._carried(self.flight)} if self.flight is not None else {}),
            "before": self._before.packed(),
            **self._let_go.details(),
            "needs": [],
            "previous": b"",
        }
        return SegmentWriter.create(path, head, self._trace_id, time.time_ns())

    def _carried(self, flight: Flight) -> list[list[Any]]:
        """The processes at the beginning of a segment: a small part of it."""
        return self._processes(min(_MAX_PROCESSES_BYTES, flight.segment_bytes // _PROCESSES_PART))

    def _seal(self, segment: SegmentWriter, tally: ConnectionCounts) -> None:
        summary = Summary(segment.rows, tally, self.reception)
        segment.close(summary.details(), time.time_ns(), self._strings_checksum)

    def _resized(self, number: int, size: int) -> None:
        if self.flight is not None:
            self._shares.keep(self.flight.segments)
            self._shares.shrunk(*self.flight.resized(number, size))

    def compress_on(self) -> str:
        """See `Shrinking.look`; "" where nothing is compressed."""
        return self._shrinking.look() if self._shrinking is not None else ""

    def flush(self) -> None:
        """Wait until all written data is on the disk itself."""
        log, index, strings = self._outputs()
        for output in (strings, log, index):
            os.fsync(output.fd)

    def close(self) -> None:
        """Write the summary, seal the index, and close all files."""
        if self._shrinking is not None:
            self._shrinking.close()
        self._seal(self.segment, self.tally)
        self._strings.close()
        self._spares.close()
