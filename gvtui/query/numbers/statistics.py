"""Numbers over the calls of a trace, or of those that a filter lets through.

How calls are counted:

- A call counts once, whether its enter, its exit or both pass the filter. Its error and duration
  come from its exit row, its path from its enter row. Without thread ids there are no pairs, and of
  a system call's enters and exits the more count.
- A call that raw and decoded points both report counts once in the totals, by process, by error and
  in the histogram. By system call the raw points are left out where all their calls have decoded
  points too; else they stand apart as `read (raw)`.
- Percentiles are wrong by at most 3 %, see `durations`. All else is exact, but where the sandbox
  dropped points it is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.decode.errno_names import errno_name
from gvtui.decode.outcome import NOT_SENT
from gvtui.points.names import event_type, point_name
from gvtui.query.calls.doubles import Doubles
from gvtui.query.calls.exec_rules import Code
from gvtui.query.calls.execs import LateOutcomes
from gvtui.query.calls.pairs import UNKNOWN_NS
from gvtui.query.column import RowColumn
from gvtui.query.filter.write import literal
from gvtui.query.follower import Follower
from gvtui.query.numbers.durations import Band, histogram, percentiles
from gvtui.query.numbers.tally import OTHER, Sums, Tally, added
from gvtui.query.processes.rows import processes_filter
from gvtui.query.source import CHUNK
from gvtui.trace.row import ERRNO_OTHER, LOST_STRING, Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.compile import Filter
    from gvtui.query.processes.processes import Processes
    from gvtui.query.source import RowSource

_MAX_SYSCALLS = 1024
_MAX_PROCESSES = 20_000
_MAX_PATHS = 50_000
_EVENT = 1 << 40
"""Added to the message type for the key of an event that is no system call."""
_RAW = 1 << 33
_ALL = 0
_FRACTIONS = (0.5, 0.95, 0.99)
_OTHERS = "(others)"
_NOT_SENT = -1
"""Key of calls that failed with an error that the sandbox does not send."""
_MAX_OPEN = 1 << 16
"""Execs kept whose outcome may yet become known."""


class _OpenExec(NamedTuple):
    """An exit that was counted when its outcome was not known."""

    syscall: int
    process: int
    path: int
    is_loose: bool
    is_matched: bool
    is_enter_matched: bool
    is_double: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of statistics."""

    label: str
    filter_text: str
    """The filter for the rows behind it; "" where there is none."""
    calls: int
    errors: int
    timed: int
    """Calls with a known duration; the times are theirs alone."""
    total_ns: int
    max_ns: int
    share: float
    """Of the total duration, or of the calls where no durations are known; 0 to 1."""
    p50_ns: int | None = None
    """None where percentiles are not kept, or no duration is known."""
    p95_ns: int | None = None
    p99_ns: int | None = None
    is_call: bool = True
    """False for an event that is no system call."""
    number: int = 0
    """Of a process, its number in the tree."""

    @property
    def mean_ns(self) -> int | None:
        """Mean duration; None if none is known."""
        return self.total_ns // self.timed if self.timed else None


