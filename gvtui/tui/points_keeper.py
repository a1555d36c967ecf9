"""The viewer's hold on runsc and on session files. What calls runsc blocks: call it in a thread."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import platformdirs

from gvtui.agent.agent import Agent
from gvtui.agent.memory import Memory
from gvtui.agent.outcome import Outcome, State
from gvtui.agent.pod_init import SessionFile
from gvtui.decode.escape import escape
from gvtui.decode.ids import short_id
from gvtui.errors import GvtuiError
from gvtui.points.library import Library
from gvtui.tui.points.state import Owner, Target

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from gvtui.agent.agent import OnExit
    from gvtui.agent.containers import Container
    from gvtui.agent.runsc import SessionStatus
    from gvtui.points.session import Session
    from gvtui.trace.connections import Connection
    from gvtui.tui.options import LiveOptions
    from gvtui.tui.points.state import Key
    from gvtui.tui.watch import Watch

_MAX_LABEL = 80
_WORKERS = 8

ExitPolicy = Literal["ask", "delete", "keep", "restore"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, once."""

    targets: tuple[Target, ...]
    """The sandboxes."""
    containers: tuple[Container, ...]
    problem: str = ""
    """What could not be looked at, and why, one sentence."""
    file: SessionFile | None = None
    """The session file as somebody else has left it; None if nobody has touched it."""
    file_error: str = ""
    """Why it cannot be read any more."""


class Keeper:
    """Looks for sandboxes, applies sessions, and puts things right at the end."""

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
        """What becomes of gvtui's sessions when the viewer ends."""
        self.containers: tuple[Container, ...] = ()
        """Those of the last survey, of pods also the ones beside the first."""
        self._memory = memory

    @classmethod
    def start(cls, options: LiveOptions) -> Keeper:
        """Get ready; nothing is called yet.

        Raises:
            SessionError: the session file is none.
        """
        memory = Memory(platformdirs.user_state_path("gvtui") / "sessions")
        binaries = (options.runsc,) if options.runsc else ()
        return cls(
            Agent(binaries, options.roots, memory=memory),
            memory=memory,
            library=Library(platformdirs.user_config_path("gvtui") / "sessions"),
            file=SessionFile.open(options.session_file) if options.session_file else None,
            policy=options.on_exit,
        )

    def survey(self) -> Survey:
        """Look for sandboxes and their sessions; never raises for what it may not see."""
        inventory = self.agent.inventory()
        problems = [inventory.problem] if inventory.problem else []
        problems += [report.error for report in inventory.roots if report.error]
        sandboxes = [each for each in inventory.containers if each.is_sandbox]
        sandboxes = [each for each in sandboxes if each.can_be_traced]
        # One that does not answer takes a whole time limit: the others need not wait for it.
        with ThreadPoolExecutor(_WORKERS) as pool:
            looked = list(pool.map(self._look_at, sandboxes))
        count = Counter(each.sandbox_key for each in inventory.containers)
        targets = tuple(replace(each, members=count[each.key]) for each in looked)
        if not problems and not inventory.roots:
            problems.append("no root of runsc's here: name one with --root")
        self.containers = inventory.containers
        file, file_error = self._look_at_file()
        problem = escape("; ".join(problems))
        return Survey(targets, inventory.containers, problem, file, file_error)

    def _look_at_file(self) -> tuple[SessionFile | None, str]:
        if self.file is None or not self.file.changed_outside():
            return None, ""
        try:
            return SessionFile.open(self.file.path), ""
        except GvtuiError as error:
            return None, escape(str(error))

    def read_file_again(self) -> None:
        """Take what the session file holds now.

        Raises:
            SessionError: it cannot be read, or is no session file any more.
        """
        assert self.file is not None
        self.file = SessionFile.open(self.file.path)

    def file_target(self, error: str = "") -> Target:
        """The session file as it was read or written last; calls nothing."""
        file = self.file
        assert file is not None
        return Target(
            ("file", str(file.path)),
            escape(file.path.name),
            Owner.FILE,
            applied=file.written if file.exists else None,
            error=error,
            exists=file.exists,
        )

    def _look_at(self, container: Container) -> Target:
        title = escape(short_id(container.id))
        if container.label:
            title += f" {escape(container.label[:_MAX_LABEL])}"
        catalogue, error = None, ""
        try:
            catalogue = self.agent.catalogue(container)
            sessions = container.runsc.list_sessions(container.root, container.sandbox_id)
        except GvtuiError as failure:
            error = str(failure)
            owner, applied = Owner.UNKNOWN, None
        else:
            owner, applied = self._owner(container, sessions)
        return Target(container.sandbox_key, title, owner, container, applied, catalogue, error)

    def _owner(
        self, container: Container, sessions: list[SessionStatus]
    ) -> tuple[Owner, Session | None]:
        if not sessions:
            return Owner.NONE, None
        sinks = sessions[0].sinks
        own = self.agent.registry.get(container)
        if own is not None:
            return Owner.OURS, None if own.doubtful else own.session
        recalled = self._memory.recall(container) if self._memory else None
        # Other sinks than gvtui's: somebody has replaced it since.
        if recalled and [sink.name for sink in recalled.sinks] == [each.name for each in sinks]:
            return Owner.EARLIER, recalled
        return Owner.OTHER, None

    def apply(self, container: Container, session: Session, *, replace: bool) -> Outcome:
        """Have a sandbox run a session; see `Agent.apply`."""
        if not session.points:
            return self.agent.delete(container, delete_unknown=replace)
        return self.agent.apply(container, session, replace_unknown=replace)

    def write(self, session: Session) -> None:
        """Write the session file in one step.

        Raises:
            SessionError: it cannot be written; it is as it was.
        """
        assert self.file is not None
        self.file.staged = session
        self.file.write()

    def key_of(self, connection: Connection) -> Key | None:
        """The sandbox that a connection belongs to, as far as is known."""
        container = self.container_of(connection)
        return container.sandbox_key if container is not None else None

    def container_of(self, connection: Connection) -> Container | None:
        """The container that a connection belongs to, as far as is known."""
        said = connection.container_id if connection.container_source == "message" else ""
        return self.agent.match(
            connection.peer_pid, connection.opened_ns, connection.command, said, self.containers
        ).container

    @property
    def has_made(self) -> bool:
        """Whether sessions of gvtui's run now."""
        return bool(self.agent.registry.all())

    def leave(self, policy: OnExit) -> list[Outcome]:
        """Deal with gvtui's own sessions at the end; nobody else's are touched."""
        return self.agent.leave(policy)


