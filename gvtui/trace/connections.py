"""What is known of each connection, gathered from a trace's rows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gvtui.trace.containers import said_container
from gvtui.trace.details import int_in, list_in
from gvtui.trace.row import Flag, Kind, Row
from gvtui.wire.header import WireError
from gvtui.wire.pb import container_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.wire.messages import Decoded

SECOND_NS = 1_000_000_000

RECENT_SECONDS = 120
"""Seconds of message counts kept for each connection, for rates and sparklines."""

_MAX_CONTAINERS = 64
"""Containers noted for each connection: a pod has a few, a hostile sandbox could name millions."""

_CHUNK = 1 << 16


class _Source(Protocol):
    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]: ...
    def row(self, index: int) -> Row: ...
    def string(self, number: int) -> str: ...
    def details(self, index: int) -> dict[str, Any]: ...
    def decoded(self, index: int) -> Decoded: ...
    @property
    def connections(self) -> Any: ...  # noqa: ANN401


@dataclass(slots=True)
class Connection:
    """One connection: one trace session of one sandbox."""

    conn: int
    peer_pid: int | None = None
    """Process that connected: the `runsc` command, not the sandbox."""
    peer_uid: int | None = None
    command: list[str] = field(default_factory=list)
    """Command line of the peer at accept; empty where it could not be read."""
    container_id: str = ""
    """Best known ID; `container_source` says from where."""
    container_source: str = ""
    """`command` (the peer's command line), `message` (what the sandbox sends), or ""."""
    container_args: dict[str, list[str]] = field(default_factory=dict)
    """What each container that started on this connection runs, by container ID."""
    opened_ns: int = 0
    closed_ns: int = 0
    """0 while connected."""
    close_reason: str = ""
    messages: int = 0
    bytes: int = 0
    malformed: int = 0
    truncated: int = 0
    unknown: int = 0
    """Messages of a type that this version does not know."""
    dropped: int = 0
    """Points the sandbox said it dropped, steps back and wrapping accounted for."""
    first_row: int = -1
    last_row: int = -1
    details: dict[str, Any] = field(default_factory=dict)
    """What was recorded when it opened."""
    _recent: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=RECENT_SECONDS))

    @property
    def connected(self) -> bool:
        """Whether the connection still stands."""
        return self.closed_ns == 0

    @property
    def args(self) -> list[str]:
        """What the container runs, where `container/start` told."""
        if self.container_id in self.container_args:
            return self.container_args[self.container_id]
        return next(iter(self.container_args.values()), [])

    def per_second(self, now_ns: int, seconds: int) -> list[int]:
        """Messages in each of the last whole `seconds` before `now_ns`, oldest first."""
        now = now_ns // SECOND_NS
        counts = dict(self._recent)
        return [counts.get(second, 0) for second in range(now - seconds, now)]

    def rate(self, now_ns: int) -> float:
        """Messages a second, over the last two whole seconds before `now_ns`."""
        return sum(self.per_second(now_ns, 2)) / 2

    def _count_second(self, second: int, count: int) -> None:
        recent = self._recent
        for position in range(len(recent) - 1, -1, -1):
            if recent[position][0] == second:
                recent[position] = (second, recent[position][1] + count)
                return
            if recent[position][0] < second:
                break
        else:
            position = -1
        if position == len(recent) - 1:
            recent.append((second, count))
        elif len(recent) < RECENT_SECONDS:
            recent.insert(position + 1, (second, count))


@dataclass(slots=True)
class Sandbox:
    """The successive connections of one container."""

    container_id: str
    connections: list[Connection]
    """Oldest first; never empty."""

    @property
    def latest(self) -> Connection:
        """The connection that came last."""
        return self.connections[-1]

    @property
    def connected(self) -> bool:
        """Whether any of its connections still stands."""
        return any(connection.connected for connection in self.connections)

    @property
    def messages(self) -> int:
        """Messages over all its connections."""
        return sum(connection.messages for connection in self.connections)

    @property
    def dropped(self) -> int:
        """Points dropped over all its connections: each began counting at 0."""
        return sum(connection.dropped for connection in self.connections)


