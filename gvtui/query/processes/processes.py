"""Reads a trace and fills the process tree, from events, procfs dumps, and context fields.

Only messages about processes are decoded, and one row of each slice for each process id, to see
whether the id has been reused. All other rows are counted by their columns.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.outcome import NO_FAILURES, ExecOutcome
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.doubles import Doubles
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.calls.execs import LateOutcomes
from gvtui.query.follower import Follower
from gvtui.query.processes.asked import AskedPoints
from gvtui.query.processes.carried import take_carried
from gvtui.query.processes.events import (
    AUDIT_VARIABLE,
    EVENT_TYPES,
    ProcessEvents,
)
from gvtui.query.processes.process import SECOND_NS, Evidence
from gvtui.query.processes.procfs import take_mark
from gvtui.query.processes.talking import Talking
from gvtui.query.processes.tree import MAX_PROCESSES, ProcessTree
from gvtui.query.source import group
from gvtui.trace.carried import CarriedMark
from gvtui.trace.containers import container_of
from gvtui.trace.marks import SessionMark, read_mark
from gvtui.trace.procfs import ProcessesMark
from gvtui.trace.row import LOST_STRING, Direction, Flag, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import RAW_SYSCALL, Unknown
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.processes.process import Process
    from gvtui.query.source import RowSource
    from gvtui.trace.lives import Change
    from gvtui.wire.pb.common_pb2 import ContextData

_RATE_SECONDS = 12


class Processes(Follower):
    """Keeps a process tree up to date for all rows that `Pairs` have read."""

    def __init__(
        self,
        trace: RowSource,
        pairs: Pairs,
        *,
        max_processes: int = MAX_PROCESSES,
        audit_variable: str = AUDIT_VARIABLE,
    ) -> None:
        super().__init__(trace)
        self._pairs = pairs
        self.tree = ProcessTree(max_processes, trace.connections.lives.number, self._would_tell)
        self._lives_known = 0
        self._lives_changed: deque[Change] = deque()
        self.rows_without_pid = 0
        """How many system calls belong to no known process, because `group_id` is not collected."""
        self.has_missed = False
        """Whether rows were let go before they were read, so that counts are lower bounds."""
        self._is_begun = False
        self._doubles = Doubles()
        self._talking = Talking(trace, self.tree)
        self.asked = AskedPoints(trace)
        """Which points are asked whether a process is of an exec session."""
        self.execs = pairs.execs
        """The outcomes of execs."""
        self._late = LateOutcomes(self.execs)
        numbers = sysnos_by_name(trace.architecture)
        self._events = ProcessEvents(
            self.tree,
            self.execs,
            partial(container_of, trace),
            trace.connections.name,
            numbers.get("clone", -1),
            audit_variable,
        )
        self._fork_sysnos = [
            numbers[n] for n in ("clone", "clone3", "fork", "vfork") if n in numbers
        ]

    @property
    def _end(self) -> int:
        return self._pairs.position

    @property
    def sessions_told(self) -> int:
        """Grows when messages tell of exec sessions what concerns rows before them too."""
        return self.asked.version + self.tree.told_late

    def _context(self, row: int) -> ContextData | None:
        try:
            message = self._trace.decoded(row).message
        except (WireError, IndexError):
            return None
        return None if isinstance(message, Unknown) else message.context_data  # type: ignore[attr-defined]

    def _begin(self) -> None:
        first = self._trace.first_row
        if first > self.position or not self._is_begun:
            self._go_on_at(first)
        self._is_begun = True
        self.execs.bring_up(self.position)
        self._take_late(self.position)

    def _go_on_at(self, first: int) -> None:
        """Go on at the oldest row: what older ones told, the flight recorder tells."""
        self.has_missed = self.has_missed or self._is_begun
        self.tree.ended_before = 0
        for conn, mark in self._trace.carried():
            take_carried(self.tree, first, conn, mark, self._trace.connections.name)

    def _take_late(self, before: int) -> None:
        """Take up outcomes of execs that became known after their rows were read."""
        for number in self._late.before(before):
            try:
                row = self._trace.row(number)
            except IndexError:
                continue
            process = self.tree.spans.at(row.conn, row.pid, number)
            outcome = self.execs.outcome(number)
            if process is None or outcome is None:
                continue
            if outcome is ExecOutcome.FAILED and self.execs.twin(number) is None:
                process.count(calls=0, loose_enters=0, loose_exits=0, errors=1)
            entry = next((e for e in reversed(process.execs) if e.exit_row == number), None)
            if entry is not None:
                self._events.decided(process, entry, number, outcome)
                self.tree.version += 1

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
        self._talking.take_in(start, rows)
        self._count(start, rows)
        self._end_lives(start + len(rows))

    def _end_lives(self, before: int) -> None:
        """End the processes of sandboxes of which rows before this one tell that they ended."""
        lives = self._trace.connections.lives
        self._lives_changed.extend(lives.changes(self._lives_known))
        self._lives_known = lives.changed
        while self._lives_changed and self._lives_changed[0].row < before:
            change = self._lives_changed.popleft()
            if change.has_ended:
                self.tree.ends(change.life, change.when_ns, change.traces_exits)
            else:
                self.tree.is_lost(change.life)

    def _take_mark(self, start: int, rows: npt.NDArray[np.void], place: int) -> None:
        try:
            mark = read_mark(self._trace.details(start + place))
        except IndexError:
            return
        if isinstance(mark, ProcessesMark):
            # First the processes that had the ids before.
            self._meet(start, rows[:place])
            conn, name_of = int(rows["conn"][place]), self._trace.connections.name
            take_mark(self.tree, start + place, conn, mark, name_of)
        elif isinstance(mark, SessionMark):
            self.asked.note(start + place, mark)
        elif isinstance(mark, CarriedMark):
            conn, name_of = int(rows["conn"][place]), self._trace.connections.name
            take_carried(self.tree, start + place, conn, mark, name_of)

    def _meet(self, start: int, rows: npt.NDArray[np.void]) -> None:
        """Find processes without a start event, and ids that were reused without one."""
        places = np.flatnonzero(rows["pid"] > 0)
        order, bounds = group(rows["conn"][places], rows["pid"][places])
        places = places[order]
        for begin, end in pairwise(bounds.tolist()):
            first, last = rows[places[begin]], start + int(places[end - 1])
            conn, pid = int(first["conn"]), int(first["pid"])
            if (conn, pid) not in self.tree.spans:
                self._meet_row(start + int(places[begin]))
            process, context = self.tree.spans.at(conn, pid, last), self._context(last)
            start_ns = context.thread_group_start_time_ns if context is not None else 0
            if process is None or context is None:
                continue
            if context.container_id and not process.is_container_told:
                self.tree.move(process, container_of(self._trace, last))
            if not process.is_exec_session:
                self._look_for_session(process, start, places[begin:end], start_ns)
            if not start_ns:
                continue
            if process.start_ns in (0, start_ns):
                process.start_ns = process.told_ns = start_ns
            else:
                change = self._change(start, places, begin, end, start_ns)
                self._meet_row(start + int(places[change]))

    def _look_for_session(
        self, process: Process, start: int, places: npt.NDArray[np.intp], start_ns: int
    ) -> None:
        """See whether messages of a process tell that it is of an exec session: its first one, and
        the last that can."""
        rows = self._trace.rows(start + int(places[0]), start + int(places[-1]) + 1)
        types = rows["type"][places - places[0]]
        can = places[types != MessageType.SENTRY_EXIT_NOTIFY_PARENT]
        for place in dict.fromkeys(can[[0, -1]].tolist() if len(can) else ()):
            context = self._context(start + place)
            if context is None or not context.is_exec_session:
                continue
            if context.thread_group_start_time_ns in (0, start_ns):
                self.tree.came_from_outside(process, start + place)

    def _meet_row(self, row: int) -> None:
        context = self._context(row)
        if context is not None:
            held = self._trace.row(row)
            self.tree.ensure(
                held.conn, row, context, container_of(self._trace, row), Evidence.CONTEXT
            )

    def _would_tell(self, conn: int, start_ns: int) -> bool:
        """Whether nothing hid the start of a process: it came after the connection, which has
        dropped no point. Where its time is not known, the whole container did."""
        connection = self._trace.connections.get(conn)
        if connection is None or connection.dropped:
            return False
        if not start_ns:
            return bool(connection.container_args)
        return bool(0 < connection.opened_ns < start_ns)

    def _change(
        self, start: int, places: npt.NDArray[np.intp], begin: int, end: int, start_ns: int
    ) -> int:
        """The first of a process id's rows with the same start time as the last one."""
        low, high = begin, end - 1
        while low < high:
            middle = (low + high) // 2
            context = self._context(start + int(places[middle]))
            if context is not None and context.thread_group_start_time_ns == start_ns:
                high = middle
            else:
                low = middle + 1
        return low

    def _name(self, rows: npt.NDArray[np.void], start: int, place: int) -> str:
        number = int(rows["process"][place])
        if number != LOST_STRING:
            return self._trace.string(number)
        context = self._context(start + place)
        return context.process_name if context is not None else ""

    def _count(self, start: int, rows: npt.NDArray[np.void]) -> None:
        double = self._doubles.mask(rows)
        enters = (rows["direction"] == Direction.ENTER) & ~double
        exits = (rows["direction"] == Direction.EXIT) & ~double
        failed = exits & ~np.isin(rows["errno"], NO_FAILURES)
        codes = self.execs.codes(start, len(rows))
        failed |= exits & (codes == ExecCode.FAILED)
        # What tells of an exec has still the name from before it.
        of_exec = (codes != ExecCode.NONE) | (rows["type"] == MessageType.SENTRY_EXEC)
        loose = rows["tid"] == 0
        alone = exits & ~loose & (self._pairs.partners(start, len(rows)) < 0)
        calls = (enters & ~loose) | alone
        self.rows_without_pid += int(((enters | exits) & (rows["pid"] <= 0)).sum())
        when = np.where(rows["recv_ns"] > 0, rows["recv_ns"], rows["time_ns"]) // SECOND_NS
        recent = when >= int(when.max()) - _RATE_SECONDS if len(when) else loose
        for places, process in self.tree.spans.runs(start, rows):
            process.count(
                calls=int(calls[places].sum()),
                loose_enters=int((enters & loose)[places].sum()),
                loose_exits=int((exits & loose)[places].sum()),
                errors=int(failed[places].sum()),
            )
            for tid in np.unique(rows["tid"][places]).tolist():
                if tid > 0 and tid not in process.threads:
                    process.thread(tid)
            if process.is_exec_session:
                self.asked.look(start, rows, places, int(rows["conn"][places[0]]))
            if process.first_row < 0:
                process.first_row = start + int(places[0])
            process.last_row = max(process.last_row, start + int(places[-1]))
            own = places[~of_exec[places]]
            tells = len(own) > 0 and start + int(own[-1]) > process.named_row
            name = self._name(rows, start, int(own[-1])) if tells else ""
            if name not in ("", process.name):
                process.name = name
                self.tree.version += 1
            active = places[enters[places]]
            if process.is_out_of_sight:
                process.is_out_of_sight = False
                self.tree.version += 1
            if process.has_ended and len(active) and start + int(active[-1]) > process.end_row >= 0:
                # The first thread has ended, but other threads go on.
                process.revive()
                self.tree.version += 1
            seconds, counts = np.unique(when[places[recent[places]]], return_counts=True)
            for second, count in zip(seconds.tolist(), counts.tolist(), strict=True):
                process.count_second(second, count)
