"""Stores the outcome of each exec of a trace, and what each connection shows about execs."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from gvtui.points.document import SessionError, parse_document
from gvtui.query.calls.exec_rules import (
    ExecCode,
    ExecOrder,
    ExecRows,
    Next,
    Sender,
    may_change,
    proof,
    reading,
)
from gvtui.query.column import RowColumn
from gvtui.trace.excerpts import MAX_EXECS, ExcerptMark, ExecMark, ExecOrderMark
from gvtui.trace.marks import BinaryMark, SessionMark, read_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvtui.query.source import RowSource
    from gvtui.trace.marks import Mark

INFO_POINT = "sentry/execve"

BINARY_SECONDS = 3.0
"""How many seconds after it opened a connection's binary may still be noted."""

_MAX_WAITING = 1 << 14
"""How many execs of one connection may wait for their outcome."""
_MAX_CLOSED = 64
_MAX_WAITING_CLOSED = 1 << 10
"""The same for closed connections, whose binary may be noted a little later."""
_MAX_OPENED = 1 << 13
"""Connections whose binary may yet be noted."""
_MAX_CHANGES = 1 << 18
_CODE_BITS = 3
CODE_MASK = (1 << _CODE_BITS) - 1

_MARKED = {"done": ExecCode.DONE, "done later": ExecCode.DONE_LATER, "failed": ExecCode.FAILED}
_ORDERS = {"old": ExecOrder.OLD, "new": ExecOrder.NEW}


