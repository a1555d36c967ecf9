"""What is known so far of each exec of a trace, and of the connections that execs came on."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from gvtui.points.document import SessionError, parse_document
from gvtui.query.calls.exec_rules import (
    Code,
    Exec,
    Next,
    Order,
    Sender,
    may_change,
    proof,
    reading,
)
from gvtui.query.column import RowColumn
from gvtui.trace.marks import (
    MAX_EXECS,
    BinaryMark,
    ExcerptMark,
    ExecMark,
    ExecOrderMark,
    SessionMark,
    read_mark,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvtui.query.source import RowSource
    from gvtui.trace.marks import Mark

INFO_POINT = "sentry/execve"

BINARY_SECONDS = 3.0
"""How long after it opened a connection's binary may yet be noted."""

_MAX_WAITING = 1 << 14
"""Execs of one connection whose outcome may yet be found out."""
_MAX_CLOSED = 64
_MAX_WAITING_CLOSED = 1 << 10
"""The same of connections that have closed: their binary may be noted a little later."""
_MAX_OPENED = 1 << 13
"""Connections whose binary may yet be noted."""
_MAX_CHANGES = 1 << 18
_CODE_BITS = 3
CODE_MASK = (1 << _CODE_BITS) - 1

_MARKED = {"done": Code.DONE, "done later": Code.DONE_LATER, "failed": Code.FAILED}
_ORDERS = {"old": Order.OLD, "new": Order.NEW}


