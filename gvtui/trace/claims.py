"""Decides which connection may claim which container ID.

A sandbox is not trusted: it may claim any container ID. The kernel's data on the process that
connected are trusted, and so is the command line of a runsc that root or this user runs. So an ID
belongs to the sandbox that claims it first; a connection may claim several, as that of a pod does.
A second sandbox that claims the ID is contradicted: its messages are shown under a name of its own,
which no container can have.

These are not contradicted: connections of one process; connections of runsc commands that name the
same sandbox, as when a session is replaced and the new one connects before the old one ends; and a
connection that opens after the others have closed, as when a container starts again under its ID.
If a recording does not tell who connected, connections with the same ID count as one sandbox's.

Everything is decided from the rows in their order, so that a recording shows the same as the live
view did.
"""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from typing import Any

from gvtui.points.runsc_command import parse_runsc_command
from gvtui.trace.containers import MAX_ID
from gvtui.trace.details import args_in, int_in, text_in

APART = "¬"
"""The prefix of a contradicted sandbox's name, which no container ID has."""

MAX_NAMES = 64
"""How many container IDs one connection may claim; a pod has a few."""

MAX_OLD = 1 << 14
"""Contradicted connections that have ended whose names are known; those before them are called
apart whatever they said."""

GRACE_NS = 2_000_000_000
"""For how many nanoseconds messages of a replaced session may still arrive."""

_GVISOR_FILE = re.compile(r"runsc|gvisor|sentry")
"""In the name of a file that a runsc of any release is."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """The process that opened a connection, as the kernel described it."""

    pid: int
    start: int
    """Its start time in the kernel's clock ticks; 0 if it could not be read."""
    uid: int
    is_trusted: bool
    """Whether it ran as root, or as the user of the monitor."""
    exe: tuple[str, int, int] = ("", 0, 0)
    """The file of its program: path, device and inode."""
    sandbox: str = ""
    """The sandbox that its command line names; "" if none."""
    root: str = ""
    """The runsc root that its command line names; "" for the default."""

    @classmethod
    def read(cls, details: dict[str, Any]) -> Claimant | None:
        """Read the peer from a connection's details; None if they lack it."""
        pid = int_in(details, "peer_pid")
        if "peer_start" not in details or not pid:
            return None
        noted = details.get("exe")
        exe = noted if isinstance(noted, dict) else {}
        return cls(
            pid,
            int_in(details, "peer_start"),
            int_in(details, "peer_uid", -1),
            details.get("is_trusted") is True,
            (text_in(exe, "path"), int_in(exe, "dev"), int_in(exe, "ino")),
            text_in(details, "container_id")[:MAX_ID],
            parse_runsc_command(args_in(details, "command")).flags.get("root", ""),
        )

    @property
    def is_runsc(self) -> bool:
        """Whether its program has the name of one of gVisor's."""
        return bool(_GVISOR_FILE.search(os.path.basename(self.exe[0])))

    def proves(self, container: str) -> bool:
        """Whether it is a trusted runsc that works for this very container."""
        return self.is_trusted and self.is_runsc and self.sandbox == container

    def is_same_sandbox(self, other: Claimant) -> bool:
        """Whether it certainly works for the same sandbox as another."""
        if (self.pid, self.start) == (other.pid, other.start) and self.start:
            return True
        if not self.sandbox or self.sandbox != other.sandbox:
            return False
        has_same_root = self.root == other.root or not (self.root and other.root)
        has_same_user = self.uid == other.uid or (self.is_trusted and other.is_trusted)
        has_same_program = self.is_runsc and other.is_runsc
        if not has_same_program:
            has_same_program = bool(self.exe[2]) and self.exe == other.exe
        return has_same_root and has_same_user and has_same_program


def name_apart(conn: int, container: str) -> str:
    """The name under which a contradicted connection's container is shown."""
    return f"{APART}{conn}:{container}"


