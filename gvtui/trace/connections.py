"""Collects facts and counts of each connection from a trace's rows."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.points.runsc_command import parse_runsc_command
from gvtui.trace.claims import Claimant, Claims
from gvtui.trace.connection import NEVER_AGAIN, Connection, ConnectionSums, Sandbox
from gvtui.trace.containers import MAX_ID
from gvtui.trace.details import args_in, int_in, text_in
from gvtui.trace.lives import Lives
from gvtui.trace.names import Names, Naming
from gvtui.trace.speaking import Speaking
from gvtui.trace.summary import ConnectionCounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt


MONITOR_STOPPED, CLOSED_BY_SANDBOX = "the monitor stopped", "closed by the sandbox"
"""Why a connection has closed, among other reasons."""
BEFORE = ("drops_before", "dropped_before")
"""What the details of a connection tell that was dropped before the recording began: the points
that were counted, and what the sandbox had said."""
MAX_CLOSED = 1024
"""Closed connections that are known in full; those before are summed up."""
MAX_OPEN = 8192
"""The same of all connections: more than a monitor allows at once, but not than a file may hold."""
MAX_SUMMED = 1 << 18
"""Connections that were summed up whose container is still known."""


class Connections:
    """The connections of a trace by number, in the order they came.

    The newest are known one by one, those that closed long ago by their sums: a trace may have any
    number of them.
    """

    def __init__(self) -> None:
        self._by_number: dict[int, Connection] = {}
        self._closed: OrderedDict[int, None] = OrderedDict()
        self._summed: OrderedDict[int, str] = OrderedDict()
        """The container of each connection that is summed up."""
        self._of_container: dict[str, int] = {}
        """How many connections of each container are known one by one."""
        self._earlier: dict[str, ConnectionSums] = {}
        """Sums for containers that still have connections."""
        self.earlier = ConnectionSums()
        """All that came on connections of sandboxes that are not known any more."""
        self._sandboxes: list[Sandbox] | None = None
        self.claims = Claims()
        """Who may say which container it is."""
        self.speaking = Speaking(self.claims)
        """Finds where they speak for a container for the first time."""
        self.naming = Naming()
        """What operators call their containers."""
        self.lives = Lives()
        """Tells apart the sandboxes that had the same ID one after the other."""
        self._before = ConnectionCounts()
        self.messages = 0
        """How many messages came on all connections."""
        self.dropped = 0
        """How many points were dropped on all connections."""
        self.malformed = 0
        """How many malformed messages came on all connections."""
        self.truncated = 0
        """How many messages were truncated to their beginning, on all connections."""
        self.unknown = 0
        """How many messages on all connections have a type that this version does not know."""

    def __getitem__(self, conn: int) -> Connection:
        return self._by_number[conn]

    def __contains__(self, conn: object) -> bool:
        return conn in self._by_number

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_number)

    def __len__(self) -> int:
        return len(self._by_number)

    def get(self, conn: int) -> Connection | None:
        """The connection; None if there was none of that number, or it is summed up."""
        return self._by_number.get(conn)

    def values(self) -> list[Connection]:
        """The connections in the order they came, but for those that are summed up."""
        return list(self._by_number.values())

    @property
    def total(self) -> int:
        """How many connections there were, those that are summed up included."""
        sums = sum(sums.connections for sums in self._earlier.values())
        return len(self._by_number) + self.earlier.connections + sums

    @property
    def are_of_many(self) -> bool:
        """Whether more than one sandbox has connected."""
        return self.earlier.connections > 0 or len(self.sandboxes()) > 1

    def may_lack_drops(self, now_ns: int) -> bool:
        """Whether `dropped` is only the least that was dropped."""
        return any(sums.lack_drops for sums in (self.earlier, *self._earlier.values())) or any(
            each.may_lack_drops(now_ns) for each in self._by_number.values()
        )

    def name(self, conn: int, container: str) -> str:
        """What a container is called that messages of a connection give: the same, but where it is
        another sandbox's."""
        return self.claims.name(conn, container)

    def names(self, conn: int, container: str) -> Names:
        """What the operator calls a connection's container, by the name that `name` gives; empty
        where nobody has told."""
        return self.naming.of(conn, container)

    def note_names(self, conn: int, container: str, names: Names) -> None:
        """A mark tells what the operator calls a container of a connection."""
        if self.claims.name(conn, container) == container:
            self.naming.take(conn, container, names)

    def apart_among(self, conns: npt.NDArray[np.uint32]) -> list[int]:
        """Those of these connections for which `name` gives another name."""
        if not self.claims.contradicted:
            return []
        return [conn for conn in np.unique(conns).tolist() if self.claims.is_apart(conn)]

    def container(self, conn: int) -> str:
        """The container of a connection, as far as is known; "" if nothing is."""
        connection = self._by_number.get(conn)
        if connection is not None:
            return connection.container_id
        return self._summed.get(conn, "")

    def sandboxes(self) -> list[Sandbox]:
        """Connections grouped by container; those of unknown container stand alone.

        Sandboxes of which no connection is known one by one are not among them: see `earlier`.
        """
        if self._sandboxes is None:
            groups: dict[object, Sandbox] = {}
            for connection in self._by_number.values():
                container = connection.container_id
                group = groups.get(container or connection.conn)
                if group is None:
                    sums = self._earlier.get(container) or ConnectionSums()
                    groups[container or connection.conn] = Sandbox(container, [connection], sums)
                else:
                    group.connections.append(connection)
            self._sandboxes = list(groups.values())
        return self._sandboxes

    def carry_drops(self, drops: ConnectionCounts) -> None:
        """Take in the drops of connections that closed before the trace began anew."""
        if not drops.other_connections:
            return
        self.dropped += drops.others.dropped
        # Nothing tells whether they were asked at their end.
        count, dropped = drops.other_connections, drops.others.dropped
        self.earlier.add(ConnectionSums(count, 0, dropped, lack_drops=True))

    def believe(self, before: ConnectionCounts) -> None:
        """Know what a recording's header tells that was dropped before it began."""
        self._before.add(before)

    def _dropped_before(self, conn: int, details: dict[str, Any]) -> int:
        """How many points a connection had dropped when the recording began, as its details say,
        but no more than the header counts."""
        # What it said then, if nothing tells what of that was counted.
        counted, said = BEFORE
        told = max(0, int_in(details, counted, int_in(details, said)))
        counts = self._before.by_conn.get(conn)
        return min(told, counts.dropped) if counts is not None else 0

    def carry(self, before: ConnectionCounts, standing: list[Any], row: int, when_ns: int) -> None:
        """Take in what came in rows that nobody has read, as the segment behind them tells.

        Args:
            before: what was counted in all rows before that segment.
            standing: the connections that stood when it began, as its header has them.
            row: its first row.
            when_ns: when it began: what does not stand any more has ended by then.
        """
        known = {}
        for entry in standing:
            if isinstance(entry, list) and list(map(type, entry[:3])) == [int, int, dict]:
                known[entry[0]] = entry[1:3]
        unknown = [conn for conn in before.by_conn if conn not in self._by_number]
        for conn, (opened_ns, details) in known.items():
            if conn not in self._by_number and (connection := self.of(conn)) is not None:
                connection.take_row(row)
                self.opens(connection, row, opened_ns, details)
        for conn, counts in before.by_conn.items():
            if connection := self._by_number.get(conn):
                connection.catch_up(counts)
        for conn, connection in self._by_number.items():
            if connection.connected and conn not in known:
                self.closes(connection, row, when_ns, "")
        total = before.total()
        for name in ("messages", "dropped", "malformed", "truncated", "unknown"):
            setattr(self, name, max(getattr(self, name), getattr(total, name)))
        gone = sum(conn not in known and conn not in self._summed for conn in unknown)
        sums: list[ConnectionSums | Connection] = [
            self.earlier,
            *self._earlier.values(),
            *self._by_number.values(),
        ]
        self.earlier.add(
            ConnectionSums(
                gone,
                max(0, self.messages - sum(each.messages for each in sums)),
                max(0, self.dropped - sum(each.dropped for each in sums)),
                # Nothing tells whether they were asked at their end.
                lack_drops=gone > 0 or before.other_connections > 0,
            )
        )
        self._sandboxes = None
        self.sum_up()

    def of(self, number: int) -> Connection | None:
        """The connection, made if it is new; None if it is summed up."""
        connection = self._by_number.get(number)
        if connection is None and number not in self._summed:
            connection = self._by_number[number] = Connection(number)
            self.lives.meet(number)
            self._sandboxes = None
        return connection

    def _name(
        self, connection: Connection, container: str, how: str, row: int, when_ns: int
    ) -> None:
        if container and not connection.container_id:
            self.lives.named(connection.conn, container, row, when_ns)
            connection.container_id, connection.container_source = container, how
            self._of_container[container] = self._of_container.get(container, 0) + 1
            self._sandboxes = None

    def speak(
        self,
        conn: int,
        container: str,
        when_ns: int,
        how: str,
        row: int,
        *,
        is_start: bool = False,
    ) -> None:
        """A connection speaks for a container for the first time.

        Args:
            conn: the connection.
            container: what it says; "" if nothing.
            when_ns: the time of receipt.
            how: `command` if the command line of its peer says so, `message` if a message does.
            row: the row that tells it.
            is_start: whether it is a message that tells that the container starts.
        """
        before = self.claims.contradicted
        self.claims.speaks(conn, container, when_ns)
        connection = self.of(conn)
        if connection is None:
            return
        if self.claims.contradicted > before:
            connection.disputed.append(container)
            self._sandboxes = None
        name = self.claims.name(conn, container)
        if container and connection.container_id == container != name:
            # It had the container, and another has proven since that it is its own.
            self._leave(connection)
            connection.container_id = ""
            how = connection.container_source
        self._name(connection, name, how, row, when_ns)
        if how == "message":
            self.lives.speaks(conn, name, row, when_ns, is_start=is_start)

    def _leave(self, connection: Connection) -> None:
        """A connection is not its container's any more; the last takes the sums along."""
        container = connection.container_id
        left = self._of_container[container] = self._of_container[container] - 1
        if not left:
            del self._of_container[container]
            self.earlier.add(self._earlier.pop(container, ConnectionSums()))

    def opens(
        self, connection: Connection, row: int, opened_ns: int, details: dict[str, Any]
    ) -> None:
        """A connection opens, with the details of its peer."""
        connection.details = details
        connection.opened_ns = opened_ns
        connection.peer_pid = int_in(details, "peer_pid") or None
        uid = int_in(details, "peer_uid", -1)
        connection.peer_uid = uid if uid >= 0 else None
        connection.command = args_in(details, "command")
        before = self._dropped_before(connection.conn, details)
        connection.dropped += before
        self.dropped += before
        self.claims.opened(connection.conn, Claimant.read(details))
        container = text_in(details, "container_id")[:MAX_ID]
        if parse_runsc_command(connection.command).starts_sandbox and connection.peer_pid:
            start = int_in(details, "peer_start")
            self.lives.made(connection.conn, connection.peer_pid, start)
        self.speak(connection.conn, container, opened_ns, "command", row)
        named = details.get("names")
        for each, names in named.items() if isinstance(named, dict) else ():
            self.note_names(connection.conn, each[:MAX_ID], Names.read(names))

    def closes(self, connection: Connection, row: int, closed_ns: int, reason: str) -> None:
        """A connection closes."""
        connection.closed_ns = closed_ns or 1
        connection.close_reason = reason
        by_monitor = reason == MONITOR_STOPPED
        self.lives.closes(connection.conn, row, closed_ns, by_monitor=by_monitor)
        self._closed[connection.conn] = None
        self.claims.closed(connection.conn)
        self.speaking.forget(connection.conn)

    def dispute(self, connection: Connection, container: str) -> None:
        """It is known from elsewhere that a connection claims another sandbox's container."""
        before = self.claims.contradicted
        self.claims.dispute(connection.conn, container)
        if self.claims.contradicted > before:
            connection.disputed.append(container)
            self._sandboxes = None

    def sum_up(self) -> None:
        """Sum up the oldest connections, where there are too many: first those that have closed."""
        while len(self._closed) > MAX_CLOSED:
            self._forget(self._closed.popitem(last=False)[0])
        while len(self._by_number) > MAX_OPEN:
            oldest = sorted(self._by_number.values(), key=lambda each: each.last_row)
            for connection in oldest[: 1 + MAX_OPEN // 8]:
                self._closed.pop(connection.conn, None)
                self._forget(connection.conn)

    def _forget(self, conn: int) -> None:
        connection = self._by_number.pop(conn, None)
        if connection is None:
            return
        self._sandboxes = None
        self.lives.forget(conn)
        self.claims.forget(conn)
        self.speaking.forget(conn)
        container = connection.container_id
        self._summed[conn] = container
        if len(self._summed) > MAX_SUMMED:
            self._summed.popitem(last=False)
        lack_drops = connection.may_lack_drops(NEVER_AGAIN)
        sums = ConnectionSums(1, connection.messages, connection.dropped, lack_drops)
        if not container:
            self.earlier.add(sums)
            return
        self._earlier.setdefault(container, ConnectionSums()).add(sums)
        self._leave(connection)

    def add_to_sums(self, conn: int, messages: int, dropped: int) -> None:
        """Something came on a connection that is summed up."""
        self.dropped += dropped
        sums = self._earlier.get(self._summed[conn], self.earlier)
        sums.add(ConnectionSums(0, messages, dropped))