class Connections:
    """The connections of a trace by number, in the order they came."""

    def __init__(self) -> None:
        self._by_number: dict[int, Connection] = {}

    def __getitem__(self, conn: int) -> Connection:
        return self._by_number[conn]

    def __contains__(self, conn: object) -> bool:
        return conn in self._by_number

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_number)

    def __len__(self) -> int:
        return len(self._by_number)

    def get(self, conn: int) -> Connection | None:
        """The connection, None if there was none of that number."""
        return self._by_number.get(conn)

    def values(self) -> list[Connection]:
        """All connections in the order they came."""
        return list(self._by_number.values())

    def sandboxes(self) -> list[Sandbox]:
        """Connections grouped by container; those of unknown container stand alone."""
        groups: dict[object, Sandbox] = {}
        for connection in self._by_number.values():
            key: object = connection.container_id or connection.conn
            group = groups.get(key)
            if group is None:
                groups[key] = Sandbox(connection.container_id, [connection])
            else:
                group.connections.append(connection)
        return list(groups.values())

    @property
    def messages(self) -> int:
        """Messages over all connections."""
        return sum(connection.messages for connection in self._by_number.values())

    @property
    def dropped(self) -> int:
        """Points dropped over all connections."""
        return sum(connection.dropped for connection in self._by_number.values())

    @property
    def malformed(self) -> int:
        """Malformed messages over all connections."""
        return sum(connection.malformed for connection in self._by_number.values())

    @property
    def truncated(self) -> int:
        """Messages of which only the beginning was taken in, over all connections."""
        return sum(connection.truncated for connection in self._by_number.values())

    @property
    def unknown(self) -> int:
        """Messages of a type that this version does not know, over all connections."""
        return sum(connection.unknown for connection in self._by_number.values())

    def update(self, source: _Source, start: int, stop: int) -> None:
        """Take in the rows from `start` to before `stop`."""
        for begin in range(start, stop, _CHUNK):
            rows = source.rows(begin, min(begin + _CHUNK, stop))
            for number in np.unique(rows["conn"]).tolist():
                if number:
                    places = np.flatnonzero(rows["conn"] == number)
                    self._take(source, self._connection(number), rows[places], places + begin)

    def _connection(self, number: int) -> Connection:
        connection = self._by_number.get(number)
        if connection is None:
            connection = self._by_number[number] = Connection(number)
        return connection

    def _take(
        self,
        source: _Source,
        connection: Connection,
        rows: npt.NDArray[np.void],
        ids: npt.NDArray[np.int64],
    ) -> None:
        if connection.first_row < 0:
            connection.first_row = int(ids[0])
        connection.last_row = int(ids[-1])
        for place in np.flatnonzero(rows["kind"] != Kind.MESSAGE).tolist():
            self._take_event(source, connection, Row(*rows[place].tolist()), int(ids[place]))
        is_message = rows["kind"] == Kind.MESSAGE
        messages = rows[is_message]
        if not len(messages):
            return
        connection.messages += len(messages)
        connection.bytes += int(messages["length"].sum(dtype=np.int64))
        flags = messages["flags"]
        if flags.any():
            connection.malformed += int(np.count_nonzero(flags & Flag.MALFORMED))
            connection.truncated += int(np.count_nonzero(flags & Flag.TRUNCATED))
            connection.unknown += int(np.count_nonzero(flags & Flag.UNKNOWN_TYPE))
        when = np.where(messages["recv_ns"] != 0, messages["recv_ns"], messages["time_ns"])
        seconds, counts = np.unique(when // SECOND_NS, return_counts=True)
        for second, count in zip(seconds.tolist(), counts.tolist(), strict=True):
            connection._count_second(second, count)
        self._take_containers(source, connection, messages, ids[is_message])

    def _take_event(self, source: _Source, connection: Connection, row: Row, row_id: int) -> None:
        if row.kind == Kind.DROP:
            connection.dropped += row.result
        elif row.kind == Kind.OPENED:
            details = source.details(row_id)
            connection.details = details
            connection.opened_ns = row.recv_ns
            connection.peer_pid = int_in(details, "peer_pid") or None
            uid = int_in(details, "peer_uid", -1)
            connection.peer_uid = uid if uid >= 0 else None
            connection.command = [str(word) for word in list_in(details, "command")]
            connection.dropped += max(0, int_in(details, "dropped_before"))
            if details.get("container_id") and not connection.container_id:
                connection.container_id = str(details["container_id"])
                connection.container_source = "command"
        elif row.kind == Kind.CLOSED:
            connection.closed_ns = row.recv_ns or 1
            connection.close_reason = str(source.details(row_id).get("reason") or "")

    def _take_containers(
        self,
        source: _Source,
        connection: Connection,
        messages: npt.NDArray[np.void],
        ids: npt.NDArray[np.int64],
    ) -> None:
        if not connection.container_id:
            named = np.flatnonzero(messages["container"])
            if len(named):
                connection.container_id = said_container(source, int(ids[named[0]]))
                connection.container_source = "message" if connection.container_id else ""
        for place in np.flatnonzero((messages["type"] == 1) & (messages["flags"] == 0)).tolist():
            if len(connection.container_args) >= _MAX_CONTAINERS:
                return
            try:
                start = source.decoded(int(ids[place])).message
            except (WireError, LookupError):
                continue
            if isinstance(start, container_pb2.Start):
                connection.container_args[start.id] = list(start.args)
