"""What is known of one connection, and of the connections of one sandbox."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gvtui.trace.summary import Counts

SECOND_NS = 1_000_000_000

RECENT_SECONDS = 120
"""Seconds of message counts kept for each connection, for rates and sparklines."""

_MAX_CONTAINERS = 64
"""Containers noted for each connection: a pod has a few, a hostile sandbox could name millions."""


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
    """Best known ID; `container_source` says from where. A name apart if it is another's."""
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
    disputed: list[str] = field(default_factory=list)
    """Containers of other sandboxes that it spoke for; see `gvtui.trace.claims`."""
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
        now, total = now_ns // SECOND_NS, 0
        for second, count in reversed(self._recent):
            if second < now - 2:
                break
            total += count if second < now else 0
        return total / 2

    def take_row(self, row_id: int) -> None:
        """Note that a row is its."""
        if self.first_row < 0:
            self.first_row = row_id
        self.first_row = min(self.first_row, row_id)
        self.last_row = max(self.last_row, row_id)

    def catch_up(self, counts: Counts) -> None:
        """Take in what has been counted of it by somebody who has read more of its rows."""
        self.messages = max(self.messages, counts.messages)
        self.bytes = max(self.bytes, counts.bytes)
        self.dropped = max(self.dropped, counts.dropped)
        self.malformed = max(self.malformed, counts.malformed)
        self.truncated = max(self.truncated, counts.truncated)
        self.unknown = max(self.unknown, counts.unknown)

    def starts(self, container: str, args: list[str]) -> None:
        """Note what a container runs; of too many, those that came first are forgotten."""
        self.container_args[container] = args
        if len(self.container_args) > _MAX_CONTAINERS:
            others = (each for each in self.container_args if each != self.container_id)
            del self.container_args[next(others)]

    def count_second(self, second: int, count: int) -> None:
        """Add messages to a second's count; seconds long past are left out."""
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
class Sums:
    """What came on connections that are not known one by one any more."""

    connections: int = 0
    messages: int = 0
    dropped: int = 0

    def add(self, other: Sums) -> None:
        """Take in others."""
        self.connections += other.connections
        self.messages += other.messages
        self.dropped += other.dropped


@dataclass(slots=True)
class Sandbox:
    """The successive connections of one container."""

    container_id: str
    connections: list[Connection]
    """Oldest first; never empty."""
    earlier: Sums = field(default_factory=Sums)
    """Those before them, which are summed up."""

    @property
    def count(self) -> int:
        """How many connections it has had."""
        return len(self.connections) + self.earlier.connections

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
        return self.earlier.messages + sum(each.messages for each in self.connections)

    @property
    def dropped(self) -> int:
        """Points dropped over all its connections: each began counting at 0."""
        return self.earlier.dropped + sum(each.dropped for each in self.connections)
