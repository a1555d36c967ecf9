"""The process tree of a trace: processes with parents and children, found by id and time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.query.numbered import Numbered
from gvtui.query.oneorseveral import OneOrSeveral
from gvtui.query.processes.pipes import Pipes
from gvtui.query.processes.process import Evidence, Process, ProcessId
from gvtui.query.processes.spans import Spans
from gvtui.trace.fairness import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    import numpy.typing as npt

    from gvtui.wire.pb.common_pb2 import ContextData

MAX_PROCESSES = 20_000
"""How many processes are kept; of more, some are forgotten of the sandboxes that have more than an
equal share, those that ended first."""

_LEAST_PART = 4
"""Which part of those to forget goes at least, for all are looked at each time."""
_MAX_ANCESTORS = 1000
_LOOKED_AT = 64
"""How many processes with the same id are looked at for one that reads alike."""


def _only_life(_: int) -> int:
    """The life of every connection of a trace of one sandbox."""
    return 0


def _never(_: int, __: int) -> bool:
    """What is known of connections where there are none."""
    return False


class ProcessTree:
    """The processes of a trace, added from events, procfs dumps and the context of messages."""

    def __init__(
        self,
        max_processes: int = MAX_PROCESSES,
        life_of: Callable[[int], int] = _only_life,
        would_tell: Callable[[int, int], bool] = _never,
    ) -> None:
        """Make an empty tree.

        Args:
            max_processes: how many processes it keeps.
            life_of: gives the number of the sandbox's life that a connection belongs to. Within one
                life, an id is one process at a time, in whatever container.
            would_tell: whether a connection would have told of a start at a time, by its number
                and the Unix time in nanoseconds.
        """
        self.life_of = life_of
        self._would_tell = would_tell
        self._max_processes = max_processes
        self.version = 0
        """Grows whenever a process appears, ends, or changes what the screen shows of it."""
        self.forgotten = 0
        """How many processes were forgotten because there were too many."""
        self.is_cut = False
        """Whether more processes ran when the oldest row came than could be noted."""
        self.ended_before = 0
        """How many processes ended in rows that were let go before they were read."""
        self.clones_told: set[int] = set()
        """The connections whose messages tell of clones."""
        self.told_late = 0
        """How many processes had rows before one told that they are of an exec session."""
        self.tells_origins = False
        """Whether any program is known to have come from the image or from elsewhere."""
        self.tells_stdio = False
        """Whether any program's standard input and output are known."""
        self.tells_digests = False
        """Whether some program is told with a digest of its file."""
        self.tells_programs = False
        """Whether `sentry/execve` has told of a program."""
        self.run_keys: dict[int, tuple[object, Any]] = {}
        """What exec sessions are runs of, by the numbers of their first processes; see
        `gvtui.query.processes.runs`."""
        self.pipes = Pipes()
        """Knows the pipes of programs."""
        self._by_number: Numbered[Process] = Numbered()
        self.spans = Spans(self._by_number)
        """Finds the process that had an id at a row."""
        # The others have numbers of processes.
        self._by_pid: OneOrSeveral[tuple[str, int], int] = OneOrSeveral()
        self._with_pid: OneOrSeveral[int, int] = OneOrSeveral()
        self._by_life: dict[int, dict[int, None]] = {}
        self._in_life: OneOrSeveral[tuple[int, int], int] = OneOrSeveral()
        self._orphans: dict[tuple[int, int], list[int]] = {}
        self._next_number = 1

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Process]:
        return iter(self._by_number)

    @property
    def newest_number(self) -> int:
        """The number of the process that was added last; 0 if there was none."""
        return self._next_number - 1

    def get(self, number: int) -> Process | None:
        """A process by its number; None if it has been forgotten."""
        return self._by_number.get(number)

    def find(self, process_id: ProcessId) -> Process | None:
        """A process by its identity; None if it is not known."""
        own = self._by_pid.of((process_id.container, process_id.pid))
        for process in self._these(reversed(own)):
            if process_id.start_ns in (0, process.start_ns):
                return process
        return None

    def roots(self, container: str | None = None) -> list[Process]:
        """The processes without a known parent, in the order in which they were seen."""
        return [
            process
            for process in self._by_number
            if process.parent is None and container in (None, process.container)
        ]

    def containers(self) -> list[str]:
        """The containers with processes, in the order in which they were seen."""
        return list(dict.fromkeys(process.container for process in self._by_number))

    def is_reused(self, process: Process) -> bool:
        """Whether other processes had the same id."""
        return len(self._by_pid.of((process.container, process.pid))) > 1

    def alike(self, process: Process) -> list[Process]:
        """Other processes with the same id and name, in whatever container: some, if very many."""
        known = self._with_pid.of(process.pid)[-_LOOKED_AT:]
        return [
            each for each in self._these(known) if each is not process and each.name == process.name
        ]

    def is_from_outside(self, process: Process) -> bool:
        """Whether a process is the first of an exec session, such as `runsc exec` starts.

        Its messages say so where the session collects that. Else it is a process without a parent
        that is not its container's first, if its start would have been told.
        """
        if process.is_exec_session:
            return process.parent is None or not process.parent.is_exec_session
        if process.parent is not None or process.parent_pid or process.is_start_told:
            return False
        conn = self.spans.connection_of(process)
        # A dump that does not tell a pod's containers apart lists the first of each without parent.
        is_own = process.is_container_told or process.first_row >= 0
        is_alone = process.is_listed_alone and is_own
        if process.pid <= 1 or not (
            is_alone or (process.is_unannounced and conn in self.clones_told)
        ):
            return False
        return any(
            each is not process and _is_before(each, process)
            for each in self._of_life(process.life)
            if each.container == process.container
        )

    def session_of(self, process: Process) -> Process | None:
        """The first process of the exec session that a process belongs to; None if it belongs to
        none, as far as known."""
        found = None
        for _ in range(_MAX_ANCESTORS):
            if process.is_exec_session or self.is_from_outside(process):
                found = process
            if process.parent is None:
                break
            process = process.parent
        return found

    def of_life(self, life: int) -> list[Process]:
        """The processes of one life of a sandbox, in the order in which they were seen."""
        return list(self._of_life(life))

    def _of_life(self, life: int) -> Iterator[Process]:
        return self._these(list(self._by_life.get(life, ())))

    def _these(self, numbers: Iterable[int]) -> Iterator[Process]:
        return filter(None, map(self._by_number.get, numbers))

    def ends(self, life: int, when_ns: int, traces_exits: bool | None = None) -> None:
        """A life of a sandbox has ended, and with it all its processes.

        Args:
            life: its number.
            when_ns: when, Unix nanoseconds.
            traces_exits: whether exits were traced; None if nothing tells.
        """
        for process in self.of_life(life):
            process.cut_off(when_ns, traces_exits)
        self.version += 1

    def is_lost(self, life: int) -> None:
        """No connection of a sandbox is left, and its processes may run or not."""
        for process in self.of_life(life):
            process.is_out_of_sight = not process.has_ended
        self.version += 1

    def numbers(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """The number of each row's process; 0 if it is not known.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
        """
        result = np.zeros(len(rows), np.int64)
        for places, process in self.spans.runs(start, rows):
            result[places] = process.number
        return result

    def ensure(
        self, conn: int, row: int, context: ContextData, container: str, source: Evidence
    ) -> Process | None:
        """The process in a message's context, added if it is new; None if the context names
        none."""
        pid, start_ns = context.thread_group_id, context.thread_group_start_time_ns
        if pid <= 0:
            return None
        process = self.spans.current(conn, pid, start_ns)
        if process is None:
            life = self.life_of(conn)
            process = self.elsewhere(life, pid, start_ns)
            if process is None:
                process = self.create(container, pid, start_ns, source, row, life=life)
                process.name, process.cwd = context.process_name, context.cwd
                process.is_unannounced = self._would_tell(conn, start_ns)
            self.spans.begin(conn, row, process)
        if process.first_row < 0:
            process.first_row = row
        if context.container_id and not process.is_container_told:
            self.move(process, container)
        if start_ns:
            process.told_ns = start_ns
            process.start_ns = process.start_ns or start_ns
        if source is Evidence.EVENT and process.source is Evidence.CONTEXT:
            process.source = source
            self.version += 1
        if context.is_exec_session:
            self.came_from_outside(process, row)
        if process.parent is None and context.parent_thread_group_id > 0:
            parent = self.spans.current(conn, context.parent_thread_group_id, 0)
            self.adopt(process, parent, context.parent_thread_group_id)
        return process

    def came_from_outside(self, process: Process, row: int) -> None:
        """A message has told that a process came in from outside, or descends from one that did."""
        if not process.is_exec_session:
            process.is_exec_session = True
            self.version += 1
            self.told_late += 0 <= process.first_row < row

    def create(
        self,
        container: str,
        pid: int,
        start_ns: int,
        source: Evidence,
        row: int,
        *,
        life: int = 0,
    ) -> Process:
        """Add a process that is not known yet."""
        if len(self._by_number) >= self._max_processes:
            self._forget_some()
        process = Process(self._next_number, container, pid, start_ns, source, row, row)
        process.life = life
        self._next_number += 1
        self._by_number.put(process.number, process)
        self._by_pid.add((container, pid), process.number)
        self._with_pid.add(pid, process.number)
        self._by_life.setdefault(life, {})[process.number] = None
        for former in self._these(self._in_life.of((life, pid))[-1:]):
            former.has_ended, former.is_out_of_sight = True, False
        self._in_life.add((life, pid), process.number)
        for number in self._orphans.pop((life, pid), []):
            orphan = self._by_number.get(number)
            if orphan is not None and orphan.parent is None:
                self.adopt(orphan, process, pid)
        self.version += 1
        return process

    def move(self, process: Process, container: str) -> None:
        """Set a process's container because it is told, and that of its descendants of which
        nothing has told it."""
        process.is_container_told = True
        if process.container == container:
            return
        known = process.container
        for each in process.subtree():
            is_guessed = not each.is_container_told and each.container == known
            if each is process or is_guessed:
                self._move(each, container)
        self.version += 1

    def _move(self, process: Process, container: str) -> None:
        self._by_pid.keep([(process.container, process.pid)], process.number.__ne__)
        process.container = container
        self._by_pid.add((container, process.pid), process.number)

    def adopt(self, process: Process, parent: Process | None, parent_pid: int) -> None:
        """Put a process under its parent, if the parent is known."""
        process.parent_pid = parent_pid
        if process.parent is not None:
            return
        if parent is not None and parent.number not in self._by_number:
            # The parent has been forgotten to make room for this process.
            parent = None
        if parent is None:
            if parent_pid > 0:
                self._wait_for(parent_pid, process)
            return
        ancestor: Process | None = parent
        for _ in range(_MAX_ANCESTORS):
            if ancestor is None:
                break
            if ancestor is process:
                return
            ancestor = ancestor.parent
        if ancestor is not None:
            return
        process.parent = parent
        parent.children[process.number] = process
        self.version += 1

    def _wait_for(self, parent_pid: int, process: Process) -> None:
        if len(self._orphans) > self._max_processes:
            self._orphans.clear()
        waiting = self._orphans.setdefault((process.life, parent_pid), [])
        if len(waiting) < self._max_processes and process.number not in waiting[-1:]:
            waiting.append(process.number)

    def elsewhere(self, life: int, pid: int, start_ns: int) -> Process | None:
        """The process, if known from a dump or another connection of the same sandbox."""
        for process in self._these(reversed(self._in_life.of((life, pid))[-4:])):
            if start_ns and process.start_ns:
                if start_ns == process.start_ns:
                    return process
            elif not process.has_ended:
                return process
        return None

    def _forget_some(self) -> None:
        wanted = 1 + len(self._by_number) // 16
        sizes = {life: len(processes) for life, processes in self._by_life.items()}
        level = share([0] * len(sizes), list(sizes.values()), len(self._by_number) - wanted)
        beyond = {life: size - level for life, size in sizes.items() if size > level}
        chosen = self._oldest(beyond, wanted)
        gone = {process.number for process in chosen}
        for process in chosen:
            self._by_number.pop(process.number)
            self.run_keys.pop(process.number, None)
            if process.parent is not None:
                process.parent.children.pop(process.number, None)
            for child in process.children.values():
                child.parent = None
            process.children = {}
            of_life = self._by_life[process.life]
            del of_life[process.number]
            if not of_life:
                del self._by_life[process.life]
        is_kept = partial(_is_none_of, gone)
        self._by_pid.keep({(each.container, each.pid) for each in chosen}, is_kept)
        self._with_pid.keep({each.pid for each in chosen}, is_kept)
        self._in_life.keep({(each.life, each.pid) for each in chosen}, is_kept)
        self.spans.forget(gone)
        self.forgotten += len(chosen)
        self.version += 1

    def _oldest(self, left: dict[int, int], most: int) -> list[Process]:
        """The processes that were seen first, of each life no more than is left to it: ended ones
        and, where these are so few that looking at all pays too little, some that run."""
        chosen: list[Process] = []
        for has_ended in (True, False):
            wanted = most if has_ended or not chosen else max(1, most // _LEAST_PART)
            for process in self._by_number if len(chosen) < wanted else ():
                if process.has_ended == has_ended and left.get(process.life, 0):
                    left[process.life] -= 1
                    chosen.append(process)
                    if len(chosen) == wanted:
                        break
        return chosen


def _is_before(one: Process, other: Process) -> bool:
    """Whether a process is known to have begun before another."""
    if one.started_ns and other.started_ns:
        return one.started_ns < other.started_ns
    return one.is_start_told and not other.started_ns and 0 <= one.first_row < other.first_row


def _is_none_of(numbers: AbstractSet[int], number: int) -> bool:
    """Whether a number is not among some."""
    return number not in numbers
