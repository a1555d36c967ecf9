"""Reads what rows tell about their connections."""

from __future__ import annotations

from contextlib import suppress
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gvtui.points.document import SessionError, parse_document
from gvtui.trace.connection import SECOND_NS
from gvtui.trace.containers import MAX_ID, said_container
from gvtui.trace.details import MAX_TEXT, short_args, text_in
from gvtui.trace.excerpts import DisputeMark
from gvtui.trace.marks import MOST_OF_CONNECTION, DropsMark, GoneMark, SessionMark, read_mark
from gvtui.trace.names import NamesMark
from gvtui.trace.row import Direction, Flag, Kind, Row
from gvtui.wire.header import WireError
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import container_pb2, sentry_pb2

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.connection import Connection
    from gvtui.trace.connections import Connections
    from gvtui.wire.messages import Decoded

_MAX_START_BYTES = 1 << 20
"""Bytes of messages of one chunk that are read for what containers run; of more, the newest."""

_FIRST_PID = 1
"""The thread group id of a sandbox's first process, in all releases of gVisor."""

_UNREAD_ARGS = ["…"]

_EXITS = (MessageType.SENTRY_TASK_EXIT, MessageType.SENTRY_EXIT_NOTIFY_PARENT)
_EXIT_POINTS = ("sentry/task_exit", "sentry/exit_notify_parent")
_WITHOUT_SESSION = ("deleted", "lost")
"""The states of a session mark after which there is no session; see `gvtui.agent.outcome.State`."""


_ODD = (Flag.MALFORMED, Flag.TRUNCATED, Flag.UNKNOWN_TYPE)


class _Source(Protocol):
    def row(self, index: int) -> Row: ...
    def string(self, number: int) -> str: ...
    def details(self, index: int) -> dict[str, Any]: ...
    def decoded(self, index: int) -> Decoded: ...
    @property
    def connections(self) -> Any: ...  # noqa: ANN401


def collect(known: Connections, source: _Source, begin: int, rows: npt.NDArray[np.void]) -> None:
    """Add to the connections what consecutive rows tell, of which the first has the id `begin`."""
    if len(rows):
        _Chunk(known, source, rows, begin).take()
        known.sum_up()


