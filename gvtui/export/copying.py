"""Copies rows of one trace into a recording that may get rows of others too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gvtui.query.calls.exec_rules import ExecCode
from gvtui.trace.details import text_in
from gvtui.trace.excerpts import MAX_EXECS, DisputeMark, ExcerptMark, ExecMark
from gvtui.trace.marks import BinaryMark, ClockMark, DropsMark, read_mark
from gvtui.trace.records import DamagedError, LogKind
from gvtui.trace.row import Flag, Kind
from gvtui.trace.standing import Standing
from gvtui.trace.thinned import ThinnedMark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gvtui.export.recordingsink import RecordingSink
    from gvtui.export.selection import Selection
    from gvtui.redact.redactor import Redactor
    from gvtui.trace.bookmarks import Bookmark
    from gvtui.trace.marks import Mark
    from gvtui.trace.row import Row


class RowCopying:
    """Copies the chosen messages of a trace, byte for byte, into a sink.

    Connections and trace marks are copied whatever the filter: rows need them; but of one sandbox's
    rows, those of the others are not. A message tells how
    many points were dropped before it; drops that only left-out messages tell of are written as a
    trace mark when their connection ends. The messages that tell an exec's outcome may be left out
    too, so a trace mark tells it.
    """

    def __init__(
        self,
        selection: Selection,
        sink: RecordingSink,
        *,
        shift: int = 0,
        is_part: bool = False,
        from_ns: int = 0,
        to_ns: int = 0,
        bookmarks: Mapping[int, Bookmark] | None = None,
        is_wanted: Callable[[Mark], bool] = lambda _: True,
        redactor: Redactor | None = None,
    ) -> None:
        """Begin.

        Args:
            selection: which rows of which trace.
            sink: where they go.
            shift: is added to the numbers of connections.
            is_part: whether rows of the trace are left out before or behind, whatever the filter.
            from_ns: rows received at this Unix time or later are copied; 0 for all.
            to_ns: rows received before this time are copied; 0 for all.
            bookmarks: those of the trace, by row; `bookmarked` has them with their new rows.
            is_wanted: whether a mark of the trace is written.
            redactor: takes secrets out of all that is written.
        """
        self._selection = selection
        self._sink = sink
        self._shift = shift
        self._times = from_ns, to_ns
        self._is_wanted = is_wanted
        self._redactor = redactor
        self._is_part = is_part or selection.trace.first_row > 0
        self._bookmarks = bookmarks or {}
        self.bookmarked: list[Bookmark] = []
        """The bookmarks whose rows were written, with the numbers that the rows have now."""
        self._counted: dict[int, int] = {}
        """The last count of drops that each connection's rows have told."""
        self._unwritten: dict[int, int] = {}
        """How many drops of each connection nothing that was written has told."""
        self._newest_ns = 0
        self._ordered: set[int] = set()
        self._untold: dict[int, list[str]] = {}
        self._disputed: dict[int, set[str]] = {}

    def retell(self, row: int, when_ns: int) -> None:
        """Write what stood before a row, from which on rows are copied."""
        self._selection.look_ahead_at_execs()
        for kind, conn, recv_ns, details, old in Standing(self._selection.trace, row).records(
            when_ns
        ):
            if not self._selection.concerns(conn, text_in(details, "container_id")):
                continue
            if kind == LogKind.OPENED:
                self._open(conn, recv_ns, details)
            else:
                self._note_order(conn, recv_ns, details)
                self.mark(recv_ns, details, conn)
            self._bookmark(old, conn)

    def copy(self, start: int, stop: int) -> None:
        """Write what was chosen of the rows from `start` to before `stop`."""
        trace = self._selection.trace
        for chunk in self._selection.chunks(start, stop):
            chosen = set(chunk.row_ids())
            for row_id in range(chunk.start, chunk.start + len(chunk.rows)):
                self.row(row_id, trace.row(row_id), is_chosen=row_id in chosen)
        self.note_all_execs()

    def finish(self) -> None:
        """Note what only rows have told that were left out."""
        self.note_all_execs()
        for conn in list(self._unwritten):
            self._note_drops(conn, self._newest_ns)

    def mark(self, when_ns: int, details: dict[str, Any], conn: int) -> None:
        """Write a trace mark, of a connection with the number that it has in the trace."""
        moved, shown = self._moved(conn), self._shown(details)
        self._sink.write(lambda writer: writer.mark(when_ns, shown, moved))

    def thinned(self, when_ns: int, mark: ThinnedMark) -> bool:
        """Write what a mark of the trace tells of the rows that are copied; False if that is
        nothing."""
        told = mark.copied(self._shift, self._selection.conns, *self._times)
        if told is not None:
            self.mark(when_ns, told.details(), 0)
        return told is not None

    def _moved(self, conn: int) -> int:
        return conn + self._shift if conn else 0

    def _open(self, conn: int, recv_ns: int, details: dict[str, Any]) -> None:
        moved, shown = self._moved(conn), self._shown(details)
        self._sink.write(lambda writer: writer.opened(moved, recv_ns, shown))

    def _shown(self, details: dict[str, Any]) -> dict[str, Any]:
        return self._redactor.details(details) if self._redactor is not None else details

    def row(self, row_id: int, row: Row, *, is_chosen: bool) -> None:
        """Write a row: a message only if it is chosen."""
        is_marked = row_id in self._bookmarks or row_id - 1 in self._bookmarks
        before = self._sink.end_row() if is_marked else 0
        is_written = self._write(row_id, row, is_chosen=is_chosen)
        if is_marked and is_written:
            self._bookmark(row_id, row.conn, self._sink.end_row() - before)

    def _write(self, row_id: int, row: Row, *, is_chosen: bool) -> bool:
        """Write a row; False if it was left out, or comes with another one."""
        trace = self._selection.trace
        self._newest_ns = max(self._newest_ns, row.recv_ns)
        if row.conn and not self._selection.concerns(row.conn):
            return False
        if row.kind == Kind.MESSAGE:
            try:
                payload = trace.payload(row_id) if is_chosen else None
            except DamagedError:
                payload = None
            if payload is None:
                return False
            self._copy_message(row_id, row, payload)
        elif row.kind == Kind.DROP:
            self._counted[row.conn] = row.dropped
            self._unwritten[row.conn] = self._unwritten.get(row.conn, 0) + row.result
            return False
        elif row.kind == Kind.OPENED:
            self._open(row.conn, row.recv_ns, trace.details(row_id))
        elif row.kind == Kind.CLOSED:
            self._note_execs(row.conn)
            self._note_drops(row.conn, row.recv_ns)
            details, moved = self._shown(trace.details(row_id)), self._moved(row.conn)
            self._sink.write(lambda writer: writer.closed(moved, row.recv_ns, details))
        elif row.kind == Kind.MARK:
            return self._copy_mark(row_id, row)
        return True

    def _bookmark(self, row_id: int, conn: int, rows: int = 1) -> None:
        """Keep the bookmark of a row that was written just now, and of the drops that it tells.

        Args:
            row_id: the row in the trace.
            conn: its connection.
            rows: how many rows it has become.
        """
        for old, back in ((row_id, 1), (row_id - 1, 2)):
            known = self._bookmarks.get(old)
            if known is not None and (back == 1 or (known.kind == Kind.DROP and rows == back)):
                row = self._sink.end_row() - back
                note = self._redactor.text(known.note) if self._redactor else known.note
                moved = replace(known, row=row, note=note, conn=self._moved(conn))
                self.bookmarked.append(moved)

    def _note_disputes(self, row: Row) -> None:
        """Note which containers a connection falsely claims: who they are may be left out."""
        apart = self._selection.trace.connections.claims.apart.get(row.conn)
        if not apart or not (self._selection.is_filtered or self._is_part):
            return
        noted = self._disputed.setdefault(row.conn, set())
        for container in apart.keys() - noted:
            noted.add(container)
            self.mark(row.recv_ns, DisputeMark(container).details(), row.conn)

    def _copy_mark(self, row_id: int, row: Row) -> bool:
        """Write a mark; False if it is another sandbox's."""
        details = self._selection.trace.details(row_id)
        mark = read_mark(details)
        if isinstance(mark, ThinnedMark):
            return self.thinned(row.recv_ns, mark)
        if not self._selection.concerns(row.conn, text_in(details, "container_id")):
            return False
        if isinstance(mark, DropsMark):
            self._unwritten.pop(row.conn, None)
        if isinstance(mark, ExcerptMark):
            self._sink.is_excerpt = True
        if isinstance(mark, ClockMark):
            details = replace(mark, shift=mark.shift + self._shift).details()
        self._note_execs(row.conn)
        self._note_order(row.conn, row.recv_ns, details)
        # The outcomes of execs are written anew.
        if not isinstance(mark, ExecMark) and self._is_wanted(mark):
            self.mark(row.recv_ns, details, row.conn)
        return True

    def _note_order(self, conn: int, recv_ns: int, details: dict[str, Any]) -> None:
        """Note in front of a mark about the runsc what messages have shown that the copy may lack."""
        mark = read_mark(details)
        if isinstance(mark, BinaryMark) and mark.is_exec_exit_last:
            order = self._selection.pairs.execs.outcomes.order_mark(conn)
            if order is None or order.order == "old":
                self._ordered.add(conn)
            else:
                # The messages have shown another order of bytes; the copy may lack those messages.
                self.mark(recv_ns, order.details(), conn)

    def _copy_message(self, row_id: int, row: Row, payload: bytes) -> None:
        """Write a message; if it is an exec's exit, what became of it is noted later."""
        self._unwritten.pop(row.conn, None)
        self._note_disputes(row)
        conn = self._moved(row.conn)
        if self._redactor is not None:
            is_whole = not row.flags & Flag.TRUNCATED
            payload = self._redactor.message(payload) if is_whole else self._redactor.cut(payload)
        if row.flags & Flag.TRUNCATED:
            size = row.result
            self._sink.write(lambda writer: writer.truncated(conn, row.recv_ns, payload, size), 1)
            return
        outcomes = self._selection.pairs.execs.outcomes
        if outcomes.code(row_id) is not ExecCode.NONE:
            if not self._sink.is_excerpt and (self._selection.is_filtered or self._is_part):
                self._sink.is_excerpt = True
                self.mark(row.recv_ns, ExcerptMark(self._selection.filter_text).details(), 0)
            if self._sink.is_excerpt and row.conn not in self._ordered:
                self._take_exec(row_id, row)
        self._sink.hold(conn, row.recv_ns, payload)

    def _take_exec(self, row_id: int, row: Row) -> None:
        outcomes = self._selection.pairs.execs.outcomes
        order = outcomes.order_mark(row.conn)
        if order is not None and order.order == "old":
            # Of all execs on the connection, one mark says enough.
            self._note_execs(row.conn)
            self._ordered.add(row.conn)
            self.mark(row.recv_ns, order.details(), row.conn)
            return
        untold = self._untold.setdefault(row.conn, [])
        if len(untold) >= MAX_EXECS:
            self._note_execs(row.conn)
            untold = self._untold.setdefault(row.conn, [])
        untold.append(outcomes.name_of(row_id))

    def note_all_execs(self) -> None:
        """Note what became of all execs whose exits were written."""
        for conn in list(self._untold):
            self._note_execs(conn)

    def _note_execs(self, conn: int) -> None:
        """Note what became of execs whose exits were written, for the copy may hide that."""
        if untold := self._untold.pop(conn, []):
            self.mark(self._newest_ns, ExecMark(tuple(untold)).details(), conn)

    def _note_drops(self, conn: int, when_ns: int) -> None:
        """Tell of drops of which only rows have told that were left out."""
        if self._unwritten.pop(conn, 0):
            mark = DropsMark(self._counted[conn], is_left_out=True)
            self.mark(when_ns, mark.details(), conn)
