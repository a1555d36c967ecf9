"""Asks sandboxes for the points that they have dropped and that no message tells of.

A sandbox tells of its drops with its next message, so the last ones of a burst are never told. Its
runsc tells them (`runsc trace list`): when a connection has been quiet for a while, and when gvtui
leaves. When a session has ended, nobody can be asked any more.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.agent.binaries import Binaries
from gvtui.agent.noting import note_patiently
from gvtui.agent.running import processes_of
from gvtui.errors import GvtuiError
from gvtui.points.runsc_command import parse_runsc_command
from gvtui.points.session import REMOTE
from gvtui.trace.claims import APART
from gvtui.trace.marks import DropsMark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gvtui.trace.connection import Connection

QUIET_SECONDS = 2.0
"""How long no message has come from a connection when its sandbox is asked."""
MOST_QUIET_SECONDS = 60.0
"""The same of one that was asked often and had nothing to tell."""
_ANSWER_SECONDS = 3.0
"""How long a runsc may take to answer."""
_LEAVING_SECONDS = 4.0
"""How long the end of gvtui waits for the last answers."""
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class DropsQuestion:
    """A connection whose sandbox is to be asked."""

    conn: int
    sandbox: str
    root: str
    """The runsc root; "" if it is not known."""
    told: int = 0
    """The points of which its messages have told that they were dropped."""


@dataclass(slots=True)
class _Quiet:
    """How long a connection has been quiet, and whether its sandbox was asked since."""

    messages: int
    since: float
    asked: int = -1
    """Its messages when its sandbox was asked last."""
    dropped: int = 0
    """Its drops then."""
    patience: float = QUIET_SECONDS


def question_of(connection: Connection) -> DropsQuestion | None:
    """Whom to ask for the drops of a connection; None if nothing tells its sandbox."""
    command = parse_runsc_command(connection.command)
    container = connection.container_id
    if not connection.connected or not container or container.startswith(APART):
        return None
    named = command.container_id if connection.container_source == "command" else None
    root = command.sandbox_root
    return DropsQuestion(connection.conn, named or container, root, connection.dropped)


def answer_of(question: DropsQuestion, dropped: Sequence[int]) -> DropsMark | None:
    """What a sandbox's remote sinks tell of one connection; None if that is nothing new.

    Nothing tells which of several sinks is gvtui's: one that has dropped fewer points than the
    connection's messages tell of is not. If several are left that differ, the least holds.

    Args:
        question: the connection.
        dropped: the points that each of the sinks has dropped.
    """
    if len(dropped) == 1:
        return DropsMark(dropped[0])
    possible = {each for each in dropped if each >= question.told}
    if len(possible) == 1:
        return DropsMark(possible.pop())
    least = min(possible, default=0)
    return DropsMark(least, is_least=True) if least > question.told else None


class Asker:
    """Finds the runsc of a sandbox, and asks it."""

    def __init__(self, binaries: Sequence[str] = ()) -> None:
        """Prepare it; nothing is called yet.

        Args:
            binaries: runsc binaries to use, instead of those found.
        """
        self._named = binaries
        self._binaries: Binaries | None = None

    def ask(self, questions: Sequence[DropsQuestion]) -> list[DropsMark | None]:
        """Ask for the points that each sandbox has dropped in its session; None where nobody tells.

        The machine is searched once for all of them; blocks.
        """
        try:
            binaries = self._binaries = self._binaries or Binaries(self._named, _ANSWER_SECONDS)
        except GvtuiError:
            return [None] * len(questions)
        # Judged one after the other; what is then called, is called side by side.
        sandboxes = processes_of([(each.sandbox, each.root) for each in questions])
        known = [binaries.of_sandbox(each) if each is not None else None for each in sandboxes]

        def ask(place: int) -> DropsMark | None:
            sandbox, found = sandboxes[place], known[place]
            if sandbox is None or found is None:
                return None
            try:
                sessions = found.runsc.list_sessions(sandbox.root, sandbox.sandbox_id)
            except GvtuiError:
                return None
            sinks = [sink for each in sessions for sink in each.sinks if sink.name == REMOTE]
            return answer_of(questions[place], [sink.dropped for sink in sinks])

        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(ask, range(len(questions))))


class DropNotes:
    """Has the trace note the drops that no message tells of; asks in a thread of its own."""

    def __init__(
        self,
        note: Callable[[DropsMark, int], bool],
        ask: Callable[[Sequence[DropsQuestion]], list[DropsMark | None]],
    ) -> None:
        """Begin; the thread starts with the first question.

        Args:
            note: has the monitor write a mark for a connection; False if this is not possible now.
            ask: asks sandboxes for their drops, as `Asker.ask` does.
        """
        self._note, self._ask = note, ask
        self._quiet: dict[int, _Quiet] = {}
        self._connected: frozenset[int] = frozenset()
        self._waiting: list[DropsQuestion] = []
        self._news = threading.Condition()
        self._busy = 0
        self._thread: threading.Thread | None = None

    def look(self, connections: Iterable[Connection], now: float) -> None:
        """Ask for those that have been quiet for long enough; never waits.

        Args:
            connections: those of the trace, as far as it has been read.
            now: seconds of a monotonic clock.
        """
        connected = [each for each in connections if each.connected]
        self._connected = frozenset(each.conn for each in connected)
        for conn in self._quiet.keys() - self._connected:
            del self._quiet[conn]
        due = []
        for connection in connected:
            quiet = self._quiet.setdefault(connection.conn, _Quiet(connection.messages, now))
            if quiet.messages != connection.messages:
                if quiet.asked == quiet.messages:
                    longer = min(2 * quiet.patience, MOST_QUIET_SECONDS)
                    has_dropped = quiet.dropped != connection.dropped
                    quiet.patience = QUIET_SECONDS if has_dropped else longer
                quiet.messages, quiet.since = connection.messages, now
            elif quiet.asked != quiet.messages and now - quiet.since >= quiet.patience:
                quiet.asked, quiet.dropped = quiet.messages, connection.dropped
                due.append(connection)
        self._put(due)

    def finish(self, connections: Iterable[Connection], seconds: float = _LEAVING_SECONDS) -> None:
        """Ask for all that are connected, and wait until it is noted, but not for long."""
        connected = [each for each in connections if each.connected and each.messages]
        self._connected = frozenset(each.conn for each in connected)
        self._put([each for each in connected if each.asked_row <= each.last_message])
        deadline = time.monotonic() + seconds
        with self._news:
            while self._busy and (left := deadline - time.monotonic()) > 0:
                self._news.wait(left)

    def _put(self, connections: Iterable[Connection]) -> None:
        questions = [each for each in map(question_of, connections) if each is not None]
        if not questions:
            return
        with self._news:
            self._waiting += questions
            self._busy += len(questions)
            self._news.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="drops", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._news:
                while not self._waiting:
                    self._news.wait()
                questions, self._waiting = self._waiting, []
            try:
                answers = self._ask(questions)
                for question, answer in zip(questions, answers, strict=True):
                    # The session of a connection that has ended meanwhile is another's.
                    if answer is not None and question.conn in self._connected:
                        note_patiently(self._note, answer, question.conn, _ANSWER_SECONDS)
            except OSError:
                # A process has gone while it was looked at.
                continue
            finally:
                with self._news:
                    self._busy -= len(questions)
                    self._news.notify_all()