def marks_of(outcome: Outcome) -> list[dict[str, Any]]:
    """What to note in the recording about a change: the gap, then what runs now."""
    mark = outcome.mark()
    if mark is None:
        return []
    marks = []
    if outcome.gap is not None:
        gap = outcome.gap
        lasted = max(1, round((gap.end_ns - gap.start_ns) / 1e6))
        marks.append(
            {
                "kind": "gap",
                "text": f"gap of at most {lasted} ms: points of {mark['container_id']} are "
                "missing while its session was replaced",
                "container_id": mark["container_id"],
                "start_ns": gap.start_ns,
                "end_ns": gap.end_ns,
            }
        )
    return [*marks, mark]


def words_of(outcome: Outcome) -> tuple[str, str, str]:
    """An outcome in words for the screen: a sentence, its look, and all that is known."""
    parts = [outcome.sentence, *outcome.notes]
    skipped = (*outcome.skipped_points, *outcome.skipped_fields)
    parts += [f"skipped {', '.join(skipped[:5])}"] if skipped else []
    look = "good" if outcome.applied else "alarm"
    if outcome.state in (State.RESTORED, State.NEEDS_CONFIRMATION):
        look = "bad"
    lines = [*parts, "", *(f"{each.severity}: {each}" for each in outcome.problems)]
    detail = "\n".join([*lines, outcome.detail])
    sentence = escape(". ".join(_capital(part) for part in parts if part))
    return f"{sentence}.", look, detail


def _capital(sentence: str) -> str:
    """A sentence with its first letter large, unless it begins with a name such as `points[0]`."""
    first = sentence.partition(" ")[0]
    return sentence[:1].upper() + sentence[1:] if first.isalpha() else sentence


def summary_of(outcomes: Iterable[Outcome]) -> str:
    """The outcomes of a change to several sandboxes, in one sentence."""
    found = list(outcomes)
    done = sum(outcome.applied for outcome in found)
    failed = [outcome for outcome in found if not outcome.applied]
    words = f"Applied to {done} of {len(found)} sandboxes."
    for outcome in failed[:3]:
        words += f" {escape(short_id(outcome.container.sandbox_id))}: {escape(outcome.sentence)}."
    return words


def settle(keeper: Keeper, chosen: OnExit | None, watch: Watch) -> list[str]:
    """Deal with gvtui's sessions when the screen has gone.

    Args:
        keeper: the hold on them.
        chosen: what the user answered; None where there was no question, or no answer.
        watch: the monitor, to note in the recording what is done.

    Returns:
        What was done, for the user to read.
    """
    policy = chosen or ("restore" if keeper.policy == "ask" else keeper.policy)
    if policy == "keep":
        count = len(keeper.agent.registry.all())
        return [f"{count} sandboxes keep gvtui's sessions"] if count else []
    said = []
    for outcome in keeper.leave(policy):
        for mark in marks_of(outcome):
            watch.monitor.send_mark(mark)
        notes = "".join(f"; {note}" for note in outcome.notes)
        said.append(escape(f"{outcome.container.sandbox_id}: {outcome.sentence}{notes}"))
    return said
