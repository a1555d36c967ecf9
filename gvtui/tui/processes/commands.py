"""Asks sandboxes for processes that ran before their session, and notes them in the trace."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gvtui.agent.earlier import Unasked, in_containers, note_processes
from gvtui.agent.entering import Entering
from gvtui.decode.ids import called
from gvtui.errors import GvtuiError
from gvtui.tui.model.rowtext import word
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvtui.agent.containers import Container
    from gvtui.agent.targets import Keeper
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.trace.connection import Connection
    from gvtui.trace.procfs import ProcessesMark

_OTHERS_NS = 3_000_000_000
"""How long after a connection has opened its sandbox is left to who keeps the monitor to ask, in
nanoseconds."""
_LOOK_SECONDS = 1.0
"""How often it is looked for `runsc exec` on this machine."""
_ASK_AGAIN_SECONDS = 1.0
"""How often at most a sandbox is asked about exec sessions, which health checks may begin often."""


class _Question(NamedTuple):
    """A sandbox to ask, and the connection that its processes belong to."""

    conn: int
    container: Container


class Earlier(Feature):
    """Finds the processes that ran in a container before its session began.

    It asks each sandbox whose session began in a running container once, automatically. At the
    user's command it asks all connected sandboxes again.
    """

    prefix, heading = "processes", "In the processes"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.note = ""
        """A sentence on the progress, or on why earlier processes are not known."""
        self._unasked = Unasked()
        self._unasked_of = viewer.model.watched_trace
        self._problems: dict[int, str] = {}
        """Why earlier processes are not known, by connection."""
        self._asking = 0
        self._tree: ProcessTree | None = None
        self._met = 0
        """The number of the newest process of the tree that was looked at."""
        self._waiting: set[int] = set()
        """The connections with exec sessions whose first programs are not known."""
        self._asked_at: dict[int, float] = {}
        self._entering = Entering()
        self._looked_at = time.monotonic()
        self._is_looking = False

    def tick(self) -> None:
        """Ask the sandboxes of new connections."""
        trace = self.model.watched_trace
        if self._unasked_of is not trace:
            self._unasked_of, self._unasked, self._problems = trace, Unasked(), {}
        keeper = self.viewer.keeper
        if keeper is None:
            return

        def find(connection: Connection) -> Container | None:
            return None if self._is_left_to_others(connection) else keeper.container_of(connection)

        due = self._unasked.due(trace.connections, find)
        questions = [_Question(conn, container) for conn, container in due]
        self._look_for_quiet()
        questions += self._about_newcomers(keeper, {each.conn for each in questions})
        if questions:
            self._ask(questions)
        gone = [conn for conn in self._problems if not self._is_connected(conn)]
        for conn in gone:
            del self._problems[conn]
        if gone:
            self._say_problems()

    def _is_left_to_others(self, connection: Connection) -> bool:
        """Whether who keeps the monitor asks a connection's sandbox, or has asked it already."""
        watch = self.viewer.monitor
        if watch is None or not watch.is_shared:
            return False
        if time.time_ns() - connection.opened_ns < _OTHERS_NS:
            return True
        tree = self.model.watched_analysis.processes.tree
        known = tree.of_life(tree.life_of(connection.conn))
        if any(process.listed_ns >= connection.opened_ns for process in known):
            self._unasked.settle(connection.conn)
            return True
        return False

    def _look_for_quiet(self) -> None:
        """Look for exec sessions that make no traced call, by the commands that started them."""
        now = time.monotonic()
        if self._is_looking or now - self._looked_at < _LOOK_SECONDS:
            return
        self._is_looking, self._looked_at = True, now
        self.viewer.in_thread(self._entering.stayed, self._entered, self._not_looked)

    def _entered(self, containers: frozenset[str]) -> None:
        self._is_looking = False
        connections = self.model.watched_trace.connections
        self._waiting.update(each.conn for each in in_containers(connections, containers))

    def _not_looked(self, _: Exception) -> None:
        self._is_looking = False

    def _about_newcomers(self, keeper: Keeper, asked: set[int]) -> Iterator[_Question]:
        """Questions about exec sessions that have begun: gVisor sends no arguments for their first
        program, and it may end soon.

        Args:
            keeper: knows the containers.
            asked: connections whose sandboxes are asked now anyway.
        """
        trace, tree = self.model.watched_trace, self.model.watched_analysis.processes.tree
        if self._tree is not tree:
            self._tree, self._met, self._waiting, self._asked_at = tree, 0, set(), {}
        for number in range(self._met + 1, tree.newest_number + 1):
            process = tree.get(number)
            if process is None or process.has_ended or process.args:
                continue
            if tree.is_from_outside(process):
                self._waiting.add(tree.spans.connection_of(process))
        self._met = tree.newest_number
        now = time.monotonic()
        for conn in sorted(self._waiting - asked):
            if now - self._asked_at.get(conn, -_ASK_AGAIN_SECONDS) < _ASK_AGAIN_SECONDS:
                continue
            connection = trace.connections.get(conn)
            if connection is None or not connection.connected:
                self._waiting.discard(conn)
                continue
            # A container that has just started is found some moments later.
            container = keeper.container_of(connection)
            if container is not None:
                self._waiting.discard(conn)
                self._asked_at[conn] = now
                yield _Question(conn, container)
        self._waiting -= asked

    def ask_all(self) -> None:
        """Ask every sandbox that is connected."""
        if not self.model.is_watching:
            self.viewer.tell(
                "This is a recording: its sandboxes cannot be asked any more.", "warning"
            )
            return
        connected = [
            each for each in self.model.watched_trace.connections.values() if each.connected
        ]
        keeper = self.viewer.keeper
        if not connected or keeper is None:
            self.viewer.tell("No sandbox is connected, so none can be asked.", "warning")
            return
        # For a sandbox with several connections, the newest one has the messages to come.
        questions: dict[tuple[str, str], _Question] = {}
        for connection in connected:
            container = keeper.container_of(connection)
            if container is None:
                known = self.model.watched_trace.connections
                name = word(called(known, connection.conn, connection.container_id))
                name = name or f"connection {connection.conn}"
                self.viewer.tell(
                    f"{name} cannot be asked: none of runsc's roots that gvtui sees has its "
                    "container. Name its root with --root.",
                    "warning",
                )
                self.viewer.run_command("points.look")
            else:
                questions[container.sandbox_key] = _Question(connection.conn, container)
        if questions:
            for question in questions.values():
                self._unasked.settle(question.conn)
            self._ask(list(questions.values()), tell=True)

    def _is_connected(self, conn: int) -> bool:
        connection = self.model.watched_trace.connections.get(conn)
        return connection is not None and connection.connected

    def _ask(self, questions: Sequence[_Question], *, tell: bool = False) -> None:
        self._asking += len(questions)
        self._say_problems()
        for question in questions:
            self.viewer.in_thread(
                partial(self._fetch, question),
                partial(self._take_answer, question, tell),
                partial(self._take_failure, question),
            )

    def _fetch(self, question: _Question) -> str:
        """Ask a sandbox, and let the monitor write the answer to the trace; gives a sentence.

        Raises:
            GvtuiError: the sandbox did not answer, or the monitor could not write.
        """
        keeper, watch = self.viewer.keeper, self.viewer.monitor
        assert keeper is not None
        assert watch is not None
        taken_ns = time.time_ns()
        dump = keeper.agent.processes(question.container)

        def note(mark: ProcessesMark, conn: int) -> bool:
            if watch.dead:
                raise GvtuiError("the monitor has ended")
            return watch.monitor.send_mark(mark, conn)

        return note_processes(note, dump, question.container.sandbox_id, question.conn, taken_ns)

    def _take_answer(self, question: _Question, tell: bool, said: str) -> None:
        self._asking -= 1
        self._problems.pop(question.conn, None)
        if said and tell:
            self.viewer.tell(f"{word(said)}.")
        self._say_problems()

    def _take_failure(self, question: _Question, error: Exception) -> None:
        self._asking -= 1
        if self._is_connected(question.conn):
            short = word(question.container.short)
            problem = f"{short}: earlier processes are not known: {error}"
            self._problems[question.conn] = problem
            self.viewer.tell(f"{problem}.", "warning")
        self._say_problems()

    def _say_problems(self) -> None:
        asking = f"asking {self._asking} of the sandboxes what runs in them …"
        words = [asking] if self._asking else []
        key = self.viewer.commands.keys_of("processes.ask")
        words += [f"! {problem}; {key} asks again" for problem in self._problems.values()]
        self.note = "   ".join(words)
