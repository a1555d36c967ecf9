"""The agent: all that the viewer and the command line ask of runsc, or have it do.

Every method that calls runsc blocks, for at most some multiples of the time limit, so the viewer
calls it in a thread. An `Agent` may be used from several threads; changes of sessions in one runsc
root wait for each other, whichever viewers and commands of gvtui make them.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gvtui.agent.abilities import own_value_flags
from gvtui.agent.discover import Inventory, take_inventory
from gvtui.agent.earlier import processes_in
from gvtui.agent.naming.namer import Namer
from gvtui.agent.outcome import ChangeOutcome, State
from gvtui.agent.registry import Applied, Registry
from gvtui.agent.running import own_runsc
from gvtui.agent.runsc import DEFAULT_TIMEOUT
from gvtui.agent.transaction import Transaction
from gvtui.errors import GvtuiError, ReadOnlyError
from gvtui.files import folder_locked
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.runsc_command import container_id_from_command, root_from_command
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gvtui.agent.containers import Container
    from gvtui.agent.memory import Memory
    from gvtui.agent.procfs import Dump
    from gvtui.points.catalogue import Catalogue
    from gvtui.points.session import Session

OnExit = Literal["delete", "keep", "restore"]
"""What happens to gvtui's sessions at the end: delete them, keep them, or restore the former."""

MOST_CATALOGUES = 256
"""How many containers' catalogues are remembered: those of the newest."""

BUSY_SECONDS = 60.0
"""How long to wait for another who changes a session in the same root."""

_JUST_BEFORE_NS = 1_000_000_000
"""How long before its pid was noted a runsc may have connected; no pid is reused that soon."""


@dataclass(frozen=True, slots=True)
class ContainerMatch:
    """The container that a connection belongs to, and how gvtui knows it."""

    container: Container | None
    """None if the container's root is not among those that gvtui may read."""
    container_id: str
    """The container's ID; "" if it is not known."""
    by: Literal["pid", "command", "message", ""]
    """`pid`: gvtui made the connection's session; `command`: the peer's command line names it;
    `message`: the sandbox says so; "": unknown."""


