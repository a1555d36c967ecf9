"""Puts rows into words for the stream: decoded when first shown, and cached."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from gvtui.decode.endings import closing_words
from gvtui.decode.errno_names import errno_name
from gvtui.decode.escape import escape
from gvtui.decode.events import NOTICE_SIGN
from gvtui.decode.ids import called
from gvtui.decode.outcome import ExecOutcome, untold
from gvtui.decode.render import render
from gvtui.decode.stdio import shell_on_a_socket
from gvtui.points.names import event_type
from gvtui.query.calls.call import Unpaired
from gvtui.query.calls.sides import JoinedSides
from gvtui.trace.connections import CLOSED_BY_SANDBOX
from gvtui.trace.marks import GapMark, LostMark, SessionMark, read_mark
from gvtui.trace.procfs import ProcessesMark
from gvtui.trace.row import ERRNO_OTHER, LOST_STRING, Direction, Flag, Kind, Row
from gvtui.tui.kit.signs import (
    BAD_SIGN,
    CALL_SIGN,
    DROP_SIGN,
    ENTER_SIGN,
    EVENT_SIGN,
    EXIT_SIGN,
    GAP_SIGN,
    PROCFS_SIGN,
    SESSION_SIGN,
    UNKNOWN_SIGN,
)
from gvtui.wire.header import WireError
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import sentry_pb2
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.calls.pairs import Pairs
    from gvtui.trace.reader import Trace
    from gvtui.wire.messages import Decoded

Noticed: TypeAlias = "tuple[str, bool]"
"""What is to be noticed, in words that are not escaped, and whether that stays."""

_KEPT = 4096
"""How many decoded rows are cached: many screens, a few megabytes."""
_SENT_NOTHING = (
    " before it sent anything. Perhaps its runsc refused the session: gvtui session check tells"
)
"""A pod's runsc drops a session that it refuses, and says so only in its debug log."""

_MAX_WORD = 400
"""How many characters of a name or ID are read: a sandbox may send any length."""
_MAX_ARGUMENTS = 2000


class Look(Enum):
    """The kind of a row, which decides its sign and colours."""

    ENTER = "enter"
    EXIT = "exit"
    FAILED = "failed"
    EVENT = "event"
    BAD = "bad"
    DROP = "drop"
    CALL = "call"
    """A whole call, enter and exit in one row."""
    RUNNING = "running"
    """A call that has not returned."""
    NOTE = "note"
    """A row for a connection that opened or closed, or for a trace mark."""


_SIGNS = {
    "sentry/clone": "+",
    "sentry/execve": "»",
    "sentry/task_exit": "†",
    "sentry/exit_notify_parent": "†",
    "container/start": "◉",
}
_MARK_SIGNS = {
    GapMark: GAP_SIGN,
    SessionMark: SESSION_SIGN,
    LostMark: "✗",
    ProcessesMark: PROCFS_SIGN,
}


@dataclass(frozen=True, slots=True)
class RowText:
    """One row in words, all escaped for a terminal."""

    row_id: int
    row: Row
    look: Look
    sign: str
    container: str
    """The container ID in full."""
    called: str
    """What the container is called in lists, see `gvtui.decode.ids.called`."""
    process: str
    name: str
    """The system call or event."""
    arguments: str
    result: str
    rule: str = ""
    """The text of a row that is drawn as a line across the stream; "" for messages."""
    duration_ns: int | None = None
    """How long the call took in nanoseconds, on the row that shows its result."""
    unpaired: Unpaired | None = None
    """For a whole call, why it has no result."""
    is_whole: bool = False
    """Whether the row shows both sides of a call."""
    is_final: bool = True
    """Whether no later message can change the text."""
    is_noticed: bool = False
    """Whether the row is to be noticed, as its text says."""


class _Side(NamedTuple):
    """The message that a row shows, with what is known from the other side of its call."""

    decoded: Decoded
    enter: Decoded | None = None
    errno: int = 0
    outcome: ExecOutcome | None = None
    duration_ns: int | None = None
    unpaired: Unpaired | None = None
    is_whole: bool = False
    is_final: bool = True


def _nothing(_: int, __: Row) -> Noticed:
    """Where nobody looks at processes."""
    return "", True


