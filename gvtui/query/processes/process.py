"""A process inside a sandbox, with its programs, threads and counts, as the trace shows it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.outcome import ExecOutcome
from gvtui.trace.details import short_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.query.processes.image import ProgramImage

SECOND_NS = 1_000_000_000

MAX_THREADS = 4096
"""How many threads are kept for each process."""
MAX_EXECS = 256
"""How many programs are kept for each process; of more, the first and the latest."""
_RECENT_SECONDS = 16
_MAX_NAME = 15
"""Characters of a process's name: TASK_COMM_LEN of Linux, less the zero at its end."""


class Evidence(Enum):
    """How gvtui knows a process; the value is the text for the user."""

    EVENT = "from events"
    PROCFS = "from procfs: no event told of its start"
    CONTEXT = "deduced from what its messages say of it"


class ProcessId(NamedTuple):
    """Identifies a process: thread group ids are reused, start times are not."""

    container: str
    pid: int
    start_ns: int
    """The start time, Unix nanoseconds; 0 if not collected."""


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
    """A program that a process executed, or an attempt to."""

    row: int
    """The row that shows that the program ran; if it has not, the first row of the attempt."""
    time_ns: int
    path: str
    args: list[str]
    outcome: ExecOutcome
    tid: int
    """The thread that called exec; 0 if not collected."""
    errno: int = 0
    """The error of a failed exec; 0 if it is not sent."""
    is_told: bool = False
    """Whether `sentry/execve` has reported it."""
    exit_row: int = -1
    """The row of the call's exit; -1 while there is none."""
    raw_exit_row: int = -1
    """The row of the raw point for the same exit; -1 if there is none."""
    image: ProgramImage | None = None
    """What `sentry/execve` tells of its file and its descriptors; None if it was not asked for."""

    @property
    def begins(self) -> int:
        """The first row from which on the process runs it: the call's exit may come first."""
        return min(row for row in (self.row, self.exit_row, self.raw_exit_row) if row >= 0)

    @property
    def name(self) -> str:
        """What a process that runs it is called, until messages tell."""
        # The first argument names it better than its file does, which for BusyBox is
        # `/proc/self/exe` or `/bin/busybox`.
        called = (self.args[0].lstrip("-") if self.args else "") or self.path
        return called.rpartition("/")[2][:_MAX_NAME]


