"""Limits connections: a refused one is closed at once, counted and reported.

A sandbox waits for the answer to its handshake, and each connection costs memory, a descriptor and
rows in the recording. So nobody may take all connections: neither one process, nor one user, nor
all users together other than root and gvtui's own, who can be many with user namespaces.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gvtui.monitor.peer import credentials
from gvtui.monitor.refusals import Refusal, beyond
from gvtui.words import counted

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from gvtui.limits import Limits
    from gvtui.monitor.refusals import Refusals

_Key = TypeVar("_Key")


class Peer(NamedTuple):
    """The process at the other end of a connection."""

    pid: int
    start: int
    """The process's start time in ticks since boot, since pids are reused; 0 if it has ended
    already."""
    uid: int

    @property
    def words(self) -> str:
        """The peer in words, for a sentence."""
        name = _name_of(self.pid)
        return f"process {self.pid}{f' ({name})' * bool(name)} of user {self.uid}"


def peer_of(connection: socket.socket) -> Peer:
    """The peer of a new connection."""
    known = credentials(connection)
    pid = known["peer_pid"]
    return Peer(pid, start_of(pid), known["peer_uid"])


def start_of(pid: int, proc: Path = Path("/proc")) -> int:
    """The start time of a process in ticks since boot; 0 if it does not exist."""
    try:
        with (proc / str(pid) / "stat").open("rb") as file:
            after_name = file.read(4096).rpartition(b")")[2].split()
        return int(after_name[19])
    except (OSError, ValueError, IndexError):
        return 0


def _name_of(pid: int) -> str:
    try:
        return Path("/proc", str(pid), "comm").read_bytes().decode("utf-8", "replace").strip()
    except OSError:
        return ""


@dataclass(slots=True)
class _Share:
    """The connections of one process, of one user or of all, with their limits."""

    limit_name: str
    most: int
    rate: int
    now: int = 0
    """How many connections are open."""
    room: float = -1.0
    """How many new connections are allowed at once."""
    at: float = 0.0

    def refill(self, now: float) -> None:
        if self.room < 0:
            self.room = float(self.most)
        else:
            self.room = min(float(self.most), self.room + (now - self.at) * self.rate)
        self.at = now

    def over(self) -> str:
        """The name of the limit that one more connection would exceed; "" if none."""
        if self.now >= self.most:
            return f"connections{self.limit_name}"
        return f"new-connections{self.limit_name}" if self.room < 1 else ""

    @property
    def is_fresh(self) -> bool:
        return not self.now and self.room >= self.most


def _still_known(shares: dict[_Key, _Share], now: float) -> dict[_Key, _Share]:
    """The shares without those of peers that have no connection now and had none lately."""
    for share in shares.values():
        share.refill(now)
    return {key: share for key, share in shares.items() if not share.is_fresh}


class Admission:
    """Counts connections, and refuses those that exceed a limit."""

    def __init__(
        self,
        limits: Limits,
        refusals: Refusals,
        *,
        allowed_uids: frozenset[int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make it without connections.

        Args:
            limits: the limits in force.
            refusals: reports refused connections.
            allowed_uids: the users that may connect besides root and gvtui's own; None for all.
            clock: gives seconds of a monotonic clock.
        """
        self.refused = 0
        """How many connections were refused so far."""
        self._limits = limits
        self._refusals = refusals
        self._allowed = allowed_uids
        self._clock = clock
        self._trusted = {0, os.geteuid()}
        self._all = _Share("", limits.connections, limits.new_connections)
        self._others = _Share(
            "-of-others", limits.connections_of_others, limits.new_connections_of_others
        )
        self._by_user: dict[int, _Share] = {}
        self._by_process: dict[tuple[int, int], _Share] = {}

    def bound(self, most: int) -> None:
        """Allow at most so many connections at once, besides the other limits."""
        self._all.most = min(self._all.most, max(1, most))

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return self._all.now

    def enter(self, peer: Peer) -> bool:
        """Whether one more connection of this peer is allowed; if so, the caller must call
        `leave`."""
        if self._allowed is not None and peer.uid not in self._trusted | self._allowed:
            self.refuse(peer, "allow-uid", f"--allow-uid does not name user {peer.uid}")
            return False
        shares = self._shares(peer)
        now = self._clock()
        for share in shares:
            share.refill(now)
        # The peer's own limits come first: exceeding them is its own fault.
        for share in reversed(shares):
            if name := share.over():
                self._refuse_over(peer, share, name)
                return False
        for share in shares:
            share.room -= 1
        self._count(peer, shares)
        return True

    def take_over(self, connection: socket.socket) -> Peer:
        """Count a connection that was allowed already, whatever the limits; the caller must call
        `leave` with the peer."""
        peer = peer_of(connection)
        shares, now = self._shares(peer), self._clock()
        for share in shares:
            share.refill(now)
        self._count(peer, shares)
        return peer

    def _count(self, peer: Peer, shares: list[_Share]) -> None:
        for share in shares:
            share.now += 1
        if peer.uid not in self._trusted:
            self._by_user[peer.uid] = shares[2]
        if peer.pid:
            self._by_process[peer.pid, peer.start] = shares[-1]

    def _refuse_over(self, peer: Peer, share: _Share, name: str) -> None:
        if name == "connections" and share.most < self._limits.connections:
            why = f"there are descriptors for {counted(share.most, 'connection')} (ulimit -n)"
            self.refuse(peer, "descriptors", why)
            return
        self.refuse(peer, name, beyond(self._limits, name))

    def _shares(self, peer: Peer) -> list[_Share]:
        """The shares that the peer belongs to, from that of all to its own."""
        limits = self._limits
        shares = [self._all]
        if peer.uid not in self._trusted:
            shares += [
                self._others,
                self._by_user.get(peer.uid)
                or _Share(
                    "-per-user", limits.connections_per_user, limits.new_connections_per_user
                ),
            ]
        # Processes of another pid namespace have no pid here, and would all look like one.
        if peer.pid:
            most, rate = limits.connections_per_process, limits.new_connections_per_process
            known = self._by_process.get((peer.pid, peer.start))
            shares.append(known or _Share("-per-process", most, rate))
        return shares

    def leave(self, peer: Peer) -> None:
        """Note that an allowed connection has closed."""
        for share in self._shares(peer):
            share.now -= 1

    def refuse(self, peer: Peer, kind: str, why: str) -> None:
        """Count a refusal and report it, alone or with others of its kind.

        Args:
            peer: the peer whose connection is refused.
            kind: the name of the limit, or a word for another reason.
            why: the reason, for the user's line.
        """
        self.refused += 1
        group = f"user {peer.uid}"
        self._refusals.add(Refusal(kind, "refused", "connection", peer.words, group, why))

    def keep_house(self) -> None:
        """Forget peers that have gone; to be called now and then."""
        now = self._clock()
        self._by_user = _still_known(self._by_user, now)
        self._by_process = _still_known(self._by_process, now)
