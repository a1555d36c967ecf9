"""Keeps which session gvtui has applied to which sandbox, and which session it replaced."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gvtui.agent.outcome import ChangeOutcome, State

if TYPE_CHECKING:
    from gvtui.agent.containers import Container
    from gvtui.points.session import Session


@dataclass(frozen=True, slots=True)
class Applied:
    """A running session that gvtui has applied."""

    container: Container
    session: Session
    pid: int
    """The pid of the runsc that made it, which is the peer of its connection."""
    found_session: bool
    """Whether a session ran here when gvtui first made its own."""
    found: Session | None
    """The session that ran then, if gvtui knows it."""
    doubtful: bool = False
    """Whether a change ended so that gvtui does not know which of its sessions runs, if any."""


@dataclass(frozen=True, slots=True)
class StartedRunsc:
    """A runsc that gvtui started, and that may have connected to the monitor."""

    container: Container
    pid: int
    started_ns: int


class Registry:
    """The sessions applied during one run of gvtui; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._applied: dict[tuple[str, str], Applied] = {}
        self._peers: dict[int, StartedRunsc] = {}
        self._changing: set[tuple[str, str]] = set()

    def begin(self, container: Container) -> None:
        """A change of the container's session begins: it may close the session's connection."""
        with self._lock:
            self._changing.add(container.sandbox_key)

    def end(self, container: Container) -> None:
        """The change has ended, and its outcome has been noted."""
        with self._lock:
            self._changing.discard(container.sandbox_key)

    def started(self, container: Container, pid: int, started_ns: int) -> None:
        """Note a runsc that is about to connect."""
        with self._lock:
            self._peers[pid] = StartedRunsc(container, pid, started_ns)

    def container_of(self, peer_pid: int, opened_ns: int) -> Container | None:
        """The container whose connection a runsc started by gvtui has made; None for other peers.

        Args:
            peer_pid: pid of the process that connected.
            opened_ns: when it connected, Unix time in nanoseconds; before that runsc's start, the
                pid was another process's.
        """
        with self._lock:
            peer = self._peers.get(peer_pid)
        return peer.container if peer and opened_ns >= peer.started_ns else None

    def note(self, outcome: ChangeOutcome, *, had_session: bool) -> None:
        """Note how a change ended.

        Args:
            outcome: the outcome of the change.
            had_session: whether a session ran before it.
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
                # A session that was restored for another monitor is not gvtui's to end.
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
        """The connection that this runsc made has closed, so its session no longer runs.

        Another monitor may have replaced it. For a pid of any other connection this does nothing.
        """
        with self._lock:
            for key, applied in self._applied.items():
                if applied.pid == peer_pid and key not in self._changing:
                    return self._applied.pop(key)
        return None

    def get(self, container: Container) -> Applied | None:
        """The session that gvtui has applied to the container's sandbox; None if it has not."""
        with self._lock:
            return self._applied.get(container.sandbox_key)

    def all(self) -> list[Applied]:
        """Every running session that gvtui has applied, oldest first."""
        with self._lock:
            return list(self._applied.values())
