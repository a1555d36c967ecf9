"""A process inside a sandbox, as far as the trace tells of it."""

from __future__ import annotations

import shlex
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.outcome import Outcome
from gvtui.trace.details import short_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SECOND_NS = 1_000_000_000

MAX_THREADS = 4096
"""Threads kept for each process."""
MAX_EXECS = 256
"""Programs kept for each process; of more, the first and the latest."""
_RECENT_SECONDS = 16


class Source(Enum):
    """How a process is known; the value says it to the user."""

    EVENT = "from events"
    PROCFS = "from procfs: no event told of its start"
    CONTEXT = "deduced from what its messages say of it"


class ProcessId(NamedTuple):
    """What tells a process from all others: ids are used again, start times are not."""

    container: str
    pid: int
    start_ns: int
    """0 if not collected."""


@dataclass(slots=True)
class Thread:
    """A thread of a process."""

    tid: int
    start_ns: int = 0
    has_ended: bool = False
    end_ns: int = 0
    exit_status: int | None = None


@dataclass(slots=True)
class Exec:
    """A program that a process executed."""

    row: int
    """Row that tells that it ran; of one that has not run, the first that tells of it."""
    time_ns: int
    path: str
    args: list[str]
    outcome: Outcome
    tid: int
    """Thread that asked for it; 0 if not collected."""
    errno: int = 0
    """Why it failed; 0 where that is not sent."""
    is_told: bool = False
    """Whether `sentry/execve` told of it."""
    exit_row: int = -1
    """Row of the exit of its call; -1 while none has come."""


@dataclass(slots=True, eq=False)
class Process:
    """One process; the tree links it to its parent and children."""

    number: int
    """Its number within this tree, not used again."""
    container: str
    pid: int
    """Thread group id; 0 if not collected."""
    start_ns: int
    source: Source
    first_row: int
    last_row: int
    name: str = ""
    args: list[str] = field(default_factory=list)
    """Command line; of a forked process its parent's, until it executes a program."""
    cwd: str = ""
    parent: Process | None = None
    parent_pid: int = 0
    children: dict[int, Process] = field(default_factory=dict)
    """By number, in the order they were seen."""
    threads: dict[int, Thread] = field(default_factory=dict)
    """By thread id; the latest one where an id was used again."""
    execs: list[Exec] = field(default_factory=list)
    pipe_from: ProcessId | None = None
    """Process whose output is piped into this one."""
    pipe_to: ProcessId | None = None
    """Process that this one's output is piped into."""
    is_taken_over: bool = False
    """Whether a thread that executes a program takes over the id, once the first thread is gone."""
    told_ns: int = 0
    """When it started, as its own messages say; 0 where they do not, be it known from elsewhere."""
    is_exec_session: bool = False
    """Started in the container from outside, as by `runsc exec`."""
    is_start_told: bool = False
    """Whether an event told of its start."""
    has_ended: bool = False
    end_ns: int = 0
    """0 if it has not ended, or the time is not collected."""
    end_row: int = -1
    exit_status: int | None = None
    """Wait status as `waitpid` gives it; None if not known."""
    listed_ns: int = 0
    """When a dump of procfs last listed it; 0 if none did."""
    errors: int = 0
    threads_forgotten: int = 0
    _first_args: list[str] = field(default_factory=list)
    _counted: int = 0
    _loose_enters: int = 0
    _loose_exits: int = 0
    _recent: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_RECENT_SECONDS))

    @property
    def id(self) -> ProcessId:
        """What tells it from all others."""
        return ProcessId(self.container, self.pid, self.start_ns)

    @property
    def command_line(self) -> str:
        """Program and arguments as for a shell; the name in brackets if they are not known."""
        return shlex.join(self.args) if self.args else f"[{self.name}]" if self.name else ""

    @property
    def calls(self) -> int:
        """System calls, each once; where thread ids are not collected, a lower bound."""
        return self._counted + max(self._loose_enters, self._loose_exits)

    @property
    def depth(self) -> int:
        """How many ancestors it has in the tree."""
        depth, process = 0, self
        while process.parent is not None:
            depth, process = depth + 1, process.parent
        return depth

    def subtree(self) -> Iterator[Process]:
        """This process and its descendants, each before its children."""
        pending = [self]
        while pending:
            process = pending.pop()
            yield process
            pending.extend(reversed(process.children.values()))

    def rate(self, now_ns: int) -> float:
        """Rows a second, over the last two whole seconds before `now_ns`."""
        now = now_ns // SECOND_NS
        return sum(count for second, count in self._recent if now - 2 <= second < now) / 2

    def count(self, *, calls: int, loose_enters: int, loose_exits: int, errors: int) -> None:
        """Add to the numbers.

        Args:
            calls: calls of known threads.
            loose_enters: enters where the thread is not known.
            loose_exits: exits likewise.
            errors: calls that failed.
        """
        self._counted += calls
        self._loose_enters += loose_enters
        self._loose_exits += loose_exits
        self.errors += errors

    def count_second(self, second: int, count: int) -> None:
        """Add rows to a second's count; seconds long past are left out."""
        for place in range(len(self._recent) - 1, -1, -1):
            if self._recent[place][0] == second:
                self._recent[place] = (second, self._recent[place][1] + count)
                return
        if not self._recent or self._recent[-1][0] < second:
            self._recent.append((second, count))

    def revive(self) -> None:
        """Take back that it has ended."""
        self.has_ended, self.end_ns, self.end_row, self.exit_status = False, 0, -1, None

    def thread(self, tid: int, start_ns: int = 0) -> Thread | None:
        """A thread by its id, made if it is new; None if too many are known."""
        known = self.threads.get(tid)
        is_same = known is not None and (not start_ns or known.start_ns in (0, start_ns))
        if known is not None and is_same:
            known.start_ns = known.start_ns or start_ns
            return known
        if known is None and len(self.threads) >= MAX_THREADS:
            self.threads_forgotten += 1
            return None
        self.threads[tid] = Thread(tid, start_ns)
        return self.threads[tid]

    def add_exec(self, entry: Exec) -> None:
        """Note that it executed a program, or was asked to."""
        self.execs.append(entry)
        if len(self.execs) > MAX_EXECS:
            del self.execs[1]
        self.take_args()

    @property
    def programs(self) -> list[Exec]:
        """Programs that ran in it, in the order of their rows."""
        ran = [entry for entry in self.execs if entry.outcome is Outcome.DONE]
        return sorted(ran, key=lambda entry: entry.row)

    def last_exec(self, tid: int) -> Exec | None:
        """What a thread asked for last; None if nothing."""
        return next((entry for entry in reversed(self.execs) if entry.tid == tid), None)

    def args_at(self, row: int) -> list[str]:
        """Command line as of a row."""
        args = self._first_args
        for entry in self.programs:
            if entry.row > row:
                break
            args = entry.args
        return args

    def take_args(self) -> None:
        """Take the command line from the program that began last."""
        ran = (entry for entry in self.execs if entry.outcome is Outcome.DONE)
        last = max(ran, key=lambda entry: entry.row, default=None)
        self.args = last.args if last is not None else self._first_args

    def begin_with(self, args: Iterable[str]) -> None:
        """Say what its command line is before it executes anything."""
        self._first_args = short_args(args)
        self.take_args()
