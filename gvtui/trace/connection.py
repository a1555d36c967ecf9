"""The facts and counts of one connection, and of one sandbox with its connections."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gvtui.trace.summary import SummaryCounts

SECOND_NS = 1_000_000_000

RECENT_SECONDS = 120
"""For how many seconds message counts are kept, for rates and sparklines."""

NEVER_AGAIN = 1 << 62
"""A time, in Unix nanoseconds, at which nobody is asked for drops any more."""

QUIET_SECONDS = 5
"""Seconds without a message after which it counts that nobody has asked a sandbox for its drops."""

_MAX_CONTAINERS = 64
"""How many containers are kept for each connection: a hostile sandbox could name millions."""


@dataclass(slots=True)
class Connection:
    """One connection: one trace session of one sandbox."""

    conn: int
    peer_pid: int | None = None
    """The pid of the process that connected: the `runsc` command, not the sandbox."""
    peer_uid: int | None = None
    command: list[str] = field(default_factory=list)
    """The peer's command line when it connected; empty if it could not be read."""
    container_id: str = ""
    """Best known ID; `container_source` says from where. A name apart if it is another's."""
    container_source: str = ""
    """`command` (the peer's command line), `message` (the sandbox's messages), or ""."""
    container_args: dict[str, list[str]] = field(default_factory=dict)
    """The command line of each container that started on this connection, by ID."""
    opened_ns: int = 0
    closed_ns: int = 0
    """When it closed, Unix nanoseconds; 0 while it is connected."""
    close_reason: str = ""
    messages: int = 0
    bytes: int = 0
    malformed: int = 0
    truncated: int = 0
    unknown: int = 0
    """How many messages have a type that this version does not know."""
    dropped: int = 0
    """How many points the sandbox dropped, with steps back and wrap-around of its count handled."""
    first_row: int = -1
    last_row: int = -1
    last_message: int = -1
    """Row of its newest message."""
    asked_row: int = -1
    """Row that notes the count of drops that its sandbox was asked for last."""
    disputed: list[str] = field(default_factory=list)
    """Containers of other sandboxes that it spoke for; see `gvtui.trace.claims`."""
    details: dict[str, Any] = field(default_factory=dict)
    """The details recorded when it opened."""
    _recent: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=RECENT_SECONDS))

    @property
    def connected(self) -> bool:
        """Whether the connection is still open."""
        return self.closed_ns == 0

    @property
    def heard_ns(self) -> int:
        """The second of its newest message, in Unix nanoseconds; 0 if it is not known."""
        return self._recent[-1][0] * SECOND_NS if self._recent else 0

    def may_lack_drops(self, now_ns: int) -> bool:
        """Whether it may have dropped points that nothing tells of.

        That is so behind the last message, for drops are told with the next one, until somebody has
        asked. Of a recording of a gvtui that never asks nothing is said.
        """
        if "peer_start" not in self.details or not self.messages:
            return False
        if self.asked_row > self.last_message:
            return False
        newest = (self.heard_ns or self.opened_ns) // SECOND_NS
        return not self.connected or now_ns // SECOND_NS - newest > QUIET_SECONDS

    @property
    def args(self) -> list[str]:
        """The container's command line, if `container/start` told it."""
        if self.container_id in self.container_args:
            return self.container_args[self.container_id]
        return next(iter(self.container_args.values()), [])

    def per_second(self, now_ns: int, seconds: int) -> list[int]:
        """The numbers of messages in each of the last whole `seconds` before `now_ns`, oldest
        first."""
        now = now_ns // SECOND_NS
        counts = dict(self._recent)
        return [counts.get(second, 0) for second in range(now - seconds, now)]

    def rate(self, now_ns: int) -> float:
        """Messages per second, over the last two whole seconds before `now_ns`."""
        now, total = now_ns // SECOND_NS, 0
        for second, count in reversed(self._recent):
            if second < now - 2:
                break
            total += count if second < now else 0
        return total / 2

    def take_row(self, row_id: int) -> None:
        """Note that a row belongs to the connection."""
        if self.first_row < 0:
            self.first_row = row_id
        self.first_row = min(self.first_row, row_id)
        self.last_row = max(self.last_row, row_id)

    def catch_up(self, counts: SummaryCounts) -> None:
        """Take in what has been counted of it by somebody who has read more of its rows."""
        self.messages = max(self.messages, counts.messages)
        self.bytes = max(self.bytes, counts.bytes)
        self.dropped = max(self.dropped, counts.dropped)
        self.malformed = max(self.malformed, counts.malformed)
        self.truncated = max(self.truncated, counts.truncated)
        self.unknown = max(self.unknown, counts.unknown)

    def starts(self, container: str, args: list[str]) -> None:
        """Note a container's command line; of too many containers, the first are forgotten."""
        self.container_args[container] = args
        if len(self.container_args) > _MAX_CONTAINERS:
            others = (each for each in self.container_args if each != self.container_id)
            del self.container_args[next(others)]

    def count_second(self, second: int, count: int) -> None:
        """Add messages to the count of a second; seconds long past are ignored."""
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
class ConnectionSums:
    """The counts of old connections that are no longer kept one by one."""

    connections: int = 0
    messages: int = 0
    dropped: int = 0
    lack_drops: bool = False
    """Whether `dropped` is only the least that was dropped on them."""

    def add(self, other: ConnectionSums) -> None:
        """Add other counts."""
        self.lack_drops |= other.lack_drops
        self.connections += other.connections
        self.messages += other.messages
        self.dropped += other.dropped


@dataclass(slots=True)
class Sandbox:
    """A container with all its connections."""

    container_id: str
    connections: list[Connection]
    """The connections, oldest first; never empty."""
    earlier: ConnectionSums = field(default_factory=ConnectionSums)
    """The counts of earlier connections."""

    @property
    def count(self) -> int:
        """How many connections it has had in all."""
        return len(self.connections) + self.earlier.connections

    @property
    def latest(self) -> Connection:
        """The newest connection."""
        return self.connections[-1]

    @property
    def connected(self) -> bool:
        """Whether any of its connections is still open."""
        return any(connection.connected for connection in self.connections)

    @property
    def messages(self) -> int:
        """How many messages came on all its connections."""
        return self.earlier.messages + sum(each.messages for each in self.connections)

    @property
    def dropped(self) -> int:
        """How many points were dropped on all its connections; each counts from 0."""
        return self.earlier.dropped + sum(each.dropped for each in self.connections)

    def may_lack_drops(self, now_ns: int) -> bool:
        """Whether `dropped` is only the least that it dropped."""
        return self.earlier.lack_drops or any(
            each.may_lack_drops(now_ns) for each in self.connections
        )