class Claims:
    """Decides which connection owns which container ID, from the rows of a trace."""

    def __init__(self) -> None:
        self.contradicted = 0
        """How many connections claimed another sandbox's container, each pair once."""
        self.renamed = 0
        """How often a name that was given before was taken back: rows before have another now."""
        self.apart: dict[int, dict[str, str]] = {}
        """The contradicted connections, and those that speak for too many containers: what each
        said that others are, and the names that it has for these."""
        self._peers: dict[int, Claimant | None] = {}
        self._names: dict[int, dict[str, str]] = {}
        self._forgotten = bytearray()
        """A bit for each contradicted connection whose names are forgotten."""
        self._holders: dict[str, set[int]] = {}
        self._old: dict[int, None] = {}
        self._until: dict[tuple[int, str], int] = {}
        """Until when a connection may speak for what another has proven since."""

    def opened(self, conn: int, peer: Claimant | None) -> None:
        """Note that a connection has opened."""
        self._peers[conn] = peer

    def closed(self, conn: int) -> None:
        """Note that a connection has closed and claims nothing any more; its rows keep their
        names."""
        self._peers.pop(conn, None)
        for container in self._names.get(conn, {}):
            self._let_go(conn, container)

    def forget(self, conn: int) -> None:
        """It is not known one by one any more; of its names those stay that stand apart."""
        self.closed(conn)
        if conn not in self.apart:
            self._names.pop(conn, None)
            return
        if not self.is_full(conn):
            self._names[conn] = self.apart[conn]
        self._old[conn] = None
        if len(self._old) > MAX_OLD:
            oldest = next(iter(self._old))
            del self._old[oldest], self.apart[oldest], self._names[oldest]
            self._forgotten.extend(bytes(max(0, oldest // 8 + 1 - len(self._forgotten))))
            self._forgotten[oldest // 8] |= 1 << oldest % 8

    def is_full(self, conn: int) -> bool:
        """Whether a connection claims so many containers that further ones have no name."""
        return len(self._names.get(conn, ())) >= MAX_NAMES

    def is_apart(self, conn: int) -> bool:
        """Whether containers that a connection speaks for have other names than it says."""
        return conn in self.apart or self._is_forgotten(conn)

    def is_contradicted(self, conn: int) -> bool:
        """Whether a connection claims a container that is another sandbox's."""
        return bool(self.apart.get(conn)) or self._is_forgotten(conn)

    def name(self, conn: int, container: str) -> str:
        """The name of a container that a connection claims."""
        known = self._names.get(conn, {}).get(container)
        if known is not None:
            return known
        is_unknown = self.is_full(conn) or self._is_forgotten(conn)
        return name_apart(conn, container) if is_unknown else container

    def spoken(self, conn: int) -> list[str]:
        """The container IDs that a connection claims."""
        return list(self._names.get(conn, ()))

    def _is_forgotten(self, conn: int) -> bool:
        place = conn // 8
        return place < len(self._forgotten) and bool(self._forgotten[place] >> conn % 8 & 1)

    @property
    def waiting(self) -> dict[tuple[int, str], int]:
        """Connections that speak for what another has proven: each with its container, and the
        time from which on it is contradicted if it still does."""
        return self._until

    def speaks(self, conn: int, container: str, when_ns: int) -> None:
        """Note that a connection claims a container ID.

        Args:
            conn: its number.
            container: the ID.
            when_ns: the time of receipt.
        """
        until = self._until.get((conn, container))
        if until is not None and when_ns > until:
            self._let_go(conn, container)
            self._contradict(conn, container)
            self.renamed += 1
        if not container or self.is_full(conn) or container in self._names.get(conn, {}):
            return
        if container.startswith(APART):
            self._contradict(conn, container)
            return
        holders = self._holders.get(container, set())
        rivals = self._rivals(conn, holders)
        if rivals and len(rivals) == len(holders):
            peer = self._peers.get(conn)
            rules = peer is not None and peer.proves(container)
            if not rules or any(self._proves(rival, container) for rival in rivals):
                self._contradict(conn, container)
                return
            for rival in rivals:
                self._until[rival, container] = when_ns + GRACE_NS
        self._note(conn, container, container)
        self._holders.setdefault(container, set()).add(conn)

    def dispute(self, conn: int, container: str) -> None:
        """It is known from elsewhere that a connection speaks for another sandbox's container."""
        if container and not self.is_full(conn) and container not in self._names.get(conn, {}):
            self._contradict(conn, container)

    def _rivals(self, conn: int, holders: set[int]) -> list[int]:
        peer = self._peers.get(conn)
        if peer is None:
            return []
        others = ((holder, self._peers.get(holder)) for holder in holders)
        return [
            holder
            for holder, other in others
            if other is not None and not peer.is_same_sandbox(other)
        ]

    def _proves(self, conn: int, container: str) -> bool:
        peer = self._peers.get(conn)
        return peer is not None and peer.proves(container)

    def _contradict(self, conn: int, container: str) -> None:
        self.contradicted += 1
        name = name_apart(conn, container)
        self._note(conn, container, name)
        self.apart.setdefault(conn, {})[container] = name

    def _note(self, conn: int, container: str, name: str) -> None:
        names = self._names.setdefault(conn, {})
        names[container] = name
        if len(names) >= MAX_NAMES:
            self.apart.setdefault(conn, {})

    def _let_go(self, conn: int, container: str) -> None:
        self._until.pop((conn, container), None)
        holders = self._holders.get(container)
        if holders is not None:
            holders.discard(conn)
            if not holders:
                del self._holders[container]
