"""Notes in the trace that a sandbox runs no more whose first process told no exit.

A connection closes in the same way when a sandbox is killed, when it ends, and when somebody
deletes its session. So the sandbox's process is found while a connection stands, from its first
moment on, and looked at once none is left. An attached runsc, such as `runsc do`, ends with its
sandbox: it connects itself, so it need not be found. What was not found here, as in another process
namespace, is not judged.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gvtui.agent.noting import NOTE_SECONDS, note_patiently
from gvtui.agent.running import process_start, processes_of
from gvtui.points.runsc_command import parse_runsc_command
from gvtui.trace.details import args_in, int_in, text_in
from gvtui.trace.marks import GoneMark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.points.runsc_command import RunscCommand
    from gvtui.trace.connections import Connections
    from gvtui.trace.lives import Life

FIRST_SECONDS = 0.5
"""After how long a sandbox is looked at again."""
MOST_SECONDS = 30.0
"""The same of one that was looked at often."""
_MOST_SANDBOXES = 4096
_EARLY_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""How long after the last try the process of a new connection's sandbox is looked for: the runsc that
connects has not started it yet."""


class Found(NamedTuple):
    """A process that runs as long as a sandbox."""

    pid: int
    start: int
    """When it started, in the kernel's clock ticks."""
    is_runsc: bool = False
    """Whether it is the runsc that started the sandbox, not the sandbox's own process."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sandbox whose process is to be found."""

    container: str
    root: str
    """The runsc root; "" if it is not known."""


@dataclass(slots=True)
class _Watched:
    """A life of a sandbox that is watched."""

    wanted: Wanted
    conn: int
    """One of its connections."""
    next: float
    patience: float = FIRST_SECONDS
    found: Found | None = None


@dataclass(slots=True)
class _New:
    """A connection that has just opened."""

    wanted: Wanted
    next: float
    tries: int = 0


def find_sandboxes(wanted: Sequence[Wanted]) -> list[Found | None]:
    """The running process of each sandbox; None where there is none, or more than one."""
    found: list[Found | None] = []
    for process in processes_of([(each.container, each.root) for each in wanted]):
        start = process_start(process.pid) if process is not None else 0
        found.append(Found(process.pid, start) if process is not None and start else None)
    return found


def _attached(event: dict[str, Any], command: RunscCommand) -> Found | None:
    """The runsc that has connected, where it ends with its sandbox.

    Only one of root's or this user's is believed: another's may pretend to be a runsc, and end
    while the sandbox goes on.
    """
    pid, start = int_in(event, "peer_pid"), int_in(event, "peer_start")
    if not (command.lives_with_sandbox and start and event.get("is_trusted") is True):
        return None
    return Found(pid, start, is_runsc=True)


