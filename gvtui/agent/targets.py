"""The targets that sessions can be applied to: running sandboxes, and a session file.

`Keeper` finds the targets, applies sessions to them, and at the end deletes, keeps or restores.
Methods that call runsc block: call them in a thread.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs

from gvtui.agent.agent import Agent
from gvtui.agent.memory import Memory
from gvtui.agent.pod_init import SessionFile
from gvtui.agent.running import pod_init_of
from gvtui.agent.target import SessionOwner, Target, TargetSurvey
from gvtui.decode.escape import escape
from gvtui.decode.ids import short_id
from gvtui.errors import GvtuiError, ReadOnlyError
from gvtui.points.document import SessionError, load_document
from gvtui.points.library import Library
from gvtui.trace.claims import APART

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.agent.agent import OnExit
    from gvtui.agent.containers import Container
    from gvtui.agent.outcome import ChangeOutcome
    from gvtui.agent.runsc import SessionStatus
    from gvtui.agent.target import Key
    from gvtui.points.session import Session
    from gvtui.trace.connection import Connection

_MAX_LABEL = 80
_WORKERS = 8

ExitPolicy = Literal["ask", "delete", "keep", "restore"]
"""What happens to gvtui's sessions when the viewer ends; `ask` asks the user then."""


class Keeper:
    """Searches for sandboxes, applies sessions, and deletes or restores them at the end."""

    def __init__(
        self,
        agent: Agent,
        *,
        memory: Memory | None = None,
        library: Library | None = None,
        file: SessionFile | None = None,
        policy: ExitPolicy = "ask",
    ) -> None:
        self.agent = agent
        self.library = library
        self.file = file
        self.policy: ExitPolicy = policy
        """What happens to gvtui's sessions when the viewer ends."""
        self.containers: tuple[Container, ...] = ()
        """The containers of the last survey; for pods, all containers of each."""
        self._memory = memory

    @classmethod
    def start(
        cls,
        binaries: Sequence[str] = (),
        roots: Sequence[Path] = (),
        *,
        file: Path | None = None,
        policy: ExitPolicy = "ask",
        readonly: bool = False,
    ) -> Keeper:
        """Make a keeper with this user's saved sessions; no program is run yet.

        Args:
            binaries: runsc binaries to use, in place of those found.
            roots: runsc roots to look at, in place of those found.
            file: a session file to edit as well.
            policy: what happens to gvtui's sessions at the end.
            readonly: refuse every change of a sandbox or a session file.

        Raises:
            SessionError: the session file cannot be read, or is not one.
        """
        memory = Memory(platformdirs.user_state_path("gvtui") / "sessions")
        return cls(
            Agent(binaries, roots, memory=memory, readonly=readonly),
            memory=memory,
            library=Library(platformdirs.user_config_path("gvtui") / "sessions", readonly=readonly),
            file=SessionFile.open(file) if file else None,
            policy=policy,
        )

    def survey(self) -> TargetSurvey:
        """Search for sandboxes and their sessions; never raises for what it may not read."""
        inventory = self.agent.inventory()
        problems = [inventory.problem] if inventory.problem else []
        problems += [report.error for report in inventory.roots if report.error]
        sandboxes = [each for each in inventory.containers if each.is_sandbox]
        sandboxes = [each for each in sandboxes if each.can_be_traced]
        # A sandbox that does not answer takes a whole time limit: the others need not wait for it.
        with ThreadPoolExecutor(_WORKERS) as pool:
            looked = list(pool.map(self._look_at, sandboxes))
        count = Counter(each.sandbox_key for each in inventory.containers)
        targets = tuple(replace(each, members=count[each.key]) for each in looked)
        if not problems and not inventory.roots:
            problems.append("no root of runsc's here: name one with --root")
        self.containers = inventory.containers
        file, file_error = self._look_at_file()
        problem = escape("; ".join(problems))
        catalogue = None
        if all(each.catalogue is None for each in targets):
            catalogue = self.agent.any_catalogue(inventory)
        return TargetSurvey(targets, inventory.containers, problem, file, file_error, catalogue)

    def _look_at_file(self) -> tuple[SessionFile | None, str]:
        if self.file is None or not self.file.changed_outside():
            return None, ""
        try:
            return SessionFile.open(self.file.path), ""
        except GvtuiError as error:
            return None, escape(str(error))

    def read_file_again(self) -> None:
        """Read the session file again, and take it in place of what was read before.

        Raises:
            SessionError: it cannot be read, or is no session file any more.
        """
        assert self.file is not None
        self.file = SessionFile.open(self.file.path)

    def file_target(self, error: str = "") -> Target:
        """The target for the session file as it was last read or written; runs no program."""
        file = self.file
        assert file is not None
        return Target(
            ("file", str(file.path)),
            escape(file.path.name),
            SessionOwner.FILE,
            applied=file.written if file.exists else None,
            error=error,
            exists=file.exists,
        )

    def _look_at(self, container: Container) -> Target:
        title = short_id(container.id)
        if container.names.label:
            title = f"{container.label[:_MAX_LABEL]} {title}"
        title = escape(title)
        catalogue, error = None, ""
        try:
            catalogue = self.agent.catalogue(container)
            sessions = container.runsc.list_sessions(container.root, container.sandbox_id)
        except GvtuiError as failure:
            error = str(failure)
            owner, applied = SessionOwner.UNKNOWN, None
        else:
            owner, applied = self._owner(container, sessions)
        is_guess = owner is SessionOwner.POD_INIT
        key = container.sandbox_key
        return Target(key, title, owner, container, applied, is_guess, catalogue, error)

    def _owner(
        self, container: Container, sessions: list[SessionStatus]
    ) -> tuple[SessionOwner, Session | None]:
        if not sessions:
            return SessionOwner.NONE, None
        sinks = sessions[0].sinks
        own = self.agent.registry.get(container)
        if own is not None:
            return SessionOwner.OURS, None if own.doubtful else own.session
        recalled = self._memory.recall(container) if self._memory else None
        # With other sinks than gvtui's, somebody has replaced the session since.
        if recalled and [sink.name for sink in recalled.sinks] == [each.name for each in sinks]:
            return SessionOwner.EARLIER, recalled
        named = _pod_init_session(container)
        if named and [sink.name for sink in named.sinks] == [each.name for each in sinks]:
            return SessionOwner.POD_INIT, named
        return SessionOwner.OTHER, None

    def apply(self, container: Container, session: Session, *, replace: bool) -> ChangeOutcome:
        """Start a session in a sandbox; see `Agent.apply`."""
        if not session.points:
            return self.agent.delete(container, delete_unknown=replace)
        return self.agent.apply(container, session, replace_unknown=replace)

    def write(self, session: Session) -> None:
        """Write the session file in one step.

        Raises:
            SessionError: the file cannot be written, and is unchanged.
            ReadOnlyError: changes are refused.
        """
        assert self.file is not None
        if self.agent.readonly:
            raise ReadOnlyError
        self.file.staged = session
        self.file.write()

    def key_of(self, connection: Connection) -> Key | None:
        """The key of the sandbox that a connection belongs to; None if it is not known."""
        container = self.container_of(connection)
        return container.sandbox_key if container is not None else None

    def container_of(self, connection: Connection) -> Container | None:
        """The container that a connection belongs to; None if it is not known."""
        if connection.container_id.startswith(APART):
            # It only says so: another sandbox is this container.
            return None
        said = connection.container_id if connection.container_source == "message" else ""
        return self.agent.match(
            connection.peer_pid, connection.opened_ns, connection.command, said, self.containers
        ).container

    @property
    def has_made(self) -> bool:
        """Whether any session that gvtui made runs now."""
        return bool(self.agent.registry.all())

    def stop_looking(self) -> None:
        """End calls that only read, so that the viewer can end without waiting for them."""
        self.agent.stop_looking()

    def leave(self, policy: OnExit) -> list[ChangeOutcome]:
        """Delete, keep or restore gvtui's own sessions at the end; others are not touched."""
        return self.agent.leave(policy)


def _pod_init_session(container: Container) -> Session | None:
    """The session in the pod init file that a sandbox was started with; None without one."""
    path = pod_init_of(container.pid) if container.pid else ""
    try:
        return load_document(Path(path)).session if path else None
    except SessionError:
        return None