class Statistics(Follower):
    """Sums over the rows that `Pairs` and `Processes` have looked at; follows as these go on.

    Rows that a flight recorder lets go stay counted.
    """

    def __init__(
        self,
        trace: RowSource,
        pairs: Pairs,
        processes: Processes,
        condition: Filter | None = None,
    ) -> None:
        super().__init__(trace)
        self._pairs = pairs
        self._processes = processes
        self._condition = condition
        self.rows = 0
        """Rows counted: those that pass the filter."""
        self.dropped = 0
        """Points that sandboxes dropped, in the whole trace."""
        self.missed_rows = 0
        """Rows that were let go before they could be looked at."""
        self._matched = RowColumn()
        self._doubles = Doubles()
        self._totals = Tally(max_keys=1, with_bands=True)
        self._syscalls = Tally(max_keys=_MAX_SYSCALLS, with_bands=True)
        self._doubled = Tally(max_keys=_MAX_SYSCALLS)
        self._by_process = Tally(max_keys=_MAX_PROCESSES)
        self._by_path = Tally(max_keys=_MAX_PATHS)
        self._by_errno = Tally(max_keys=1 << 16)
        self._late = LateOutcomes(pairs.execs)
        self._open: dict[int, _OpenExec] = {}

    @property
    def is_lower_bound(self) -> bool:
        """Whether points are missing from the numbers."""
        return self.dropped > 0 or self.missed_rows > 0

    @property
    def missing_fields(self) -> list[str]:
        """Session fields whose absence leaves calls without pairs or durations."""
        return sorted(self._pairs.missing_fields)

    def shortfall(self) -> str:
        """What calls lack for want of such fields, and which, in words; "" for nothing."""
        missing, total = self.missing_fields, self.total()
        if not missing or not total.calls:
            return ""
        some = "Some calls have no" if total.timed else "No"
        what = "pairs and durations" if "thread_id" in missing else "durations"
        return f"{some} {what}: the session does not collect {' and '.join(missing)}."

    @property
    def progress(self) -> float:
        """How much of the trace has been looked at, from 0 to 1."""
        total = self._trace.end_row - self._trace.first_row
        seen = self.position - self._trace.first_row
        return min(1.0, max(0.0, seen / total)) if total > 0 else 1.0

    @property
    def _end(self) -> int:
        return min(self._pairs.position, self._processes.position)

    def _begin(self) -> None:
        self.missed_rows += max(0, self._trace.first_row - self.position)
        self._matched.let_go(self._trace.first_row)
        self._pairs.execs.bring_up(self.position)
        self._take_late(self.position)

    def total(self) -> Line:
        """All calls together."""
        sums = self._totals.sums(_ALL)
        return self._line("total", "", sums, self._totals, _ALL)

    def by_syscall(self, *, events: bool = False) -> list[Line]:
        """Lines by system call, those that took longest first.

        Args:
            events: have lines for events that are no system calls too.
        """
        decoded = {key for key, _ in self._syscalls if key < _RAW and key != OTHER}
        lines = []
        for key, sums in self._syscalls:
            is_event = key >= _EVENT
            if is_event and not events:
                continue
            is_raw = _RAW <= key < _EVENT
            if is_raw and sums.calls <= self._doubled.sums(key).calls:
                continue
            name = self._syscall_name(key)
            label, text = name, f"evt.type = {literal(name)}"
            if key == OTHER:
                label, text = _OTHERS, ""
            elif is_raw and any(self._syscall_name(other) == name for other in decoded):
                label = f"{name} (raw)"
                text = f"point.name startswith syscall/sysno/{(key - _RAW) & 0xFFFFFFFF}/"
            lines.append(self._line(label, text, sums, self._syscalls, key, is_call=not is_event))
        return _sorted(lines)

    def by_process(self) -> list[Line]:
        """Lines by process, those that spent most time in calls first."""
        lines, forgotten = [], []
        for number, sums in self._by_process:
            if self.knows_process(number):
                lines.append(self.process_line(number))
            else:
                forgotten.append(sums)
        if forgotten:
            lines.append(self._line(_OTHERS, "", added(forgotten), self._by_process, OTHER))
        return _sorted(lines)

    def knows_process(self, number: int) -> bool:
        """Whether a process is still in the tree; 0, for those never known, always is."""
        return number == 0 or self._processes.tree.get(number) is not None

    def process_line(self, number: int, *, filtered: bool = True) -> Line:
        """The line of one process.

        Args:
            number: its number in the tree; 0 for calls of processes not known.
            filtered: give the line its filter, which takes long where processes are many.
        """
        process = self._processes.tree.get(number)
        if number == 0:
            label, text = "(process not known)", "not proc.pid exists"
        elif process is None:
            label, text = _OTHERS, ""
        else:
            label = f"{process.pid} {process.name}".rstrip()
            text = processes_filter(self._processes.tree, [process]) if filtered else ""
        sums = self._by_process.sums(number)
        return self._line(label, text, sums, self._by_process, number, number=number)

    def by_path(self) -> list[Line]:
        """Lines by path, those that calls spent most time on first."""
        return _sorted([self.path_line(string) for string, _ in self._by_path])

    def path_line(self, string: int) -> Line:
        """The line of one path, by its string's number."""
        if string in (OTHER, LOST_STRING):
            label, text = _OTHERS, ""
        else:
            label = self._trace.string(string)
            text = f"fd.name = {literal(label)}"
        return self._line(label, text, self._by_path.sums(string), self._by_path, string)

    def process_columns(self) -> dict[str, npt.NDArray[np.int64]]:
        """The numbers of all processes, as `Tally.columns` gives them."""
        return self._by_process.columns()

    def path_columns(self) -> dict[str, npt.NDArray[np.int64]]:
        """The numbers of all paths, as `Tally.columns` gives them."""
        return self._by_path.columns()

    def by_errno(self) -> list[Line]:
        """Lines by error of the calls that failed, the most frequent first."""
        lines = []
        for errno, sums in self._by_errno:
            if errno == _NOT_SENT:
                text = "evt.failed = true and not evt.errno exists"
                lines.append(self._line(NOT_SENT, text, sums, self._by_errno, errno))
                continue
            name = errno_name(errno)
            label = _OTHERS if errno == ERRNO_OTHER else name
            text = f"evt.errno = {name if name.startswith('E') else errno}"
            lines.append(self._line(label, text, sums, self._by_errno, errno))
        return sorted(lines, key=lambda line: (-line.calls, line.label))

    def histogram(self, syscall: str | None = None) -> list[Band]:
        """How long calls took: all of them, or those of one line of `by_syscall`."""
        if syscall is None:
            return histogram(self._totals.coarse(_ALL))
        bare = syscall.removesuffix(" (raw)")
        keys = [key for key, _ in self._syscalls if self._syscall_name(key) == bare]
        wants_raw = syscall != bare or not any(key < _RAW for key in keys)
        chosen = [key for key in keys if (key >= _RAW) == wants_raw]
        return histogram(self._syscalls.coarse(chosen[0])) if chosen else []

    def _syscall_name(self, key: int) -> str:
        if key == OTHER:
            return ""
        architecture = self._trace.architecture
        if key >= _EVENT:
            return event_type(point_name(key - _EVENT, 0, None, architecture), architecture)
        sysno = key & 0xFFFFFFFF
        return event_type(point_name(RAW_SYSCALL, sysno, "E", architecture), architecture)

    def _line(
        self,
        label: str,
        filter_text: str,
        sums: Sums,
        tally: Tally,
        key: int,
        *,
        is_call: bool = True,
        number: int = 0,
    ) -> Line:
        totals = self._totals.sums(_ALL)
        share = 0.0
        if totals.total_ns:
            share = sums.total_ns / totals.total_ns
        elif totals.calls:
            share = sums.calls / totals.calls
        limits: list[int | None] = [None] * len(_FRACTIONS)
        if tally.has_bands:
            limits = percentiles(tally.fine(key), _FRACTIONS)
        p50, p95, p99 = (None if value is None else min(value, sums.max_ns) for value in limits)
        return Line(
            label,
            filter_text,
            sums.calls,
            sums.errors,
            sums.timed,
            sums.total_ns,
            sums.max_ns,
            share,
            p50,
            p95,
            p99,
            is_call,
            number,
        )

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        count = len(rows)
        self._pairs.execs.bring_up(self._pairs.position)
        self._take_late(start)
        self.dropped += int(rows["result"][rows["kind"] == Kind.DROP].sum())
        matched = np.ones(count, np.bool_)
        if self._condition is not None:
            matched = self._condition.mask(self._trace, rows, start)
            offset = start % CHUNK
            self._matched.chunk(start // CHUNK)[offset : offset + count] = matched
        self.rows += int(matched.sum())

        direction = rows["direction"]
        is_enter, is_exit = direction == Direction.ENTER, direction == Direction.EXIT
        loose = (rows["tid"] == 0) & (is_enter | is_exit)
        partners = self._pairs.partners(start, count)
        enter_matched = is_exit & (partners >= 0) & self._were_matched(start, matched, partners)
        counted = (matched & is_enter & ~loose) | (matched & is_exit & ~loose & ~enter_matched)
        settled = is_exit & (matched | enter_matched)
        double = np.zeros(count, np.bool_)
        double[matched] = self._doubles.mask(rows[matched])
        codes = self._pairs.execs.codes(start, count)
        if self._condition is not None:
            # The raw exit of an exec may pass only since it is known what became of it.
            for place in np.flatnonzero((codes != Code.NONE) & matched).tolist():
                double[place] = self._is_twin_matched(start + place)

        durations = self._pairs.durations(start, rows)
        failed = (rows["errno"] != 0) | (codes == Code.FAILED)
        types, sysnos = rows["type"].astype(np.int64), rows["sysno"].astype(np.int64)
        syscall = np.where(types == RAW_SYSCALL, _RAW, 0) + (sysnos & 0xFFFFFFFF)
        is_event = matched & (rows["kind"] == Kind.MESSAGE) & ~is_enter & ~is_exit
        self._syscalls.count(types[is_event] + _EVENT)
        self._add(
            self._syscalls, syscall, counted, loose & matched, is_enter, settled, failed, durations
        )
        twice = double & (is_enter | is_exit)
        self._doubled.count_loose(syscall[twice] + _RAW, is_enter[twice])

        once = ~double
        calls = (counted & once, loose & matched & once, is_enter, settled & once)
        self._add(self._totals, np.zeros(count, np.int64), *calls, failed, durations)
        numbers = self._processes.tree.numbers(start, rows)
        self._add(self._by_process, numbers, *calls, failed, durations)
        errors = np.where(rows["errno"] != 0, rows["errno"].astype(np.int64), _NOT_SENT)
        ended = settled & once & failed
        self._by_errno.count(errors[ended])
        self._by_errno.outcome(errors[ended], failed[ended], durations[ended])

        own = rows["path"].astype(np.int64)
        of_enter = self._pairs.gather("path", rows["path"], start, np.where(is_exit, partners, -1))
        paths = np.where(of_enter != 0, of_enter, own)
        has = paths != 0
        calls = (counted & has, loose & matched & has, is_enter, settled & has)
        self._add(self._by_path, paths, *calls, failed, durations)
        for place in np.flatnonzero(codes == Code.ASKED).tolist():
            if len(self._open) >= _MAX_OPEN:
                del self._open[next(iter(self._open))]
            self._open[start + place] = _OpenExec(
                int(syscall[place]),
                int(numbers[place]),
                int(paths[place]),
                bool(loose[place]),
                bool(matched[place]),
                bool(enter_matched[place]),
                bool(double[place]),
            )

    def _take_late(self, before: int) -> None:
        """Add what has become of execs since they were counted, and count them if they pass now."""
        for row in self._late.before(before):
            was = self._open.pop(row, None)
            if was is None:
                continue
            now = was
            if self._condition is not None and row >= self._trace.first_row:
                now = was._replace(is_matched=self._condition.matches(self._trace, row))
                if now.is_matched:
                    now = now._replace(is_double=self._is_twin_matched(row))
                self._matched.put(row, now.is_matched)
            if now.is_matched != was.is_matched:
                self._count_late(now, 1 if now.is_matched else -1)
            if now.is_matched or now.is_enter_matched:
                self._end_late(row, now)

    def _is_twin_matched(self, row: int) -> bool:
        """Whether an exec's exit repeats a raw one that passed the filter."""
        twin = self._pairs.execs.twin(row)
        return twin is not None and self._matched.get(twin) != 0

    def _late_keys(self, exec_: _OpenExec) -> list[tuple[Tally, int]]:
        keys = [(self._syscalls, exec_.syscall)]
        if not exec_.is_double:
            keys += [(self._totals, _ALL), (self._by_process, exec_.process)]
        if exec_.path:
            keys.append((self._by_path, exec_.path))
        return keys

    def _count_late(self, exec_: _OpenExec, by: int) -> None:
        """Count a row that passes now and did not before, or take it back."""
        self.rows += by
        is_enter = np.zeros(1, np.bool_)
        if exec_.is_double:
            self._doubled.count_loose(np.array([exec_.syscall + _RAW]), is_enter, by)
        for tally, key in self._late_keys(exec_):
            if exec_.is_loose:
                tally.count_loose(np.array([key]), is_enter, by)
            elif not exec_.is_enter_matched:
                tally.count(np.array([key]), by)

    def _end_late(self, row: int, exec_: _OpenExec) -> None:
        """Count how an exec ended."""
        failed = np.array([self._pairs.execs.code(row) is Code.FAILED])
        durations = self._pairs.durations(row, self._trace.rows(row, row + 1))
        if not len(durations):
            durations = np.array([UNKNOWN_NS])
        for tally, key in self._late_keys(exec_):
            tally.outcome(np.array([key]), failed, durations)
        if failed[0] and not exec_.is_double:
            self._by_errno.count(np.array([_NOT_SENT]))
            self._by_errno.outcome(np.array([_NOT_SENT]), failed, durations)

    @staticmethod
    def _add(
        tally: Tally,
        keys: npt.NDArray[np.int64],
        counted: npt.NDArray[np.bool_],
        loose: npt.NDArray[np.bool_],
        is_enter: npt.NDArray[np.bool_],
        settled: npt.NDArray[np.bool_],
        failed: npt.NDArray[np.bool_],
        durations: npt.NDArray[np.int64],
    ) -> None:
        tally.count(keys[counted])
        tally.count_loose(keys[loose], is_enter[loose])
        tally.outcome(keys[settled], failed[settled], durations[settled])

    def _were_matched(
        self, start: int, matched: npt.NDArray[np.bool_], partners: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Whether each row's partner passed the filter, as far as it has been looked at."""
        if self._condition is None:
            return partners >= 0
        result = np.zeros(len(partners), np.bool_)
        inside = (partners >= start) & (partners < start + len(partners))
        result[inside] = matched[partners[inside] - start]
        for place in np.flatnonzero((partners >= 0) & (partners < start)).tolist():
            result[place] = self._matched.get(int(partners[place])) != 0
        return result


def _sorted(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.total_ns, -line.calls, line.label))