class EndingNotes:
    """Watches the processes of sandboxes, in a thread of its own."""

    def __init__(
        self,
        note: Callable[[GoneMark, int], bool],
        find: Callable[[Sequence[Wanted]], list[Found | None]] = find_sandboxes,
        start_of: Callable[[int], int] = process_start,
    ) -> None:
        """Prepare; the thread starts with the first sandbox.

        Args:
            note: asks the monitor to write a connection's mark; gives False if it cannot now.
            find: finds the processes of sandboxes.
            start_of: gives when a process started; 0 if it runs no more.
        """
        self._note, self._find, self._start_of = note, find, start_of
        self._watched: dict[int, _Watched] = {}
        self._news = threading.Condition()
        self._to_find: deque[int] = deque()
        self._lost: deque[tuple[int, int, Found]] = deque()
        self._new: dict[int, _New] = {}
        self._early: dict[int, Found] = {}
        self._is_busy = False
        self._thread: threading.Thread | None = None

    def opened(self, event: dict[str, Any]) -> None:
        """Take up an event of the monitor that a connection has opened; never waits.

        Its sandbox may be killed before the trace is looked at next.
        """
        container = text_in(event, "container_id")
        command = parse_runsc_command(args_in(event, "command"))
        if (parent := _attached(event, command)) is not None:
            with self._news:
                self._take_early(int(event["conn"]), parent)
        if not container:
            return
        root = command.sandbox_root
        with self._news:
            if len(self._new) < _MOST_SANDBOXES:
                self._new[int(event["conn"])] = _New(Wanted(container, root), time.monotonic())
            self._news.notify_all()
        self._start()

    def look(self, connections: Connections, now: float) -> None:
        """Look at the sandboxes that may have begun or ended; never waits.

        Args:
            connections: those of the trace, as far as it has been read.
            now: seconds of a monotonic clock.
        """
        standing = {life.number: life for life in connections.lives.standing()}
        with self._news:
            unnamed = [each.conn for each in self._watched.values() if not each.wanted.container]
            for conn in (*self._early, *unnamed):
                # Killed before any message told its name.
                life = connections.lives.of(conn)
                if life is not None and not (life.sandbox or life.connected):
                    standing[life.number] = life
            for number in self._watched.keys() - standing.keys():
                del self._watched[number]
            for number, life in standing.items():
                watched = self._watched.get(number)
                if life.ending is not None or life.closed_by_monitor:
                    self._watched.pop(number, None)
                    continue
                if watched is None:
                    is_known = bool(life.connected) or life.last_conn in self._early
                    if not is_known or len(self._watched) >= _MOST_SANDBOXES:
                        continue
                    conn = min(life.connected, default=life.last_conn)
                    connection = connections.get(conn)
                    command = connection.command if connection is not None else []
                    root = parse_runsc_command(command).sandbox_root
                    watched = _Watched(Wanted(life.sandbox, root), conn, now)
                    self._watched[number] = watched
                if watched.found is None and (early := self._early_of(life)) is not None:
                    watched.found, watched.next = early, now
                is_due = now >= watched.next
                if is_due and life.connected and watched.found is None:
                    self._to_find.append(number)
                elif is_due and not life.connected and watched.found is not None:
                    self._lost.append((number, life.last_conn, watched.found))
                elif life.connected and watched.found is not None:
                    watched.next, watched.patience = now, FIRST_SECONDS
                    continue
                else:
                    continue
                watched.next = now + watched.patience
                watched.patience = min(2 * watched.patience, MOST_SECONDS)
            has_work = bool(self._to_find or self._lost)
            self._news.notify_all()
        if has_work:
            self._start()

    def _early_of(self, life: Life) -> Found | None:
        found = None
        for conn in (*life.connected, life.last_conn):
            found = self._early.pop(conn, found)
        return found

    def _take_early(self, conn: int, found: Found) -> None:
        self._early[conn] = found
        while len(self._early) > _MOST_SANDBOXES:
            del self._early[next(iter(self._early))]

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="endings", daemon=True)
            self._thread.start()

    def finish(self, connections: Connections, seconds: float = NOTE_SECONDS) -> None:
        """Look at all whose connections have closed, and wait until it is noted, not for long."""
        with self._news:
            for watched in self._watched.values():
                watched.next = 0.0
        self.look(connections, time.monotonic())
        deadline = time.monotonic() + seconds
        with self._news:
            while self._is_busy or self._lost or self._to_find:
                if (left := deadline - time.monotonic()) <= 0:
                    return
                self._news.wait(left)

    def _work(self) -> None:
        while True:
            with self._news:
                while not (self._to_find or self._lost or self._due()):
                    nexts = [each.next for each in self._new.values()]
                    self._news.wait(max(0.0, min(nexts) - time.monotonic()) if nexts else None)
                due = self._due()
                numbers, lost = list(self._to_find), list(self._lost)
                self._to_find.clear()
                self._lost.clear()
                self._is_busy = True
                known = {n: self._watched[n].wanted for n in numbers if n in self._watched}
            try:
                if due:
                    self._take_early_found(due, self._find([self._new[n].wanted for n in due]))
                self._take_found(dict(zip(known, self._find(list(known.values())), strict=True)))
                for number, conn, process in lost:
                    if self._start_of(process.pid) != process.start:
                        mark = GoneMark(process.pid, process.is_runsc)
                        note_patiently(self._note, mark, conn)
                        with self._news:
                            self._watched.pop(number, None)
            except OSError:
                # A process has gone while it was looked at.
                continue
            finally:
                with self._news:
                    self._is_busy = False
                    self._news.notify_all()

    def _due(self) -> list[int]:
        """The new connections whose sandboxes are to be looked for now."""
        now = time.monotonic()
        return [conn for conn, each in self._new.items() if each.next <= now]

    def _take_early_found(self, due: list[int], found: Sequence[Found | None]) -> None:
        with self._news:
            for conn, process in zip(due, found, strict=True):
                new = self._new[conn]
                new.tries += 1
                if process is not None:
                    self._take_early(conn, process)
                if process is not None or new.tries == len(_EARLY_SECONDS):
                    del self._new[conn]
                else:
                    new.next = time.monotonic() + _EARLY_SECONDS[new.tries]

    def _take_found(self, found: dict[int, Found | None]) -> None:
        with self._news:
            for number, process in found.items():
                watched = self._watched.get(number)
                if watched is not None and process is not None:
                    watched.found, watched.patience, watched.next = process, FIRST_SECONDS, 0.0
