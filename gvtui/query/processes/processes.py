"""The process tree of a trace, from its events, a dump of procfs, and the context of messages.

Only messages about processes are decoded, and for each process id one row of each batch, to see
whether the id has been used again. All other rows are counted by their columns.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.decode.outcome import Outcome
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.doubles import Doubles
from gvtui.query.calls.exec_rules import Code
from gvtui.query.calls.execs import LateOutcomes
from gvtui.query.follower import Follower
from gvtui.query.processes.events import EVENT_TYPES, ProcessEvents
from gvtui.query.processes.process import SECOND_NS, Process, ProcessId, Source
from gvtui.query.processes.procfs import take_mark
from gvtui.query.processes.spans import Spans
from gvtui.query.source import group
from gvtui.trace.marks import ProcessesMark, read_mark
from gvtui.trace.row import EMPTY_STRING, LOST_STRING, Direction, Flag, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import RAW_SYSCALL, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.source import RowSource
    from gvtui.wire.pb.common_pb2 import ContextData

MAX_PROCESSES = 20_000
"""Processes kept; of more, those that ended first are forgotten."""

_MAX_ANCESTORS = 1000
_RATE_SECONDS = 12


class Processes(Follower):
    """The process tree; follows a trace that grows, behind its `Pairs`."""

    def __init__(
        self, trace: RowSource, pairs: Pairs, *, max_processes: int = MAX_PROCESSES
    ) -> None:
        super().__init__(trace)
        self._pairs = pairs
        self._max_processes = max_processes
        self.version = 0
        """Changes whenever a process came, went, or changed in what the tree shows of it."""
        self.forgotten = 0
        """Processes let go because there were too many."""
        self.rows_without_pid = 0
        """System calls that belong to no known process, since `group_id` is not collected."""
        self._by_number: dict[int, Process] = {}
        self._by_pid: dict[tuple[str, int], list[Process]] = {}
        self.spans = Spans()
        """Which process had an id when."""
        self._orphans: dict[tuple[str, int], list[int]] = {}
        self._next_number = 1
        self._doubles = Doubles()
        self._events = ProcessEvents(self)
        self.execs = pairs.execs
        """What became of execs."""
        self._late = LateOutcomes(self.execs)
        numbers = sysnos_by_name(trace.architecture)
        self.clone_sysno = numbers.get("clone", -1)
        self._fork_sysnos = [
            numbers[n] for n in ("clone", "clone3", "fork", "vfork") if n in numbers
        ]

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Process]:
        return iter(self._by_number.values())

    def get(self, number: int) -> Process | None:
        """A process by its number; None if it has been forgotten."""
        return self._by_number.get(number)

    def find(self, process_id: ProcessId) -> Process | None:
        """A process by what tells it from others; None if it is not known."""
        for process in reversed(self._by_pid.get((process_id.container, process_id.pid), [])):
            if process_id.start_ns in (0, process.start_ns):
                return process
        return None

    def roots(self, container: str | None = None) -> list[Process]:
        """Processes without a known parent, in the order they were seen."""
        return [
            process
            for process in self._by_number.values()
            if process.parent is None and container in (None, process.container)
        ]

    def containers(self) -> list[str]:
        """Containers with processes, in the order they were seen."""
        return list(dict.fromkeys(process.container for process in self._by_number.values()))

    def is_reused(self, process: Process) -> bool:
        """Whether other processes had the same id."""
        return len(self._by_pid.get((process.container, process.pid), [])) > 1

    def numbers(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """The number of each row's process; 0 where it is not known.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
        """
        result = np.zeros(len(rows), np.int64)
        for places, process in self.spans.runs(start, rows):
            result[places] = process.number
        return result

    @property
    def _end(self) -> int:
        return self._pairs.position

    def container_of(self, row: Any) -> str:  # noqa: ANN401
        """A row's container: as its message says, else as its connection does."""
        if row.container > LOST_STRING:
            return self._trace.string(row.container)
        connection = self._trace.connections.get(row.conn)
        return connection.container_id if connection is not None else ""

    def ensure(
        self, conn: int, row: int, context: ContextData, container: str, source: Source
    ) -> Process | None:
        """The process that a message's context names, made if it is new; None if it names none."""
        pid, start_ns = context.thread_group_id, context.thread_group_start_time_ns
        if pid <= 0:
            return None
        process = self.spans.current(conn, pid, start_ns)
        if process is None:
            process = self.elsewhere(container, pid, start_ns)
            if process is None:
                process = self.create(container, pid, start_ns, source, row)
                process.name, process.cwd = context.process_name, context.cwd
            self.spans.begin(conn, row, process)
        if process.first_row < 0:
            process.first_row = row
        if start_ns:
            process.told_ns = start_ns
            process.start_ns = process.start_ns or start_ns
        if source is Source.EVENT and process.source is Source.CONTEXT:
            process.source = source
            self.version += 1
        if context.is_exec_session and not process.is_exec_session:
            process.is_exec_session = True
            self.version += 1
        if process.parent is None and context.parent_thread_group_id > 0:
            parent = self.spans.current(conn, context.parent_thread_group_id, 0)
            self.adopt(process, parent, context.parent_thread_group_id)
        return process

    def create(self, container: str, pid: int, start_ns: int, source: Source, row: int) -> Process:
        """Add a process that is not known yet."""
        if len(self._by_number) >= self._max_processes:
            self._forget_some()
        process = Process(self._next_number, container, pid, start_ns, source, row, row)
        self._next_number += 1
        self._by_number[process.number] = process
        same_pid = self._by_pid.setdefault((container, pid), [])
        for former in same_pid[-1:]:
            former.has_ended = True
        same_pid.append(process)
        for number in self._orphans.pop((container, pid), []):
            orphan = self._by_number.get(number)
            if orphan is not None and orphan.parent is None:
                self.adopt(orphan, process, pid)
        self.version += 1
        return process

    def _move(self, process: Process, container: str) -> None:
        """A dump of a pod does not say which of its containers a process is in; a message does."""
        if process.container == container:
            return
        former = (process.container, process.pid)
        self._by_pid[former].remove(process)
        if not self._by_pid[former]:
            del self._by_pid[former]
        process.container = container
        self._by_pid.setdefault((container, process.pid), []).append(process)
        self.version += 1

    def adopt(self, process: Process, parent: Process | None, parent_pid: int) -> None:
        """Put a process under its parent, where that is possible."""
        process.parent_pid = parent_pid
        if process.parent is not None:
            return
        if parent is not None and parent.number not in self._by_number:
            # It has been forgotten, to make room for this one.
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
        waiting = self._orphans.setdefault((process.container, parent_pid), [])
        if len(waiting) < self._max_processes and process.number not in waiting[-1:]:
            waiting.append(process.number)

    def elsewhere(self, container: str, pid: int, start_ns: int) -> Process | None:
        """A process known from a dump or an earlier connection of the same container."""
        for process in reversed(self._by_pid.get((container, pid), [])[-4:] if container else []):
            if start_ns and process.start_ns:
                if start_ns == process.start_ns:
                    return process
            elif not process.has_ended:
                return process
        return None

    def _forget_some(self) -> None:
        wanted = 1 + len(self._by_number) // 16
        ended = (process for process in self._by_number.values() if process.has_ended)
        chosen = list(islice(ended, wanted)) or list(islice(self._by_number.values(), wanted))
        gone = {process.number for process in chosen}
        for process in chosen:
            del self._by_number[process.number]
            if process.parent is not None:
                process.parent.children.pop(process.number, None)
            for child in process.children.values():
                child.parent = None
            process.children = {}
            key = (process.container, process.pid)
            self._by_pid[key] = [p for p in self._by_pid.get(key, []) if p.number not in gone]
            if not self._by_pid[key]:
                del self._by_pid[key]
        self.spans.forget(gone)
        self.forgotten += len(chosen)
        self.version += 1

    def _context(self, row: int) -> ContextData | None:
        try:
            message = self._trace.decoded(row).message
        except (WireError, IndexError):
            return None
        return None if isinstance(message, Unknown) else message.context_data  # type: ignore[attr-defined]

    def _begin(self) -> None:
        self.execs.bring_up(self.position)
        self._take_late(self.position)

    def _take_late(self, before: int) -> None:
        """Take in what has become of execs since their rows were looked at."""
        for number in self._late.before(before):
            try:
                row = self._trace.row(number)
            except IndexError:
                continue
            process = self.spans.at(row.conn, row.pid, number)
            outcome = self.execs.outcome(number)
            if process is None or outcome is None:
                continue
            if outcome is Outcome.FAILED and self.execs.twin(number) is None:
                process.count(calls=0, loose_enters=0, loose_exits=0, errors=1)
            entry = next((e for e in reversed(process.execs) if e.exit_row == number), None)
            if entry is not None:
                self._events.decided(process, entry, number, outcome)
                self.version += 1

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        self.execs.bring_up(self._pairs.position)
        self._take_late(start)
        types = rows["type"]
        readable = (rows["kind"] == Kind.MESSAGE) & (rows["flags"] & Flag.MALFORMED == 0)
        is_raw_fork = (
            (types == RAW_SYSCALL)
            & (rows["direction"] == Direction.EXIT)
            & np.isin(rows["sysno"], self._fork_sysnos)
        )
        tells = readable & (np.isin(types, EVENT_TYPES) | is_raw_fork)
        for place in np.flatnonzero(tells | (rows["kind"] == Kind.MARK)).tolist():
            if rows["kind"][place] == Kind.MARK:
                self._take_mark(start, rows, place)
                continue
            try:
                decoded = self._trace.decoded(start + place)
            except (WireError, IndexError):
                continue
            if decoded.kind is not None:
                self._events.take(self._trace.row(start + place), start + place, decoded)
        self._meet(start, rows)
        self._count(start, rows)

    def _take_mark(self, start: int, rows: npt.NDArray[np.void], place: int) -> None:
        try:
            mark = read_mark(self._trace.details(start + place))
        except IndexError:
            return
        if isinstance(mark, ProcessesMark):
            # First those that had the ids before.
            self._meet(start, rows[:place])
            take_mark(self, start + place, int(rows["conn"][place]), mark)

    def _meet(self, start: int, rows: npt.NDArray[np.void]) -> None:
        """Find processes that no event told of, and ids that were used again unnoticed."""
        places = np.flatnonzero(rows["pid"] > 0)
        order, bounds = group(rows["conn"][places], rows["pid"][places])
        places = places[order]
        for begin, end in pairwise(bounds.tolist()):
            first, last = rows[places[begin]], start + int(places[end - 1])
            conn, pid = int(first["conn"]), int(first["pid"])
            if (conn, pid) not in self.spans:
                self._meet_row(start + int(places[begin]))
            process, context = self.spans.at(conn, pid, last), self._context(last)
            start_ns = context.thread_group_start_time_ns if context is not None else 0
            if process is None or context is None:
                continue
            if process.source is Source.PROCFS and context.container_id:
                self._move(process, context.container_id)
            if not start_ns:
                continue
            if process.start_ns in (0, start_ns):
                process.start_ns = process.told_ns = start_ns
            else:
                change = self._change(start, places, begin, end, start_ns)
                self._meet_row(start + int(places[change]))

    def _meet_row(self, row: int) -> None:
        context = self._context(row)
        if context is not None:
            held = self._trace.row(row)
            self.ensure(held.conn, row, context, self.container_of(held), Source.CONTEXT)

    def _change(
        self, start: int, places: npt.NDArray[np.intp], begin: int, end: int, start_ns: int
    ) -> int:
        """The first of a process id's rows that has the start time which the last one has."""
        low, high = begin, end - 1
        while low < high:
            middle = (low + high) // 2
            context = self._context(start + int(places[middle]))
            if context is not None and context.thread_group_start_time_ns == start_ns:
                high = middle
            else:
                low = middle + 1
        return low

    def _count(self, start: int, rows: npt.NDArray[np.void]) -> None:
        double = self._doubles.mask(rows)
        enters = (rows["direction"] == Direction.ENTER) & ~double
        exits = (rows["direction"] == Direction.EXIT) & ~double
        failed = exits & (rows["errno"] != 0)
        failed |= exits & (self.execs.codes(start, len(rows)) == Code.FAILED)
        loose = rows["tid"] == 0
        alone = exits & ~loose & (self._pairs.partners(start, len(rows)) < 0)
        calls = (enters & ~loose) | alone
        self.rows_without_pid += int(((enters | exits) & (rows["pid"] <= 0)).sum())
        when = np.where(rows["recv_ns"] > 0, rows["recv_ns"], rows["time_ns"]) // SECOND_NS
        recent = when >= int(when.max()) - _RATE_SECONDS if len(when) else loose
        for places, process in self.spans.runs(start, rows):
            process.count(
                calls=int(calls[places].sum()),
                loose_enters=int((enters & loose)[places].sum()),
                loose_exits=int((exits & loose)[places].sum()),
                errors=int(failed[places].sum()),
            )
            for tid in np.unique(rows["tid"][places]).tolist():
                if tid > 0 and tid not in process.threads:
                    process.thread(tid)
            if process.first_row < 0:
                process.first_row = start + int(places[0])
            process.last_row = max(process.last_row, start + int(places[-1]))
            name = int(rows["process"][places[-1]])
            if name not in (EMPTY_STRING, LOST_STRING) and self._trace.string(name) != process.name:
                process.name = self._trace.string(name)
                self.version += 1
            active = places[enters[places]]
            if process.has_ended and len(active) and start + int(active[-1]) > process.end_row >= 0:
                # Its first thread ended, but others go on.
                process.revive()
                self.version += 1
            seconds, counts = np.unique(when[places[recent[places]]], return_counts=True)
            for second, count in zip(seconds.tolist(), counts.tolist(), strict=True):
                process.count_second(second, count)
