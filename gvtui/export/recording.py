"""Copies the chosen rows of a trace into a new recording, all at once or as the trace grows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gvtui.limits import AS_THEY_COME
from gvtui.monitor.ledger import Ledger
from gvtui.monitor.renewing import Renewing
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.trace.connections import BEFORE
from gvtui.trace.excerpts import MAX_EXECS, DisputeMark, ExcerptMark, ExecMark
from gvtui.trace.losses import Losses
from gvtui.trace.marks import BinaryMark, DropsMark, NoteMark, read_mark
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Flag, Kind
from gvtui.trace.writer import TraceWriter
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.export.selection import Selection
    from gvtui.monitor.ledger import Tells, Write
    from gvtui.trace.row import Row

_MAX_HELD, _MAX_HELD_BYTES = 512, 1 << 20
"""Messages, and their bytes, that are written together at most."""

_UINT32 = 0xFFFFFFFF
_HALF = 1 << 31


class RecordingExport:
    """Copies the chosen messages, byte for byte, into a new recording.

    Connections and trace marks are copied whatever the filter: rows need them. A message tells how
    many points were dropped before it; drops that only left-out messages tell of are written as a
    trace mark when their connection ends. The messages that tell an exec's outcome may be left out
    too, so a trace mark tells it.
    """

    def __init__(self, selection: Selection, out: Path, control: Tells | None = None) -> None:
        """Make the recording.

        Args:
            selection: which rows of which trace.
            out: the file, which must not exist.
            control: is told of faults; what cannot be written is then counted and noted as lost,
                and a recording that is removed is made again. Without one a fault raises OSError.

        Raises:
            TraceError: the file is there already, or cannot be made.
        """
        self._selection = selection
        self._out = TraceWriter(
            out,
            architecture=selection.trace.architecture,
            limits=replace(AS_THEY_COME, drops_a_second=selection.trace.drops_a_second),
        )
        self._ledger = Ledger(self._out, control) if control is not None else None
        self._renewing = (
            Renewing(self._ledger, control)
            if control is not None and self._ledger is not None
            else None
        )
        self._held: list[tuple[int, bytes]] = []
        self._held_conn = self._held_bytes = 0
        self._seen: dict[int, int] = {}
        self._told: dict[int, int] = {}
        self._newest_ns = 0
        self._ordered: set[int] = set()
        self._untold: dict[int, list[str]] = {}
        self._is_excerpt = False
        self._disputed: dict[int, set[str]] = {}
        self._taken = 0

    @property
    def messages(self) -> int:
        """Messages written so far, less those that were lost."""
        return self._taken - (self._ledger.lost if self._ledger is not None else 0)

    @property
    def losses(self) -> Losses:
        """What could not be written, or was removed."""
        return self._ledger.losses if self._ledger is not None else Losses()

    def _write(self, write: Write, messages: int = 0) -> None:
        """Write behind the messages that are held."""
        self._write_held()
        self._put(write, messages)

    def _write_held(self) -> None:
        held, self._held, self._held_bytes = self._held, [], 0
        conn = self._held_conn
        if held:
            self._put(lambda writer: writer.messages(conn, held), len(held))

    def _put(self, write: Write, messages: int) -> None:
        if self._ledger is None:
            write(self._out)
        else:
            self._ledger.write(write, messages)

    def _mark(self, when_ns: int, details: dict[str, Any], conn: int) -> None:
        self._write(lambda writer: writer.mark(when_ns, details, conn))

    def _hold(self, row: Row, payload: bytes) -> None:
        """Take a message to be written with those that follow it: many take less room together."""
        is_full = len(self._held) >= _MAX_HELD or self._held_bytes >= _MAX_HELD_BYTES
        if is_full or row.conn != self._held_conn:
            self._write_held()
            self._held_conn = row.conn
        self._held.append((row.recv_ns, payload))
        self._held_bytes += len(payload)

    def ready(self, start: int, stop: int, now: float) -> int:
        """How far the rows from `start` to before `stop` may be copied; see `Selection.ready`."""
        return self._selection.ready(start, stop, now)

    def copy(self, start: int, stop: int) -> None:
        """Write what was chosen of the rows from `start` to before `stop`."""
        trace = self._selection.trace
        for chunk in self._selection.chunks(start, stop):
            chosen = set(chunk.row_ids())
            for row_id in range(chunk.start, chunk.start + len(chunk.rows)):
                self._copy(row_id, trace.row(row_id), is_chosen=row_id in chosen)
        self._note_all_execs()
        self._write(lambda writer: writer.flush())

    def look(self) -> None:
        """Begin the recording anew if its file was removed, and note what was lost; to be called
        now and then where there is a `control`."""
        self._write_held()
        if self._renewing is not None and self._ledger is not None:
            self._renewing.look()
            self._ledger.recover()

    def close(self) -> None:
        """Finish the recording."""
        self._note_all_execs()
        for conn in list(self._seen):
            self._note_drops(conn, self._newest_ns)
        self._write_held()
        if self._ledger is not None:
            self._ledger.recover(is_last=True)
            self._out = self._ledger.writer
        self._out.close()

    def _copy(self, row_id: int, row: Row, *, is_chosen: bool) -> None:
        trace = self._selection.trace
        self._newest_ns = max(self._newest_ns, row.recv_ns)
        if row.kind == Kind.MESSAGE:
            self._seen[row.conn] = row.dropped
            if is_chosen:
                try:
                    payload = trace.payload(row_id)
                except DamagedError:
                    return
                self._told[row.conn] = row.dropped
                self._taken += 1
                self._note_disputes(row)
                if row.flags & Flag.TRUNCATED:
                    cut = (row.conn, row.recv_ns, payload, row.result)
                    self._write(lambda writer: writer.truncated(*cut), 1)
                else:
                    self._copy_message(row_id, row, payload)
        elif row.kind == Kind.OPENED:
            details = trace.details(row_id)
            # What was dropped before is told by the rows of the copy.
            for name in BEFORE:
                details.pop(name, None)
            self._write(lambda writer: writer.opened(row.conn, row.recv_ns, details))
        elif row.kind == Kind.CLOSED:
            self._note_execs(row.conn)
            self._note_drops(row.conn, row.recv_ns)
            details = trace.details(row_id)
            self._write(lambda writer: writer.closed(row.conn, row.recv_ns, details))
        elif row.kind == Kind.MARK:
            self._copy_mark(row_id, row)

    def _note_disputes(self, row: Row) -> None:
        """Note which containers a connection falsely claims: who they are may be left out."""
        apart = self._selection.trace.connections.claims.apart.get(row.conn)
        if not apart or not self._selection.is_filtered:
            return
        noted = self._disputed.setdefault(row.conn, set())
        for container in apart.keys() - noted:
            noted.add(container)
            self._mark(row.recv_ns, DisputeMark(container).details(), row.conn)

    def _copy_mark(self, row_id: int, row: Row) -> None:
        details = self._selection.trace.details(row_id)
        mark = read_mark(details)
        if isinstance(mark, DropsMark):
            self._seen[row.conn] = self._told[row.conn] = mark.dropped & _UINT32
        if isinstance(mark, ExcerptMark):
            self._is_excerpt = True
        self._note_execs(row.conn)
        if isinstance(mark, BinaryMark) and mark.is_exec_exit_last:
            order = self._selection.pairs.execs.outcomes.order_mark(row.conn)
            if order is None or order.order == "old":
                self._ordered.add(row.conn)
            else:
                # The messages have shown another order of bytes; the copy may lack those messages.
                self._mark(row.recv_ns, order.details(), row.conn)
        # These are written anew.
        if not isinstance(mark, ExecMark):
            self._mark(row.recv_ns, details, row.conn)

    def _copy_message(self, row_id: int, row: Row, payload: bytes) -> None:
        """Write a message; if it is an exec's exit, what became of it is noted later."""
        trace = self._selection.trace
        outcomes = self._selection.pairs.execs.outcomes
        if outcomes.code(row_id) is not ExecCode.NONE:
            if not self._is_excerpt and (self._selection.is_filtered or trace.first_row > 0):
                self._is_excerpt = True
                self._mark(row.recv_ns, ExcerptMark(self._selection.filter_text).details(), 0)
            if self._is_excerpt and row.conn not in self._ordered:
                self._take_exec(row_id, row)
        self._hold(row, payload)

    def _take_exec(self, row_id: int, row: Row) -> None:
        outcomes = self._selection.pairs.execs.outcomes
        order = outcomes.order_mark(row.conn)
        if order is not None and order.order == "old":
            # Of all execs on the connection, one mark says enough.
            self._note_execs(row.conn)
            self._ordered.add(row.conn)
            self._mark(row.recv_ns, order.details(), row.conn)
            return
        untold = self._untold.setdefault(row.conn, [])
        if len(untold) >= MAX_EXECS:
            self._note_execs(row.conn)
            untold = self._untold.setdefault(row.conn, [])
        untold.append(outcomes.name_of(row_id))

    def _note_all_execs(self) -> None:
        for conn in list(self._untold):
            self._note_execs(conn)

    def _note_execs(self, conn: int) -> None:
        """Note what became of execs whose exits were written, for the copy may hide that."""
        if untold := self._untold.pop(conn, []):
            self._mark(self._newest_ns, ExecMark(tuple(untold)).details(), conn)

    def _note_drops(self, conn: int, when_ns: int) -> None:
        untold = (self._seen.pop(conn, 0) - self._told.pop(conn, 0)) & _UINT32
        # A count that steps back a little is no loss.
        if 0 < untold < _HALF:
            points = counted(untold, "more point")
            text = f"{points} dropped behind the last message that was kept"
            self._mark(when_ns, NoteMark(text).details(), conn)
