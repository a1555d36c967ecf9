"""Notes in the trace what operators call the containers of each connection.

Only a connection whose peer is a runsc command of root or of this user is asked about, and only the
containers that runsc keeps in that command's own sandbox get names. So whatever a sandbox says of
itself, it gets no name of another's.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.agent.naming.namer import Namer
from gvtui.agent.naming.spec import members_of, spec_of_bundle
from gvtui.agent.noting import NOTE_SECONDS, note_patiently
from gvtui.points.runsc_command import parse_runsc_command
from gvtui.trace.details import args_in, int_in
from gvtui.trace.names import MOST_OF_ONE, Names, NamesMark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.agent.naming.spec import Spec
    from gvtui.trace.connections import Connections

FIRST_SECONDS = 0.5
"""After how long a connection is looked at again: its runsc may not have written its files yet."""
MOST_SECONDS = 60.0
"""The same of one that was looked at often: names can change."""
_MAX_WAITING = 1 << 12


@dataclass(frozen=True, slots=True)
class NameQuestion:
    """A connection whose sandbox is to be named."""

    conn: int
    sandbox: str
    roots: tuple[Path, ...]
    """Where runsc may keep it."""
    bundle: str
    """Where its bundle is, if the peer's command line tells; else ""."""


@dataclass(slots=True)
class _Look:
    """When a connection is looked at next."""

    next: float
    patience: float = FIRST_SECONDS
    spoken: int = 0
    """How many containers it spoke for then."""


def question_of(conn: int, details: dict[str, Any]) -> NameQuestion | None:
    """What to ask for a connection; None if its peer is not trusted, or names no sandbox.

    Args:
        conn: its number.
        details: what the monitor noted of its peer, see `gvtui.monitor.peer`.
    """
    command = parse_runsc_command(args_in(details, "command"))
    sandbox = command.container_id
    if details.get("is_trusted") is not True or not sandbox or "/" in sandbox:
        return None
    uid = int_in(details, "peer_uid")
    root = command.flags.get("root", "")
    # Where runsc keeps its state unless it is told otherwise.
    usual = ("/run/runsc",) if uid == 0 else (f"/run/user/{uid}/runsc",)
    roots = (root,) if root.startswith("/") else usual
    return NameQuestion(conn, sandbox, tuple(map(Path, roots)), command.options.get("bundle", ""))


def specs_for(question: NameQuestion) -> list[Spec]:
    """The containers of a connection's sandbox, as far as they are known now."""
    for root in question.roots:
        if found := members_of(root, question.sandbox):
            return found[:MOST_OF_ONE]
    return [spec_of_bundle(question.sandbox, question.bundle)]


class NameNotes:
    """Has the trace note names; finds them in a thread of its own."""

    def __init__(
        self,
        note: Callable[[NamesMark, int], bool],
        name: Callable[[Sequence[Spec]], list[Names]] | None = None,
    ) -> None:
        """Prepare; the thread starts with the first connection.

        Args:
            note: asks the monitor to write a connection's mark; gives False if it cannot now.
            name: gives the names of containers; those of `Namer` if it is not given.
        """
        self._note = note
        self._name = name or Namer().names
        self._looks: dict[int, _Look] = {}
        self._noted: dict[int, dict[str, Names]] = {}
        self._news = threading.Condition()
        self._waiting: deque[NameQuestion] = deque(maxlen=_MAX_WAITING)
        self._is_busy = False
        self._thread: threading.Thread | None = None

    def opened(self, event: dict[str, Any]) -> None:
        """Take up an event of the monitor that a connection has opened; never waits."""
        self._put(question_of(int_in(event, "conn"), event))

    def look(self, connections: Connections, now: float) -> None:
        """Take up connections that have not been named, or not lately; never waits.

        Args:
            connections: those of the trace, as far as it has been read.
            now: seconds of a monotonic clock.
        """
        here = [each for each in connections.values() if each.connected]
        gone = self._looks.keys() - {each.conn for each in here}
        for conn in gone:
            del self._looks[conn]
            self._noted.pop(conn, None)
        for each in here:
            look = self._looks.setdefault(each.conn, _Look(now))
            spoken = len(connections.claims.spoken(each.conn))
            if spoken > look.spoken:
                look.patience = FIRST_SECONDS
                look.next = min(look.next, now + FIRST_SECONDS)
                look.spoken = spoken
            if now >= look.next:
                look.next = now + look.patience
                look.patience = min(2 * look.patience, MOST_SECONDS)
                self._put(question_of(each.conn, each.details))

    def finish(self, seconds: float = NOTE_SECONDS) -> None:
        """Wait until what has been taken up is noted, but no longer than `seconds`."""
        deadline = time.monotonic() + seconds
        with self._news:
            while (self._waiting or self._is_busy) and (left := deadline - time.monotonic()) > 0:
                self._news.wait(left)

    def _put(self, question: NameQuestion | None) -> None:
        if question is None:
            return
        with self._news:
            self._waiting.append(question)
            self._news.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="names", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._news:
                while not self._waiting:
                    self._news.wait()
                questions = {each.conn: each for each in self._waiting}
                self._waiting.clear()
                self._is_busy = True
            try:
                self._answer(list(questions.values()))
            finally:
                with self._news:
                    self._is_busy = False
                    self._news.notify_all()

    def _answer(self, questions: list[NameQuestion]) -> None:
        asked = [(each.conn, spec) for each in questions for spec in specs_for(each)]
        names = self._name([spec for _, spec in asked])
        for (conn, spec), found in zip(asked, names, strict=True):
            noted = self._noted.setdefault(conn, {})
            if (
                found
                and noted.get(spec.id) != found
                and note_patiently(self._note, NamesMark(spec.id, found), conn)
            ):
                noted[spec.id] = found