@dataclass(slots=True, eq=False)
class Process:
    """One process; the tree links it to its parent and children."""

    number: int
    """Its number within this tree, which is not reused."""
    container: str
    pid: int
    """Thread group id; 0 if not collected."""
    start_ns: int
    source: Evidence
    first_row: int
    last_row: int
    name: str = ""
    args: list[str] = field(default_factory=list)
    """The command line; a forked process has its parent's until it executes a program."""
    cwd: str = ""
    parent: Process | None = None
    parent_pid: int = 0
    children: dict[int, Process] = field(default_factory=dict)
    """The child processes by number, in the order in which they were seen."""
    threads: dict[int, Thread] = field(default_factory=dict)
    """The threads by id; if an id was reused, the latest one."""
    execs: list[Exec] = field(default_factory=list)
    pipe_from: ProcessId | None = None
    """The process whose output is piped into this one."""
    pipe_to: ProcessId | None = None
    """The process that this one's output is piped into."""
    received_row: int = -1
    """The first row at which it reads or receives from a socket; -1 if none was seen."""
    connected_to: str = ""
    """The address that it connected to last, of IPv4 or IPv6; "" if none was seen."""
    is_taken_over: bool = False
    """Whether a thread that executes a program takes over the id after the first thread ended."""
    told_ns: int = 0
    """The start time in its own messages; 0 if they lack it, even if it is known otherwise."""
    began_ns: int = 0
    """When an event told of its start, Unix nanoseconds; 0 if none did."""
    named_row: int = -1
    """The row of the program that it was named after last."""
    is_exec_session: bool = False
    """Whether it was started in the container from outside, as by `runsc exec`."""
    is_carried: bool = False
    """Whether it ran before the oldest row, so that rows of it have been let go."""
    is_listed_alone: bool = False
    """Whether a dump of procfs has listed it without a parent."""
    is_container_told: bool = False
    """Whether a message or runsc has told which container of the sandbox it runs in."""
    is_unannounced: bool = False
    """Whether it began after its connection, no point was dropped, and nothing told of its
    start: that tells of an exec session where clones are traced."""
    has_tty: bool = False
    """Whether standard input, output or error is known to be a terminal."""
    audit_id: str = ""
    """The audit ID in the environment of an exec session, as its programs got it."""
    is_start_told: bool = False
    """Whether an event has reported its start."""
    life: int = 0
    """The life of its sandbox, see `gvtui.trace.lives`: ids are reused after its end."""
    is_cut_off: bool = False
    """Whether it ended because its sandbox did, and nothing told of its own end."""
    traces_exits: bool | None = None
    """For a process that was cut off, whether its exit would have been told; None if nothing tells."""
    is_out_of_sight: bool = False
    """Whether its sandbox's last connection has closed, so that it may run or not."""
    has_ended: bool = False
    end_ns: int = 0
    """When it ended, Unix nanoseconds; 0 if it has not, or if the time is not collected."""
    end_row: int = -1
    exit_status: int | None = None
    """The wait status as `waitpid` gives it; None if not known."""
    listed_ns: int = 0
    """When a dump of procfs last listed it, Unix nanoseconds; 0 if none did."""
    errors: int = 0
    threads_forgotten: int = 0
    _first_args: list[str] = field(default_factory=list)
    _first_told: int = -1
    """The row whose message has them; -1 if none has."""
    has_own_args: bool = False
    """Whether it began with them, not with its parent's."""
    _counted: int = 0
    _loose_enters: int = 0
    _loose_exits: int = 0
    _recent: list[tuple[int, int]] = field(default_factory=list)

    @property
    def id(self) -> ProcessId:
        """Container, thread group id and start time, which identify the process."""
        return ProcessId(self.container, self.pid, self.start_ns)

    @property
    def started_ns(self) -> int:
        """When it started, Unix nanoseconds, as far as anything tells; else 0."""
        return self.start_ns or self.began_ns

    @property
    def command_line(self) -> str:
        """The program and its arguments, quoted for a shell; the name in brackets if not known."""
        return shlex.join(self.args) if self.args else f"[{self.name}]" if self.name else ""

    @property
    def calls(self) -> int:
        """The number of system calls; a lower bound if thread ids are not collected."""
        return self._counted + max(self._loose_enters, self._loose_exits)

    def ancestors(self) -> Iterator[Process]:
        """Its parent, the parent's parent and so on, up to the first."""
        process = self.parent
        while process is not None:
            yield process
            process = process.parent

    @property
    def depth(self) -> int:
        """How many ancestors it has in the tree."""
        return sum(1 for _ in self.ancestors())

    def subtree(self) -> Iterator[Process]:
        """This process and all its descendants, each before its children."""
        pending = [self]
        while pending:
            process = pending.pop()
            yield process
            pending.extend(reversed(process.children.values()))

    def rate(self, now_ns: int) -> float:
        """Rows per second, over the last two whole seconds before `now_ns`."""
        now = now_ns // SECOND_NS
        return sum(count for second, count in self._recent if now - 2 <= second < now) / 2

    def count(self, *, calls: int, loose_enters: int, loose_exits: int, errors: int) -> None:
        """Add to the counts.

        Args:
            calls: calls of known threads.
            loose_enters: enters of unknown threads.
            loose_exits: exits of unknown threads.
            errors: calls that failed.
        """
        self._counted += calls
        self._loose_enters += loose_enters
        self._loose_exits += loose_exits
        self.errors += errors

    def count_second(self, second: int, count: int) -> None:
        """Add rows to the count of a second; seconds long past are ignored."""
        for place in range(len(self._recent) - 1, -1, -1):
            if self._recent[place][0] == second:
                self._recent[place] = (second, self._recent[place][1] + count)
                return
        if not self._recent or self._recent[-1][0] < second:
            self._recent.append((second, count))
            del self._recent[:-_RECENT_SECONDS]

    def revive(self) -> None:
        """Mark the process as running again."""
        self.has_ended, self.end_ns, self.end_row, self.exit_status = False, 0, -1, None
        self.is_cut_off = self.is_out_of_sight = False

    def cut_off(self, when_ns: int, traces_exits: bool | None) -> None:
        """Its sandbox has ended, at the Unix time `when_ns` in nanoseconds."""
        self.is_out_of_sight = False
        if not self.has_ended:
            self.has_ended = self.is_cut_off = True
            self.traces_exits = traces_exits
            self.end_ns = when_ns

    def runs(self, program: Exec, row: int) -> None:
        """Name it after the program that it runs, as row `row` tells; messages tell the name
        later."""
        name = program.name
        # Where later messages have come, they tell.
        if name and row >= self.last_row:
            self.name, self.named_row = name, row

    def thread(self, tid: int, start_ns: int = 0) -> Thread | None:
        """A thread by its id, created if it is new; None if too many are known."""
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
        """Add a program that the process executed, or an attempt to."""
        self.execs.append(entry)
        if len(self.execs) > MAX_EXECS:
            del self.execs[1]
        self.take_args()

    @property
    def programs(self) -> list[Exec]:
        """The programs that ran in the process, in the order of their rows."""
        ran = [entry for entry in self.execs if entry.outcome is ExecOutcome.DONE]
        return sorted(ran, key=lambda entry: entry.row)

    def last_exec(self, tid: int) -> Exec | None:
        """The last exec of a thread; None if there is none."""
        return next((entry for entry in reversed(self.execs) if entry.tid == tid), None)

    @property
    def first_args(self) -> list[str]:
        """The command line that it began with; none if it is not known, or its parent's."""
        return self._first_args if self.has_own_args else []

    def args_at(self, row: int) -> list[str]:
        """The command line at a row."""
        return self.args_told(row)[0]

    def args_told(self, row: int) -> tuple[list[str], int]:
        """The command line at a row, and the row whose message has all of it; -1 if none has."""
        args, told = self._first_args, self._first_told
        for entry in self.programs:
            if entry.begins > row:
                break
            args, told = entry.args, entry.row
        return args, told

    def take_args(self) -> None:
        """Set the command line to that of the program that began last."""
        ran = (entry for entry in self.execs if entry.outcome is ExecOutcome.DONE)
        last = max(ran, key=lambda entry: entry.row, default=None)
        self.args = last.args if last is not None else self._first_args

    def begin_with(self, args: Iterable[str], told: int = -1, *, from_parent: bool = False) -> None:
        """Set the command line that the process has before it executes anything.

        Args:
            args: its words.
            told: the row whose message has all of them; -1 if none has.
            from_parent: whether they are its parent's.
        """
        self._first_args, self._first_told = short_args(args), told
        self.has_own_args = not from_parent
        self.take_args()