class RowTexts:
    """Row texts by row id, decoded on demand."""

    def __init__(
        self, trace: Trace, pairs: Pairs, notice_of: Callable[[int, Row], Noticed] = _nothing
    ) -> None:
        """Make the texts of a trace's rows.

        Args:
            trace: has the rows.
            pairs: knows the two sides of calls.
            notice_of: gives what is to be noticed about a program that began at a row, by what
                other rows tell; and whether later rows may change that.
        """
        self._trace = trace
        self._pairs = pairs
        self._sides = JoinedSides(trace, pairs)
        self._notice_of = notice_of
        self._shows_digests = False
        self._named = trace.connections.naming.version
        self._kept: OrderedDict[tuple[int, bool], RowText] = OrderedDict()

    @property
    def shows_digests(self) -> bool:
        """Whether programs that started are shown with the digests of their files."""
        return self._shows_digests

    @shows_digests.setter
    def shows_digests(self, shows: bool) -> None:
        self._shows_digests = shows
        self._kept.clear()

    def __getitem__(self, row_id: int) -> RowText:
        """The text of a row.

        Raises:
            IndexError: the row has been removed from the trace.
        """
        return self.text(row_id)

    def text(self, row_id: int, *, whole: bool = False) -> RowText:
        """The text of a row; if `whole`, with both sides of its call.

        Raises:
            IndexError: the row has been removed from the trace.
        """
        naming = self._trace.connections.naming
        if naming.version != self._named:
            self._named = naming.version
            self._kept.clear()
        key = (row_id, whole)
        text = self._kept.get(key)
        if text is not None:
            self._kept.move_to_end(key)
            return text
        text = self._make(row_id, whole)
        if text.is_final:
            self._kept[key] = text
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return text

    def _make(self, row_id: int, whole: bool) -> RowText:
        trace = self._trace
        row = trace.row(row_id)
        container_id = trace.container_of(row_id)
        container = word(container_id)
        name = word(called(trace.connections, row.conn, container_id))
        if row.kind != Kind.MESSAGE:
            look = Look.DROP if row.kind == Kind.DROP else Look.NOTE
            rule = self._rule(row_id, row, container, name)
            # Of which container a connection is, a later row may tell.
            return RowText(
                *(row_id, row, look, DROP_SIGN, container, name, "", "", "", "", rule),
                is_final=bool(container),
            )
        process = trace.string(row.process)
        if row.flags & (Flag.MALFORMED | Flag.TRUNCATED):
            return self._bad(row_id, row, container, name)
        try:
            side = self._side(row_id, row, whole)
        except WireError:
            return self._bad(row_id, row, container, name)
        if row.process == LOST_STRING:
            process = trace.process_name(row_id)
        rendered = render(
            side.decoded,
            architecture=trace.architecture,
            enter=side.enter,
            outcome=side.outcome,
            limit=_MAX_ARGUMENTS,
            shows_digests=self._shows_digests,
        )
        noticed, is_final, arguments = "", side.is_final, rendered.arguments
        if row.type == MessageType.SENTRY_EXEC:
            noticed, is_settled = self._notice_of(row_id, row)
            is_final = is_final and is_settled
        is_noticed = bool(noticed) or _is_noticed(side.decoded.message)
        if noticed:
            arguments = f"{NOTICE_SIGN} {word(noticed)}, {arguments}"
        look, sign = _look(row, rendered.failed, trace)
        if side.is_whole:
            look, sign = (Look.FAILED if rendered.failed else Look.CALL), CALL_SIGN
        elif side.unpaired is Unpaired.IN_FLIGHT:
            look = Look.RUNNING
        result = rendered.result
        if rendered.failed and side.errno not in (0, ERRNO_OTHER):
            result = errno_name(side.errno)
        elif rendered.failed and result == untold(ExecOutcome.FAILED):
            # As short as the names of errors; the details say that the sandbox does not send the
            # error.
            result = ExecOutcome.FAILED.value
        return RowText(
            row_id,
            row,
            look,
            sign,
            container,
            name,
            word(process),
            rendered.name,
            arguments,
            result,
            duration_ns=side.duration_ns,
            unpaired=side.unpaired,
            is_whole=side.is_whole,
            is_final=is_final,
            is_noticed=is_noticed,
        )

    def _side(self, row_id: int, row: Row, whole: bool) -> _Side:
        """The message to show for a row, with what its pair adds."""
        trace, pairs = self._trace, self._pairs
        if row.direction == Direction.NONE:
            return _Side(trace.decoded(row_id))
        if row_id >= pairs.position:
            waits = Unpaired.NOT_READ if whole and row.direction == Direction.ENTER else None
            outcome = pairs.execs.outcome(row_id)
            return _Side(trace.decoded(row_id), outcome=outcome, unpaired=waits, is_final=False)
        other = self._sides.other(row_id)
        if row.direction == Direction.EXIT:
            outcome = pairs.execs.outcome(row_id)
            is_final = outcome is not ExecOutcome.ASKED
            if other is None:
                return _Side(
                    trace.decoded(row_id), errno=row.errno, outcome=outcome, is_final=is_final
                )
            return _Side(
                trace.decoded(row_id),
                self._enter(other),
                row.errno,
                outcome,
                self._sides.duration_ns(row_id),
                is_whole=whole,
                is_final=is_final,
            )
        if not whole:
            return _Side(trace.decoded(row_id))
        if other is None:
            why = pairs.reason(row_id)
            return _Side(
                trace.decoded(row_id), unpaired=why, is_final=why is not Unpaired.IN_FLIGHT
            )
        try:
            exit_side = trace.decoded(other)
        except WireError:
            return _Side(trace.decoded(row_id))
        outcome = pairs.execs.outcome(other)
        return _Side(
            exit_side,
            trace.decoded(row_id),
            trace.row(other).errno,
            outcome,
            self._sides.duration_ns(row_id),
            is_whole=True,
            is_final=outcome is not ExecOutcome.ASKED,
        )

    def _enter(self, row_id: int) -> Decoded | None:
        try:
            return self._trace.decoded(row_id)
        except (WireError, IndexError):
            return None

    def _bad(self, row_id: int, row: Row, container: str, name: str) -> RowText:
        kind, size = "malformed", counted(row.length, "byte")
        if row.flags & Flag.TRUNCATED:
            kind, size = (
                "truncated",
                f"{counted(row.result, 'byte')}, of which {row.length:,} are here",
            )
        return RowText(
            row_id,
            row,
            Look.BAD,
            BAD_SIGN,
            container,
            name,
            "",
            kind,
            f"message of {size}",
            "",
        )

    def _rule(self, row_id: int, row: Row, container: str, name: str) -> str:
        who = f"sandbox {name}" if container else f"connection {row.conn}"
        if row.kind == Kind.DROP:
            return f"{DROP_SIGN} {counted(row.result, 'point')} dropped by {who} here"
        details = self._trace.details(row_id)
        if row.kind == Kind.OPENED:
            return f"● {who} connected{_peer(details)}"
        if row.kind == Kind.CLOSED:
            reason = word(str(details.get("reason") or ""))
            if reason == CLOSED_BY_SANDBOX:
                if details.get("messages") == 0:
                    reason += _SENT_NOTHING
                else:
                    reason = closing_words(self._trace.connections.lives.of(row.conn), row.conn)
            return f"○ {who} disconnected" + (f": {reason}" if reason else "")
        mark = read_mark(details)
        words = word(mark.text) if mark.text else _pairs(details)
        return f"{_MARK_SIGNS.get(type(mark), '▪')} {words}"


