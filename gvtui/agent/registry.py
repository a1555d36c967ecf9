"""What gvtui has applied, to which sandbox, and what was there before."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gvtui.agent.outcome import Outcome, State

if TYPE_CHECKING:
    from gvtui.agent.containers import Container
    from gvtui.points.session import Session


@dataclass(frozen=True, slots=True)
class Applied:
    """A session of gvtui's that runs."""

    container: Container
    session: Session
    pid: int
    """Of the runsc that made it: the peer of its connection."""
    found_session: bool
    """There was a session when gvtui first made its own here."""
    found: Session | None
    """That session, if gvtui knows it."""
    doubtful: bool = False
    """A change of it has ended so that nobody knows which of gvtui's sessions runs, if any."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A runsc that gvtui started and that may have connected."""

    container: Container
    pid: int
    started_ns: int


class Registry:
    """Kept for one run of gvtui; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._applied: dict[tuple[str, str], Applied] = {}
        self._peers: dict[int, Peer] = {}
        self._changing: set[tuple[str, str]] = set()

    def begin(self, container: Container) -> None:
        """A change of the container's session begins: connections that close now are its doing."""
        with self._lock:
            self._changing.add(container.sandbox_key)

    def end(self, container: Container) -> None:
        """The change has ended, and was noted."""
        with self._lock:
            self._changing.discard(container.sandbox_key)

    def started(self, container: Container, pid: int, started_ns: int) -> None:
        """Note a runsc that is about to connect."""
        with self._lock:
            self._peers[pid] = Peer(container, pid, started_ns)

    def container_of(self, peer_pid: int, opened_ns: int) -> Container | None:
        """The container of the connection that a runsc of gvtui's made.

        Args:
            peer_pid: pid of the process that connected.
            opened_ns: when it did, Unix time; before the runsc's start it was another process.
        """
        with self._lock:
            peer = self._peers.get(peer_pid)
        return peer.container if peer and opened_ns >= peer.started_ns else None

    def note(self, outcome: Outcome, *, had_session: bool) -> None:
        """Take in how a change ended.

        Args:
            outcome: the change's end.
            had_session: there was a session before it.
        """
        key = outcome.container.sandbox_key
        with self._lock:
            before = self._applied.get(key)
            if outcome.state in (State.DELETED, State.LOST):
                self._applied.pop(key, None)
            elif outcome.state is State.UNCERTAIN:
                if before is not None:
                    self._applied[key] = replace(before, doubtful=True)
            elif outcome.state in (State.APPLIED, State.RESTORED) and outcome.session:
                # A session put back for another monitor is not gvtui's to end.
                if outcome.state is State.RESTORED and before is None:
                    return
                pid = outcome.runsc_pid or 0
                if before is not None:
                    self._applied[key] = replace(
                        before, session=outcome.session, pid=pid, doubtful=False
                    )
                else:
                    self._applied[key] = Applied(
                        outcome.container, outcome.session, pid, had_session, outcome.former
                    )

    def lost(self, peer_pid: int) -> Applied | None:
        """The connection that this runsc made has closed: the session on it is no longer there.

        Another monitor may have replaced it. Called with pids of other connections too, which
        changes nothing.
        """
        with self._lock:
            for key, applied in self._applied.items():
                if applied.pid == peer_pid and key not in self._changing:
                    return self._applied.pop(key)
        return None

    def get(self, container: Container) -> Applied | None:
        """What gvtui has applied to the container's sandbox."""
        with self._lock:
            return self._applied.get(container.sandbox_key)

    def all(self) -> list[Applied]:
        """Every session of gvtui's that runs, oldest first."""
        with self._lock:
            return list(self._applied.values())
