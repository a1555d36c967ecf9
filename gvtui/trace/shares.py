"""How much of a flight recorder's disk each sandbox takes, and who would push out others' messages.

A share is a sandbox's, not a connection's: a sandbox may have several connections, one after the
other or at once. Whose a connection is, the kernel tells; what a sandbox says of itself does not
count.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from gvtui.trace.claims import Claimant
from gvtui.trace.row import ROW_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from gvtui.trace.summary import ConnectionCounts

_STEP_PARTS = 64
"""Who takes too much is found anew after so much of a segment has been written, ..."""
_STEP_NS = 100_000_000
"""... or after so many nanoseconds."""

MOST_SENT_NOTHING = 1024
"""Connections that have closed and are not in the counts, of which it is still known whose they were:
they are not looked for at each end of one."""


def sender_of(conn: int, details: dict[str, Any]) -> Hashable:
    """What stands for the sandbox behind a connection: equal for connections of one sandbox.

    For a runsc that is trusted it is the sandbox in its command line, for another trusted process
    that process, and for all processes of another user the user. Of who is not known, each
    connection stands for itself.
    """
    peer = Claimant.read(details)
    if peer is None:
        return "connection", conn
    if not peer.is_trusted:
        return "user", peer.uid
    if peer.is_runsc and peer.sandbox:
        return "sandbox", peer.root, peer.sandbox
    return "process", peer.pid, peer.start


class Shares:
    """Counts what each sandbox has in the segments that a flight recorder holds."""

    def __init__(self) -> None:
        self._senders: dict[int, Hashable] = {}
        self._held: deque[dict[Hashable, int]] = deque()
        self._ended_ns: deque[int] = deque()
        self._greedy: frozenset[Hashable] = frozenset()
        self._looked = (-1, -1, 0)
        self._next_ns = 0

    def opened(self, conn: int, details: dict[str, Any]) -> None:
        """Note who is behind a connection."""
        self._senders[conn] = sender_of(conn, details)

    def closed(self, tally: ConnectionCounts, *, still: Collection[int]) -> None:
        """Forget who was behind connections that have closed without a message that counts.

        Args:
            tally: the counts of the segment that is written.
            still: the connections that stand.
        """
        if len(self._senders) > len(still) + len(tally.by_conn) + MOST_SENT_NOTHING:
            counted = {conn: self._senders[conn] for conn in tally.by_conn if conn in self._senders}
            standing = {conn: self._senders[conn] for conn in still if conn in self._senders}
            self._senders = counted | standing

    def complete(self, tally: ConnectionCounts, *, still: Collection[int]) -> None:
        """Take in a segment that is complete.

        Args:
            tally: its counts.
            still: the connections that stand.
        """
        self._held.append(self._sums(tally))
        self._ended_ns.append(time.monotonic_ns())
        for conn in self._senders.keys() - set(still):
            del self._senders[conn]

    def shrunk(self, place: int, share: float) -> None:
        """Note that a segment takes only this share of its disk space now.

        Args:
            place: which of those that are held; -1 is the youngest.
            share: below 1.
        """
        if -len(self._held) <= place < 0:
            sums = self._held[place]
            self._held[place] = {sender: int(size * share) for sender, size in sums.items()}

    def keep(self, segments: int) -> None:
        """Forget all but so many segments, the youngest."""
        while len(self._held) > segments:
            self._held.popleft()
            self._ended_ns.popleft()

    def held_bytes(self, conn: int, tally: ConnectionCounts) -> int:
        """Disk for what the sandbox behind a connection has sent, as far as it is still held.

        Args:
            conn: the connection.
            tally: the counts of the segment that is written.
        """
        sender = self._sender(conn)
        return sum(each.get(sender, 0) for each in (*self._held, self._sums(tally)))

    def would_push_out(
        self, conn: int, tally: ConnectionCounts, size: int, segment_bytes: int, seconds: float
    ) -> bool:
        """Whether the oldest segment has young messages of others, and a connection's sandbox takes
        too much.

        It takes too much if it holds more than an equal part of what is held. Others count that do
        not.

        Args:
            conn: the connection.
            tally: the counts of the segment that is written.
            size: its size in bytes.
            segment_bytes: the size at which it is complete.
            seconds: up to which age messages are young.
        """
        if not self._held or time.monotonic_ns() - self._ended_ns[0] >= seconds * 1e9:
            return False
        looked = (len(self._held), size * _STEP_PARTS // segment_bytes, self._ended_ns[0])
        now = time.monotonic_ns()
        if looked != self._looked or now >= self._next_ns:
            self._looked, self._next_ns = looked, now + _STEP_NS
            self._greedy = self._find_greedy(tally)
        return self._sender(conn) in self._greedy

    def _find_greedy(self, tally: ConnectionCounts) -> frozenset[Hashable]:
        """Who holds more than an equal part, if the oldest segment has messages of others."""
        total: dict[Hashable, int] = {}
        for sums in (*self._held, self._sums(tally)):
            for sender, size in sums.items():
                total[sender] = total.get(sender, 0) + size
        everything = sum(total.values())
        greedy = frozenset(one for one, size in total.items() if size * len(total) > everything)
        return greedy if self._held[0].keys() - greedy else frozenset()

    def _sums(self, tally: ConnectionCounts) -> dict[Hashable, int]:
        sums: dict[Hashable, int] = {}
        for conn, counts in tally.by_conn.items():
            if counts.messages:
                sender = self._sender(conn)
                size = counts.bytes + counts.messages * ROW_SIZE
                sums[sender] = sums.get(sender, 0) + size
        return sums

    def _sender(self, conn: int) -> Hashable:
        return self._senders.get(conn, ("connection", conn))