class Agent:
    """Finds containers, reads which points they offer, and changes their sessions."""

    def __init__(
        self,
        binaries: Sequence[str] = (),
        roots: Sequence[Path | str] = (),
        *,
        timeout: float = DEFAULT_TIMEOUT,
        memory: Memory | None = None,
        readonly: bool = False,
    ) -> None:
        """Prepare; nothing is called yet.

        Args:
            binaries: runsc binaries to use, in place of those found.
            roots: runsc roots to search, in place of those found.
            timeout: seconds for each call of runsc.
            memory: where to note sessions for later runs; None notes nothing.
            readonly: refuse every change of a sandbox.
        """
        self.registry = Registry()
        self._namer = Namer()
        self._binaries = tuple(binaries)
        self._roots = tuple(roots)
        self._timeout = timeout
        self._stop = threading.Event()
        self._memory = memory
        self.readonly = readonly
        """Whether every change of a sandbox is refused."""
        self._lock = threading.Lock()
        self._sandbox_locks: dict[tuple[str, str], threading.Lock] = {}
        self._catalogues: dict[tuple[str, int], Catalogue] = {}
        self._catalogue_here: tuple[tuple[str, int, int], Catalogue] | None = None
        """The preferred runsc's catalogue, with the name, size and time of its file."""
        self._value_flags: frozenset[str] = frozenset()

    def inventory(self) -> Inventory:
        """Find the binaries, roots and containers that are there now."""
        found = take_inventory(self._binaries, self._roots, self._timeout, self._stop, self._namer)
        used = {*found.binaries, *(each.runsc for each in found.containers)}
        self._value_flags = frozenset().union(*map(own_value_flags, used))
        return found

    def stop_looking(self) -> None:
        """End the calls that only read, and start no more of them; changes still work."""
        self._stop.set()

    def catalogue(self, container: Container) -> Catalogue:
        """The trace points that a container's own runtime offers.

        Asks the very binary that runs the sandbox, if gvtui may run it, since the installed binary
        may be another by now.

        Raises:
            RunscError, CatalogueError: they could not be read.
        """
        key = (str(container.root), container.pid)
        with self._lock:
            known = self._catalogues.get(key)
        if known is not None:
            return known
        running = own_runsc(container)
        try:
            catalogue = (running or container.runsc).catalogue()
        except GvtuiError:
            if running is None:
                raise
            catalogue = container.runsc.catalogue()
        with self._lock:
            # Containers of one binary share one, and those that have gone are forgotten.
            same = (each for each in self._catalogues.values() if each == catalogue)
            catalogue = self._catalogues[key] = next(same, catalogue)
            while len(self._catalogues) > MOST_CATALOGUES:
                del self._catalogues[next(iter(self._catalogues))]
        return catalogue

    def any_catalogue(self, inventory: Inventory | None = None) -> Catalogue:
        """The catalogue of the preferred runsc; the bundled one if no runsc answers.

        A runsc is asked again only after its file has changed.
        """
        found = inventory or self.inventory()
        for runsc in found.binaries:
            try:
                status = os.stat(runsc.path)
                key = (str(runsc.path), status.st_size, status.st_mtime_ns)
                with self._lock:
                    known = self._catalogue_here
                if known is not None and known[0] == key:
                    return known[1]
                catalogue = runsc.catalogue()
            except (GvtuiError, OSError):
                continue
            with self._lock:
                self._catalogue_here = key, catalogue
            return catalogue
        return bundled_catalogue()

    def processes(self, container: Container) -> Dump:
        """The processes that run in the container's sandbox now, each with the container that it
        belongs to.

        Raises:
            RunscError: the sandbox could not be asked.
        """
        return processes_in(container.runsc, container.root, container.sandbox_id)

    def known_session(self, container: Container) -> Session | None:
        """The session that gvtui made last in the container's sandbox; None if it made none."""
        own = self.registry.get(container)
        if own is not None:
            return own.session
        return self._memory.recall(container) if self._memory else None

    def apply(
        self,
        container: Container,
        session: Session,
        *,
        replace_unknown: bool = False,
        on_start: Callable[[int], None] | None = None,
    ) -> ChangeOutcome:
        """Start a session in the container's sandbox, or replace the one that runs there.

        Never raises for what runsc does; the outcome says whether it worked and what runs now.

        Args:
            container: any container of the sandbox.
            session: what to trace from now on.
            replace_unknown: replace a session that gvtui did not make. Without it, such a session
                stays, and the outcome is `needs_confirmation`.
            on_start: called with the pid of each runsc that will connect, before it does.
        """
        if self.readonly:
            return _refusal(container)
        container = _unstoppable(container)
        with self._sandbox_lock(container), _alone(container) as is_alone:
            if not is_alone:
                return _busy(container)
            own = self.registry.get(container)
            try:
                catalogue = self.catalogue(container) if container.can_be_traced else None
            except GvtuiError:
                catalogue = None
            transaction = Transaction(
                container,
                former=self.known_session(container),
                former_is_own=own is not None,
                catalogue=catalogue,
                replace_unknown=replace_unknown,
                on_start=self._starter(container, on_start),
            )
            return self._change(container, transaction, lambda: transaction.apply(session))

    def delete(self, container: Container, *, delete_unknown: bool = False) -> ChangeOutcome:
        """End the session of the container's sandbox.

        Args:
            container: any container of the sandbox.
            delete_unknown: end it even if gvtui did not make it.
        """
        if self.readonly:
            return _refusal(container)
        container = _unstoppable(container)
        with self._sandbox_lock(container), _alone(container) as is_alone:
            if not is_alone:
                return _busy(container)
            own = self.registry.get(container)
            transaction = Transaction(
                container,
                former=own.session if own else None,
                former_is_own=own is not None,
                replace_unknown=delete_unknown,
            )
            return self._change(container, transaction, transaction.delete)

    def leave(self, policy: OnExit) -> list[ChangeOutcome]:
        """Delete, keep or restore gvtui's own sessions at the end; other monitors' are never
        touched.

        Args:
            policy: `delete` ends them; `keep` leaves them; `restore` puts back what gvtui found: no
                session, or a session whose points it knows. A session that it does not know cannot
                be put back; gvtui's own is then ended, and the outcome's notes say so.
        """
        if policy == "keep":
            return []
        return [self._leave(applied, policy) for applied in self.registry.all()]

    def match(
        self,
        peer_pid: int | None,
        opened_ns: int,
        command: list[str],
        said_id: str,
        containers: Iterable[Container],
    ) -> ContainerMatch:
        """Find the container that a connection belongs to; runs no program.

        Args:
            peer_pid: pid of the process that connected.
            opened_ns: when it connected, Unix time in nanoseconds.
            command: its command line, may be empty.
            said_id: the container ID in the connection's messages, or "".
            containers: the known containers, as from the inventory.
        """
        exact = self.registry.container_of(peer_pid, opened_ns) if peer_pid is not None else None
        if exact is not None:
            return ContainerMatch(exact, exact.sandbox_id, "pid")
        known = list(containers)
        named = container_id_from_command(command, self._value_flags)
        if named:
            root = root_from_command(command, self._value_flags)
            return ContainerMatch(_pick(known, named, root), named, "command")
        if said_id:
            return ContainerMatch(_pick(known, said_id, None), said_id, "message")
        return ContainerMatch(None, "", "")

    def connection_closed(self, peer_pid: int) -> Applied | None:
        """Note that a connection has closed.

        Returns:
            gvtui's session that sent on it, if there was one: somebody else has ended the session
            or its sandbox. gvtui no longer counts it as its own, so a later change asks before it
            replaces a session there, and never restores this one.
        """
        lost = self.registry.lost(peer_pid)
        if lost is not None and self._memory is not None:
            self._memory.forget(lost.container)
        return lost

    def _leave(self, applied: Applied, policy: OnExit) -> ChangeOutcome:
        container = applied.container
        note = ""
        if policy == "restore" and applied.found_session:
            if applied.found is not None:
                outcome = self.apply(container, applied.found)
                if outcome.applied:
                    points = counted(len(applied.found.points), "point")
                    kept = f"the session found at first runs again, with {points}"
                    outcome = replace(outcome, kept=kept)
                return outcome
            note = "the session found at first cannot be put back: gvtui did not make it"
        outcome = self.delete(container)
        return replace(outcome, notes=(*outcome.notes, note)) if note else outcome

    def _change(
        self, container: Container, transaction: Transaction, change: Callable[[], ChangeOutcome]
    ) -> ChangeOutcome:
        self.registry.begin(container)
        try:
            outcome = change()
            self.registry.note(outcome, had_session=transaction.had_session)
        finally:
            self.registry.end(container)
        if self._memory is not None:
            if outcome.state in (State.APPLIED, State.RESTORED) and outcome.session:
                self._memory.remember(container, outcome.session)
            elif outcome.state in (State.DELETED, State.LOST):
                self._memory.forget(container)
        return outcome

    def _starter(
        self, container: Container, then: Callable[[int], None] | None
    ) -> Callable[[int], None]:
        def started(pid: int) -> None:
            self.registry.started(container, pid, time.time_ns() - _JUST_BEFORE_NS)
            if then is not None:
                then(pid)

        return started

    def _sandbox_lock(self, container: Container) -> threading.Lock:
        with self._lock:
            return self._sandbox_locks.setdefault(container.sandbox_key, threading.Lock())


def _unstoppable(container: Container) -> Container:
    """The container with a runsc that ignores `stop`, so that a change is always completed."""
    return replace(container, runsc=replace(container.runsc, stop=None))


def _alone(container: Container) -> AbstractContextManager[bool]:
    """Keep all others on this machine from changing a session of the same root meanwhile: two
    changes at once would each take the other's work for a failure. Gives False if one of them
    does not come to an end."""
    return folder_locked(container.root, BUSY_SECONDS)


def _busy(container: Container) -> ChangeOutcome:
    error = f"another viewer or command of gvtui is changing a session in {container.root}"
    return ChangeOutcome(
        container, State.REFUSED, "nothing has changed here; try again later", error=error
    )


def _refusal(container: Container) -> ChangeOutcome:
    return ChangeOutcome(
        container, State.REFUSED, "what ran there runs on", error=str(ReadOnlyError())
    )


def _pick(containers: list[Container], container_id: str, root: str | None) -> Container | None:
    found = [each for each in containers if each.id == container_id]
    if root is not None:
        in_root = [each for each in found if str(each.root) == root]
        found = in_root or found
    return found[0] if len(found) == 1 else None