def _is_noticed(message: object) -> bool:
    return isinstance(message, sentry_pb2.ExecveInfo) and bool(shell_on_a_socket(message))


def _look(row: Row, failed: bool, trace: Trace) -> tuple[Look, str]:
    if row.flags & Flag.UNKNOWN_TYPE:
        return Look.BAD, UNKNOWN_SIGN
    if row.direction == Direction.ENTER:
        return Look.ENTER, ENTER_SIGN
    if row.direction == Direction.EXIT:
        return (Look.FAILED if failed else Look.EXIT), EXIT_SIGN
    return Look.EVENT, _SIGNS.get(trace.string(row.point), EVENT_SIGN)


def _peer(details: dict[str, Any]) -> str:
    pid = details.get("peer_pid")
    return f" (by pid {pid})" if isinstance(pid, int) and pid else ""


def _pairs(details: dict[str, Any]) -> str:
    return ", ".join(f"{word(str(key))} {word(str(value))}" for key, value in details.items())


def word(text: str) -> str:
    """A name or ID from a sandbox, cut to a sane length and escaped."""
    return escape(text[:_MAX_WORD])


def call_name(text: RowText, trace: Trace) -> str:
    """The system call or event of a row, as `evt.type` names it."""
    return event_type(trace.string(text.row.point), trace.architecture)