class ExecOutcomes:
    """Outcomes of execs by row, and what connections have proved."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self.codes = RowColumn(trace.side_folders)
        """A `Code` in the lowest bits, and above them how far back the raw exit is of the same
        call."""
        self._senders: dict[int, Sender] = {}
        self._closed: dict[int, Sender] = {}
        self._opened_ns: OrderedDict[int, int] = OrderedDict()
        """When each connection opened whose binary is to be noted."""
        self._is_excerpt = False
        self._changes: list[int] = []
        self._changes_gone = 0

    def code(self, row: int) -> Code:
        """The `Code` of one row."""
        return Code(self.codes.get(row) & CODE_MASK)

    def twin(self, row: int) -> int | None:
        """The raw exit just before a decoded exit of the same exec without an error."""
        distance = self.codes.get(row) >> _CODE_BITS
        return row - distance if distance else None

    def sender(self, conn: int) -> Sender:
        """What is known of a connection."""
        return self._senders.setdefault(conn, Sender(is_excerpt=self._is_excerpt))

    def changes(self) -> int:
        """How many changes there have been: give it to `changed_since` later."""
        return self._changes_gone + len(self._changes)

    def changed_since(self, mark: int) -> list[int] | None:
        """Rows whose outcome became known after they had been looked at.

        Args:
            mark: what `changes` gave before.

        Returns:
            The rows in the order of the changes; None if there were more than are held.
        """
        if mark < self._changes_gone:
            return None
        return self._changes[mark - self._changes_gone :]

    def began(self, connection: Sender, exec_: Exec) -> None:
        """Note a new exit without an error."""
        self.codes.chunk_of(exec_.rows[0])
        self.codes.put(exec_.rows[0], Code.ASKED)
        if len(connection.waiting) >= _MAX_WAITING:
            del connection.waiting[next(iter(connection.waiting))]
        connection.waiting[exec_.rows[0]] = exec_
        self._ended(connection, exec_)
        self._decide(connection, exec_)

    def repeated(self, connection: Sender, exec_: Exec, row: int, raw: int) -> None:
        """Note that a decoded exit repeats a raw one."""
        self._ended(connection, exec_)
        exec_.rows.append(row)
        self.codes.chunk_of(row)
        self.codes.put(row, (row - raw) << _CODE_BITS | exec_.code)

    @staticmethod
    def _ended(connection: Sender, exec_: Exec) -> None:
        # One more than a mark can tell of shows that none is to be believed.
        if connection.is_excerpt and len(connection.unnoted) <= MAX_EXECS:
            connection.unnoted.append(exec_)

    def went_on(self, exec_: Exec | None, after: Next, connection: Sender | None = None) -> None:
        """A thread went on after an exit; decide what became of the exec."""
        if exec_ is None or exec_.next is not Next.PENDING:
            return
        exec_.next = after
        if connection is not None:
            self._decide(connection, exec_)

    def prove(self, connection: Sender, order: Order) -> None:
        """What came first counts: a sandbox that does both is not to be believed anyway."""
        if connection.order is Order.UNKNOWN:
            connection.order = order
            self._settle_all(connection)

    def point_is_on(self, connection: Sender) -> None:
        """The point `sentry/execve` is on, in the session of a connection."""
        if not connection.is_point_on:
            connection.is_point_on = True
            for exec_ in list(connection.waiting.values()):
                self._decide(connection, exec_)

    def opened(self, row: int, conn: int, recv_ns: int) -> None:
        """A connection has opened, as a row tells."""
        exe = self._trace.details(row).get("exe")
        if isinstance(exe, dict) and "ino" in exe:
            if len(self._opened_ns) >= _MAX_OPENED:
                # Its note should have come long since.
                self._opened_ns.popitem(last=False)
            self._opened_ns[conn] = recv_ns

    def closed(self, conn: int) -> None:
        """A connection has closed; it may still be told of by marks."""
        sender = self._senders.pop(conn, None)
        if sender is None or not sender.waiting:
            return
        for row in list(sender.waiting)[:-_MAX_WAITING_CLOSED]:
            del sender.waiting[row]
        if len(self._closed) >= _MAX_CLOSED:
            del self._closed[next(iter(self._closed))]
        self._closed[conn] = sender

    def first_unnoted(self, start: int, now_ns: int) -> int | None:
        """The first exec from `start` on that waits for the note of its connection's binary."""
        rows: list[int] = []
        for conn, opened_ns in list(self._opened_ns.items()):
            if now_ns - opened_ns > BINARY_SECONDS * 1e9:
                del self._opened_ns[conn]
                continue
            sender = self._senders.get(conn) or self._closed.get(conn)
            if sender is not None and sender.order is Order.UNKNOWN:
                rows += [row for row in sender.waiting if row >= start]
        return min(rows, default=None)

    def order_mark(self, conn: int) -> ExecOrderMark | None:
        """What is to be noted of a connection in a copy that lacks its beginning."""
        sender = self._senders.get(conn) or self._closed.get(conn)
        if sender is None or (sender.order is Order.UNKNOWN and not sender.is_point_on):
            return None
        order = next((name for name, each in _ORDERS.items() if each is sender.order), "")
        return ExecOrderMark(order, sender.is_point_on)

    def order_marks(self) -> dict[int, ExecOrderMark]:
        """The same of all connections, by their numbers."""
        marks = {conn: self.order_mark(conn) for conn in (*self._closed, *self._senders)}
        return {conn: mark for conn, mark in marks.items() if mark is not None}

    def adopt(self, marks: Mapping[int, ExecOrderMark]) -> None:
        """Know of connections what another reader of the trace has noted of them."""
        for conn, mark in marks.items():
            self._order_noted(self.sender(conn), mark)

    def name_of(self, row: int) -> str:
        """What an `ExecMark` says of an exit."""
        code = self.code(row)
        return next((name for name, each in _MARKED.items() if each is code), "asked")

    def marked(self, row: int, conn: int) -> None:
        """Take in a mark, by its row and its connection."""
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
        """A session that was noted says whether the point is on."""
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
                self.prove(sender, Order.OLD)
        elif isinstance(mark, ExecOrderMark):
            self._order_noted(sender, mark)
        elif isinstance(mark, ExecMark):
            told, sender.unnoted = sender.unnoted, []
            if len(told) == len(mark.outcomes):
                for exec_, name in zip(told, mark.outcomes, strict=True):
                    if exec_.code is Code.ASKED and name in _MARKED:
                        self._answer(sender, exec_, _MARKED[name])

    def _order_noted(self, sender: Sender, mark: ExecOrderMark) -> None:
        if mark.is_point_on:
            self.point_is_on(sender)
        self.prove(sender, _ORDERS.get(mark.order, Order.UNKNOWN))

    def _decide(self, connection: Sender, exec_: Exec) -> None:
        if exec_.code is not Code.ASKED:
            return
        if connection.order is Order.UNKNOWN:
            proved = proof(exec_, connection)
            if proved is not Order.UNKNOWN:
                # This decides all that wait, this one among them.
                self.prove(connection, proved)
                return
        self._settle(connection, exec_)

    def _settle(self, connection: Sender, exec_: Exec) -> None:
        code = reading(exec_, connection)
        if code is not Code.ASKED:
            self._answer(connection, exec_, code)
        elif not may_change(exec_, connection):
            connection.waiting.pop(exec_.rows[0], None)

    def _settle_all(self, connection: Sender) -> None:
        for exec_ in list(connection.waiting.values()):
            self._settle(connection, exec_)

    def _answer(self, connection: Sender, exec_: Exec, code: Code) -> None:
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