class _Chunk:
    """Consecutive rows, which are read together."""

    def __init__(
        self, known: Connections, source: _Source, rows: npt.NDArray[np.void], begin: int
    ) -> None:
        self._known = known
        self._source = source
        self._rows = rows
        self._begin = begin

    def take(self) -> None:
        """Read them."""
        known, rows, begin = self._known, self._rows, self._begin
        for number in _in_order(rows["conn"]):
            known.of(number)
        is_message = rows["kind"] == Kind.MESSAGE
        self._take_events()
        places = np.flatnonzero(is_message & (rows["conn"] > 0))
        if not len(places):
            return
        conns = rows["conn"][places]
        if int(conns.min()) != int(conns.max()):
            order = np.argsort(conns, kind="stable")
            places, conns = places[order], conns[order]
        bounds = np.flatnonzero(np.concatenate(([True], conns[1:] != conns[:-1])))
        ends = np.append(bounds[1:], len(places)).tolist()
        flags = rows["flags"][places]
        counted = [rows["length"][places].astype(np.int64)]
        counted += [(flags & flag != 0).astype(np.int64) for flag in _ODD]
        sums = [np.add.reduceat(column, bounds).tolist() for column in counted]
        for first, end, size, malformed, truncated, unknown in zip(
            bounds.tolist(), ends, *sums, strict=True
        ):
            known.messages += end - first
            known.malformed += malformed
            known.truncated += truncated
            known.unknown += unknown
            connection = known.of(int(conns[first]))
            if connection is None:
                known.add_to_sums(int(conns[first]), end - first, 0)
                continue
            connection.messages += end - first
            connection.bytes += size
            connection.malformed += malformed
            connection.truncated += truncated
            connection.unknown += unknown
            connection.take_row(begin + int(places[first]))
            connection.take_row(begin + int(places[end - 1]))
            connection.last_message = max(connection.last_message, begin + int(places[end - 1]))
        self._take_seconds(places, conns)
        starts = is_message & (rows["type"] == MessageType.CONTAINER_START) & (rows["flags"] == 0)
        self._take_starts(np.flatnonzero(starts).tolist())

    def _take_events(self) -> None:
        """Take in, in their order, what comes beside messages, and who speaks for what."""
        known, rows, begin = self._known, self._rows, self._begin
        beside = (rows["kind"] != Kind.MESSAGE) & ((rows["conn"] > 0) | (rows["kind"] == Kind.MARK))
        events = np.flatnonzero(beside).tolist()
        speaking = {*known.speaking.first_places(rows), *known.speaking.late_places(rows)}
        events = [*events, *speaking.union(self._first_processes())]
        heapify(events)
        waiting = len(known.claims.waiting)
        while events:
            place = heappop(events)
            row = Row(*rows[place].tolist())
            if row.kind == Kind.MARK:
                self._take_session(row, begin + place)
            connection = known.of(row.conn) if row.conn else None
            if row.kind == Kind.MESSAGE:
                if row.type in _EXITS:
                    known.lives.tells_exits(row.conn)
                if place in speaking:
                    self._speak(row, begin + place)
                self._take_first_process(row, begin + place)
            elif connection is not None:
                connection.take_row(begin + place)
                self._take_event(connection, row, begin + place)
            elif row.kind == Kind.DROP:
                known.add_to_sums(row.conn, 0, row.result)
            if len(known.claims.waiting) > waiting:
                for late in known.speaking.late_places(rows, place):
                    speaking.add(late)
                    heappush(events, late)
            waiting = len(known.claims.waiting)

    def _speak(self, row: Row, row_id: int) -> None:
        said, is_start = (
            said_container(self._source, row_id),
            row.type == MessageType.CONTAINER_START,
        )
        when_ns = row.recv_ns or row.time_ns
        self._known.speak(row.conn, said, when_ns, "message", row_id, is_start=is_start)

    def _first_processes(self) -> list[int]:
        """Places of the last exit of each sandbox's first process, of its last call, and of the first
        exit of any process."""
        rows, places = self._rows, []
        of_first = (rows["kind"] == Kind.MESSAGE) & (rows["pid"] == _FIRST_PID) & (rows["conn"] > 0)
        is_exit = (
            (rows["type"] == MessageType.SENTRY_TASK_EXIT)
            & (rows["tid"] <= _FIRST_PID)
            & (rows["flags"] == 0)
        )
        is_call = rows["direction"] == Direction.ENTER
        for wanted in (of_first & is_exit, of_first & is_call):
            chosen = np.flatnonzero(wanted)
            _, lasts = np.unique(rows["conn"][chosen][::-1], return_index=True)
            places += chosen[::-1][lasts].tolist()
        tells = (rows["kind"] == Kind.MESSAGE) & (rows["conn"] > 0) & np.isin(rows["type"], _EXITS)
        chosen = np.flatnonzero(tells)
        _, firsts = np.unique(rows["conn"][chosen], return_index=True)
        return [*places, *chosen[firsts].tolist()]

    def _take_session(self, row: Row, row_id: int) -> None:
        """Note whether a session that a mark tells of traces exits."""
        mark = read_mark(self._source.details(row_id))
        if not isinstance(mark, SessionMark):
            return
        try:
            points = parse_document(mark.session).session.point_names
        except SessionError:
            if mark.session or mark.state not in _WITHOUT_SESSION:
                return
            points = frozenset()
        name = mark.container_id[:MAX_ID]
        self._known.lives.takes_session(name, traces_exits=not points.isdisjoint(_EXIT_POINTS))

    def _take_first_process(self, row: Row, row_id: int) -> None:
        if row.pid != _FIRST_PID:
            return
        if row.direction == Direction.ENTER:
            self._known.lives.goes_on(row.conn)
        elif row.type == MessageType.SENTRY_TASK_EXIT and row.tid <= _FIRST_PID:
            with suppress(WireError, LookupError):
                message = self._source.decoded(row_id).message
                if isinstance(message, sentry_pb2.TaskExit):
                    self._known.lives.exits(row.conn, message.exit_status)

    def _take_seconds(
        self,
        places: npt.NDArray[np.intp],
        conns: npt.NDArray[np.uint32],
    ) -> None:
        """Count messages by second; `places` are ordered by connection, then by row."""
        rows = self._rows
        received = rows["recv_ns"][places]
        seconds = np.where(received != 0, received, rows["time_ns"][places]) // SECOND_NS
        changes = (conns[1:] != conns[:-1]) | (seconds[1:] != seconds[:-1])
        bounds = np.flatnonzero(np.concatenate(([True], changes)))
        counts = np.diff(np.append(bounds, len(places)))
        columns = (conns[bounds].tolist(), seconds[bounds].tolist(), counts.tolist())
        for number, second, count in zip(*columns, strict=True):
            connection = self._known.get(number)
            if connection is not None:
                connection.count_second(second, count)

    def _take_starts(self, places: list[int]) -> None:
        """Note what containers run: of each, by its newest start in these rows."""
        rows, source = self._rows, self._source
        newest: dict[tuple[int, int], int] = {}
        for place in places:
            newest[int(rows["conn"][place]), int(rows["container"][place])] = place
        left = _MAX_START_BYTES
        told: list[tuple[Connection, str, list[str]]] = []
        for place in sorted(newest.values(), reverse=True):
            connection = self._known.get(int(rows["conn"][place]))
            if connection is None:
                continue
            size = int(rows["length"][place])
            if left < size and left < _MAX_START_BYTES:
                container = source.string(int(rows["container"][place]))
                told.append((connection, container, list(_UNREAD_ARGS)))
                continue
            left -= size
            try:
                start = source.decoded(self._begin + place).message
            except (WireError, LookupError):
                continue
            if isinstance(start, container_pb2.Start):
                told.append((connection, start.id[:MAX_TEXT], short_args(start.args)))
        for connection, container, args in reversed(told):
            connection.starts(container, args)

    def _take_event(self, connection: Connection, row: Row, row_id: int) -> None:
        if row.kind == Kind.DROP:
            connection.dropped += row.result
            self._known.dropped += row.result
        elif row.kind == Kind.OPENED:
            self._known.opens(connection, row_id, row.recv_ns, self._source.details(row_id))
        elif row.kind == Kind.MARK:
            self._take_mark(connection, row, row_id)
        elif row.kind == Kind.CLOSED:
            reason = text_in(self._source.details(row_id), "reason")
            self._known.closes(connection, row_id, row.recv_ns, reason)

    def _take_mark(self, connection: Connection, row: Row, row_id: int) -> None:
        if row.length > MOST_OF_CONNECTION:
            return
        mark = read_mark(self._source.details(row_id))
        if isinstance(mark, DropsMark):
            if not (mark.is_least or mark.is_left_out):
                connection.asked_row = row_id
        elif isinstance(mark, GoneMark):
            self._known.lives.gone(connection.conn, row_id, row.recv_ns)
        elif isinstance(mark, DisputeMark):
            self._known.dispute(connection, mark.container_id[:MAX_ID])
        elif isinstance(mark, NamesMark):
            self._known.note_names(connection.conn, mark.container_id, mark.names)


def _in_order(conns: npt.NDArray[np.uint32]) -> list[int]:
    """The connections of some rows, in the order of their first rows."""
    if int(conns.min()) == int(conns.max()):
        return [int(conns[0])] if conns[0] else []
    numbers, firsts = np.unique(conns, return_index=True)
    return [number for number in numbers[np.argsort(firsts)].tolist() if number]
