"""Has a trace that nobody looks at note what ran in sandboxes before their session.

Commands without a screen use it; the viewer asks with its own hold on the sandboxes, and shows what
becomes of it. What is asked and how it is noted both have from `gvtui.agent.earlier`.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from gvtui.agent.binaries import Binaries
from gvtui.agent.drops import DropsQuestion, question_of
from gvtui.agent.earlier import Unasked, in_containers, note_processes, processes_in
from gvtui.agent.entering import Entering
from gvtui.agent.running import processes_of
from gvtui.decode.ids import short_id
from gvtui.errors import GvtuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.agent.procfs import Dump
    from gvtui.trace.connections import Connections
    from gvtui.trace.procfs import ProcessesMark

ANSWER_SECONDS = 10.0
"""How long a runsc may take to list a sandbox's processes."""
LEAVING_SECONDS = 4.0
"""How long the end of gvtui waits for the last answers."""
LOOK_SECONDS = 1.0
"""How often it is looked for `runsc exec` on this machine."""
MOST_WAITING = 64
"""How many sandboxes may wait until they are asked; others are taken up when there is room."""
_WORKERS = 4


class Listed(NamedTuple):
    """What a sandbox has answered."""

    taken_ns: int
    """When it was asked, Unix time in nanoseconds."""
    dump: Dump


class ProcessAsker:
    """Finds the runsc of a sandbox, and has it list the sandbox's processes."""

    def __init__(self, binaries: Sequence[str] = ()) -> None:
        """Prepare it; nothing is called yet.

        Args:
            binaries: runsc binaries to use, instead of those found.
        """
        self._named = binaries
        self._binaries: Binaries | None = None
        self._stop = threading.Event()

    def ask(self, questions: Sequence[DropsQuestion]) -> list[Listed | GvtuiError | None]:
        """What runs in each sandbox, or why it could not be asked; None where there is none here.

        The machine is searched once for all of them; blocks.
        """
        binaries = self._binaries = self._binaries or Binaries(
            self._named, ANSWER_SECONDS, self._stop
        )
        # Judged one after the other; what is then called, is called side by side.
        sandboxes = processes_of([(each.sandbox, each.root) for each in questions])
        known = [binaries.of_sandbox(each) if each is not None else None for each in sandboxes]

        def ask(place: int) -> Listed | GvtuiError | None:
            sandbox, found = sandboxes[place], known[place]
            if sandbox is None:
                return None
            if found is None:
                return GvtuiError("no runsc that gvtui may run is known for it")
            taken_ns = time.time_ns()
            try:
                dump = processes_in(found.runsc, sandbox.root, sandbox.sandbox_id)
                return Listed(taken_ns, dump)
            except GvtuiError as error:
                return error

        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(ask, range(len(questions))))

    def stop(self) -> None:
        """End what is asked now: no answer is needed any more."""
        self._stop.set()


class ProcessNotes:
    """Has the trace note what runs in sandboxes; asks in a thread of its own.

    It asks the sandbox of each connection whose session began in a running container once, and again
    when an exec session has begun that lasts: gVisor sends no arguments for its first program.
    """

    def __init__(
        self,
        note: Callable[[ProcessesMark, int], bool],
        asker: ProcessAsker | None = None,
        entering: Entering | None = None,
    ) -> None:
        """Prepare; the thread starts with the first question.

        Args:
            note: has the monitor write a mark for a connection; False if this is not possible now.
            asker: asks sandboxes; one of its own if it is not given.
            entering: notices `runsc exec` commands; one of its own if it is not given.
        """
        self._note = note
        self._asker = asker or ProcessAsker()
        self._entering = entering or Entering()
        self._unasked = Unasked()
        self._connected: frozenset[int] = frozenset()
        self._news = threading.Condition()
        self._waiting: dict[int, DropsQuestion] = {}
        self._entered: frozenset[str] = frozenset()
        self._problems: dict[int, str] = {}
        self._looks = False
        """Whether it is to be looked for `runsc exec`."""
        self._looked = 0.0
        self._is_busy = False
        self._thread: threading.Thread | None = None

    def look(self, connections: Connections, now: float) -> list[str]:
        """Take up connections whose sandboxes are to be asked; never waits.

        Args:
            connections: those of the trace, as far as it has been read.
            now: seconds of a monotonic clock.

        Returns:
            Sentences for the user on sandboxes that could not be asked.
        """
        connected = frozenset(each.conn for each in connections.values() if each.connected)
        with self._news:
            self._connected = connected
            room = MOST_WAITING - len(self._waiting)
            due = dict(islice(self._unasked.due(connections, question_of), max(0, room)))
            entered, self._entered = self._entered, frozenset()
            for each in in_containers(connections, entered):
                if (question := question_of(each)) is not None:
                    due[each.conn] = question
            self._waiting |= due
            if connected and now - self._looked >= LOOK_SECONDS:
                self._looks, self._looked = True, now
            has_work = bool(self._waiting or self._looks)
            problems, self._problems = self._problems, {}
            self._news.notify_all()
        if has_work and self._thread is None:
            self._thread = threading.Thread(target=self._work, name="processes", daemon=True)
            self._thread.start()
        return [words for conn, words in problems.items() if conn in connected]

    def finish(self, connections: Connections, seconds: float = LEAVING_SECONDS) -> list[str]:
        """Ask for all that are due, and wait until it is noted, but not for long; gives sentences as
        `look` does."""
        told = self.look(connections, time.monotonic())
        deadline = time.monotonic() + seconds
        with self._news:
            while self._is_busy or self._waiting:
                if (left := deadline - time.monotonic()) <= 0:
                    self._asker.stop()
                    break
                self._news.wait(left)
        return told + self.look(connections, self._looked)

    def _work(self) -> None:
        while True:
            with self._news:
                while not (self._waiting or self._looks):
                    self._news.wait()
                questions, looks = list(self._waiting.values()), self._looks
                self._waiting, self._looks, self._is_busy = {}, False, True
            try:
                entered = self._entering.stayed() if looks else frozenset()
                with self._news:
                    self._entered |= entered
                if questions:
                    self._answer(questions)
            finally:
                with self._news:
                    self._is_busy = False
                    self._news.notify_all()

    def _answer(self, questions: list[DropsQuestion]) -> None:
        try:
            answers = self._asker.ask(questions)
        except OSError:
            # A process has gone while it was looked at.
            return
        for question, answer in zip(questions, answers, strict=True):
            # The processes of a connection that has closed meanwhile have no place in the trace.
            if answer is None or question.conn not in self._connected:
                continue
            try:
                if isinstance(answer, GvtuiError):
                    raise answer
                note_processes(
                    self._note, answer.dump, question.sandbox, question.conn, answer.taken_ns
                )
            except GvtuiError as error:
                name = short_id(question.sandbox)
                with self._news:
                    self._problems[question.conn] = (
                        f"{name}: what ran in it before its session is not known: {error}"
                    )