class ExecOutcomes:
    """Outcomes of execs by row, and what each connection has shown."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self.codes = RowColumn(trace.side_folders)
        """For each row a `ExecCode` in the lowest bits, and above them the distance back to the raw
        exit of the same call."""
        self._senders: dict[int, Sender] = {}
        self._closed: dict[int, Sender] = {}
        self._opened_ns: OrderedDict[int, int] = OrderedDict()
        """When each connection opened whose binary has not been noted yet, Unix nanoseconds."""
        self._is_excerpt = False
        self._changes: list[int] = []
        self._changes_gone = 0

    def code(self, row: int) -> ExecCode:
        """The `ExecCode` of one row."""
        return ExecCode(self.codes.get(row) & CODE_MASK)

    def twin(self, row: int) -> int | None:
        """The raw exit directly before a decoded exit of the same exec without an error."""
        distance = self.codes.get(row) >> _CODE_BITS
        return row - distance if distance else None

    def sender(self, conn: int) -> Sender:
        """What the connection has shown about its gVisor."""
        return self._senders.setdefault(conn, Sender(is_excerpt=self._is_excerpt))

    def changes(self) -> int:
        """The number of changes so far, to be passed to `changed_since` later."""
        return self._changes_gone + len(self._changes)

    def changed_since(self, mark: int) -> list[int] | None:
        """The rows whose outcome became known after they had been read.

        Args:
            mark: an earlier result of `changes`.

        Returns:
            The rows in the order of the changes; None if there were more changes than are kept.
        """
        if mark < self._changes_gone:
            return None
        return self._changes[mark - self._changes_gone :]

    def began(self, connection: Sender, exec_: ExecRows) -> None:
        """Note a new exit without an error."""
        self.codes.chunk_of(exec_.rows[0])
        self.codes.put(exec_.rows[0], ExecCode.ASKED)
        if len(connection.waiting) >= _MAX_WAITING:
            del connection.waiting[next(iter(connection.waiting))]
        connection.waiting[exec_.rows[0]] = exec_
        self._ended(connection, exec_)
        self._decide(connection, exec_)

    def repeated(self, connection: Sender, exec_: ExecRows, row: int, raw: int) -> None:
        """Note that a decoded exit repeats a raw one."""
        self._ended(connection, exec_)
        exec_.rows.append(row)
        self.codes.chunk_of(row)
        self.codes.put(row, (row - raw) << _CODE_BITS | exec_.code)

    @staticmethod
    def _ended(connection: Sender, exec_: ExecRows) -> None:
        # One more exec than a mark can hold shows that the mark is incomplete.
        if connection.is_excerpt and len(connection.unnoted) <= MAX_EXECS:
            connection.unnoted.append(exec_)

    def went_on(
        self, exec_: ExecRows | None, after: Next, connection: Sender | None = None
    ) -> None:
        """Decide the outcome of an exec by the message of its thread after the exit."""
        if exec_ is None or exec_.next is not Next.PENDING:
            return
        exec_.next = after
        if connection is not None:
            self._decide(connection, exec_)

    def prove(self, connection: Sender, order: ExecOrder) -> None:
        """Set a connection's order, unless it is set: a sandbox that shows both cannot be
        trusted."""
        if connection.order is ExecOrder.UNKNOWN:
            connection.order = order
            self._settle_all(connection)

    def point_is_on(self, connection: Sender) -> None:
        """Note that the point `sentry/execve` is on in the session of a connection."""
        if not connection.is_point_on:
            connection.is_point_on = True
            for exec_ in list(connection.waiting.values()):
                self._decide(connection, exec_)

    def opened(self, row: int, conn: int, recv_ns: int) -> None:
        """Note the row at which a connection opened."""
        exe = self._trace.details(row).get("exe")
        if isinstance(exe, dict) and "ino" in exe:
            if len(self._opened_ns) >= _MAX_OPENED:
                # Its note should have come long since.
                self._opened_ns.popitem(last=False)
            self._opened_ns[conn] = recv_ns

    def closed(self, conn: int) -> None:
        """Note that a connection has closed; marks may still follow."""
        sender = self._senders.pop(conn, None)
        if sender is None or not sender.waiting:
            return
        for row in list(sender.waiting)[:-_MAX_WAITING_CLOSED]:
            del sender.waiting[row]
        if len(self._closed) >= _MAX_CLOSED:
            del self._closed[next(iter(self._closed))]
        self._closed[conn] = sender

    def first_unnoted(self, start: int, now_ns: int) -> int | None:
        """The first exec from row `start` on that waits for its connection's binary."""
        rows: list[int] = []
        for conn, opened_ns in list(self._opened_ns.items()):
            if now_ns - opened_ns > BINARY_SECONDS * 1e9:
                del self._opened_ns[conn]
                continue
            sender = self._senders.get(conn) or self._closed.get(conn)
            if sender is not None and sender.order is ExecOrder.UNKNOWN:
                rows += [row for row in sender.waiting if row >= start]
        return min(rows, default=None)

    def order_mark(self, conn: int) -> ExecOrderMark | None:
        """The mark for a copy of the trace that lacks the beginning of a connection."""
        sender = self._senders.get(conn) or self._closed.get(conn)
        if sender is None or (sender.order is ExecOrder.UNKNOWN and not sender.is_point_on):
            return None
        order = next((name for name, each in _ORDERS.items() if each is sender.order), "")
        return ExecOrderMark(order, sender.is_point_on)

    def order_marks(self) -> dict[int, ExecOrderMark]:
        """These marks for all connections, by their numbers."""
        marks = {conn: self.order_mark(conn) for conn in (*self._closed, *self._senders)}
        return {conn: mark for conn, mark in marks.items() if mark is not None}

    def adopt(self, marks: Mapping[int, ExecOrderMark]) -> None:
        """Take over what another reader of the same trace knows about its connections."""
        for conn, mark in marks.items():
            self._order_noted(self.sender(conn), mark)

    def name_of(self, row: int) -> str:
        """The outcome of an exit's exec as an `ExecMark` names it."""
        code = self.code(row)
        return next((name for name, each in _MARKED.items() if each is code), "asked")

    def marked(self, row: int, conn: int) -> None:
        """Take up the trace mark of a row and its connection."""
        try:
            mark = read_mark(self._trace.details(row))
        except IndexError:
            return
        if isinstance(mark, SessionMark):
            self._session_noted(row, mark)
        elif isinstance(mark, ExcerptMark):
            self._is_excerpt = True
            for sender in self._senders.values():
                sender.is_excerpt = True
        elif conn:
            sender = self._closed.get(conn) or self.sender(conn)
            self._sender_noted(sender, mark)
            if isinstance(mark, BinaryMark):
                self._opened_ns.pop(conn, None)

    def _session_noted(self, row: int, mark: SessionMark) -> None:
        """Take from a session mark whether the point `sentry/execve` is on."""
        try:
            session = parse_document(mark.session).session
        except SessionError:
            return
        point = session.point(INFO_POINT)
        if point is None or "thread_id" not in point.context_fields:
            return
        for connection in reversed(list(self._trace.connections.values())):
            if mark.pid and connection.peer_pid == mark.pid and 0 <= connection.first_row < row:
                self.point_is_on(self.sender(connection.conn))
                return

    def _sender_noted(self, sender: Sender, mark: Mark) -> None:
        if isinstance(mark, BinaryMark):
            if mark.is_exec_exit_last:
                self.prove(sender, ExecOrder.OLD)
        elif isinstance(mark, ExecOrderMark):
            self._order_noted(sender, mark)
        elif isinstance(mark, ExecMark):
            told, sender.unnoted = sender.unnoted, []
            if len(told) == len(mark.outcomes):
                for exec_, name in zip(told, mark.outcomes, strict=True):
                    if exec_.code is ExecCode.ASKED and name in _MARKED:
                        self._answer(sender, exec_, _MARKED[name])

    def _order_noted(self, sender: Sender, mark: ExecOrderMark) -> None:
        if mark.is_point_on:
            self.point_is_on(sender)
        self.prove(sender, _ORDERS.get(mark.order, ExecOrder.UNKNOWN))

    def _decide(self, connection: Sender, exec_: ExecRows) -> None:
        if exec_.code is not ExecCode.ASKED:
            return
        if connection.order is ExecOrder.UNKNOWN:
            proved = proof(exec_, connection)
            if proved is not ExecOrder.UNKNOWN:
                # This decides all waiting execs, including this one.
                self.prove(connection, proved)
                return
        self._settle(connection, exec_)

    def _settle(self, connection: Sender, exec_: ExecRows) -> None:
        code = reading(exec_, connection)
        if code is not ExecCode.ASKED:
            self._answer(connection, exec_, code)
        elif not may_change(exec_, connection):
            connection.waiting.pop(exec_.rows[0], None)

    def _settle_all(self, connection: Sender) -> None:
        for exec_ in list(connection.waiting.values()):
            self._settle(connection, exec_)

    def _answer(self, connection: Sender, exec_: ExecRows, code: ExecCode) -> None:
        exec_.code = code
        connection.waiting.pop(exec_.rows[0], None)
        for row in exec_.rows:
            twin = self.codes.get(row) & ~CODE_MASK
            self.codes.put(row, twin | code)
            self._changes.append(row)
        if len(self._changes) > _MAX_CHANGES:
            gone = len(self._changes) - _MAX_CHANGES // 2
            self._changes_gone += gone
            del self._changes[:gone]
