"""Counts the calls of a trace, or those that pass a filter, with their errors and durations.

How calls are counted:

- A call counts once, whether its enter, its exit or both pass the filter. Its error and duration
come from its exit row. Without thread ids there are no pairs, and the
larger of the numbers of enters and exits counts.
- By path a call counts with each path that one of its rows names which pass the filter, and by error
where its exit passes: so many calls are found by the filter of a line. What the sandbox says where it
could not look a descriptor up is no path.
- A call that raw and decoded points both report counts once in every table, with what its raw rows
  tell. Only its path and its descriptor come from its decoded rows, and so do the sums by them.
- A call that a signal interrupted, to be begun anew, is no error; such calls are counted apart.
- Percentiles are wrong by at most 3 %, see `durations`. All other numbers are exact, but lower
bounds if the sandbox dropped points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.decode.outcome import NO_FAILURES, RESTARTS
from gvtui.query.calls.doubles import Doubles
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.calls.execs import LateOutcomes
from gvtui.query.calls.pairs import UNKNOWN_NS
from gvtui.query.column import RowColumn
from gvtui.query.follower import Follower
from gvtui.query.numbers.descriptors import DescriptorCounts
from gvtui.query.numbers.paths import NamedPaths
from gvtui.query.numbers.tally import Tally
from gvtui.query.source import CHUNK
from gvtui.trace.row import Direction, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.compile import Filter
    from gvtui.query.processes.processes import Processes
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.query.source import RowSource

ALL_KEY = 0
"""The key for all calls together."""
EVENT_KEY = 1 << 40
"""Added to a message type for the key of an event that is no system call."""
NOT_SENT_KEY = -1
"""The key of failed calls whose error the sandbox does not send."""

_MAX_SYSCALLS = 1024
_MAX_PROCESSES = 20_000
_MAX_PATHS = 50_000
_MAX_OPEN = 1 << 16
"""How many execs are kept while their outcome may still become known."""


class _OpenExec(NamedTuple):
    """An exit of an exec that was counted before its outcome was known."""

    syscall: int
    process: int
    path: int
    is_loose: bool
    is_matched: bool
    is_enter_matched: bool
    is_double: bool


class Counts(Follower):
    """The sums over all rows that `Pairs` and `Processes` have read, updated as they go on.

    Rows that a flight recorder removes stay counted.
    """

    def __init__(
        self,
        trace: RowSource,
        pairs: Pairs,
        processes: Processes,
        condition: Filter | None = None,
        resolved: Resolved | None = None,
    ) -> None:
        """Begin to count.

        Args:
            trace: the rows.
            pairs: says which rows are one call.
            processes: the processes of the rows.
            condition: only rows that pass it are counted; None for all.
            resolved: what calls did, to count by descriptor too; None to do without.
        """
        super().__init__(trace)
        self._pairs = pairs
        self._processes = processes
        self._condition = condition
        self.rows = 0
        """How many rows pass the filter, and so are counted."""
        self.dropped = 0
        """How many points sandboxes dropped in the whole trace."""
        self.missed_rows = 0
        """How many rows were removed from the trace before they could be counted."""
        self.totals = Tally(max_keys=1, with_bands=True)
        self.syscalls = Tally(max_keys=_MAX_SYSCALLS, with_bands=True)
        self.by_process = Tally(max_keys=_MAX_PROCESSES)
        """Sums by the process's number in the tree."""
        self.by_path = Tally(max_keys=_MAX_PATHS)
        """Sums by the string number of the path that rows name."""
        self._named = NamedPaths(trace)
        self.by_errno = Tally(max_keys=1 << 16)
        self.descriptors = DescriptorCounts(resolved) if resolved is not None else None
        """Sums by descriptor and by the other end of sockets; None if they are not counted."""
        self._matched = RowColumn(trace.side_folders)
        self._doubles = Doubles()
        self._late = LateOutcomes(pairs.execs)
        self._open: dict[int, _OpenExec] = {}

    @property
    def _end(self) -> int:
        known = min(self._pairs.position, self._processes.position)
        return known if self.descriptors is None else min(known, self.descriptors.position)

    def _begin(self) -> None:
        self.missed_rows += max(0, self._trace.first_row - self.position)
        self._matched.let_go(self._trace.first_row)
        self._pairs.execs.bring_up(self.position)
        self._take_late(self.position)

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        count = len(rows)
        self._pairs.execs.bring_up(self._pairs.position)
        self._take_late(start)
        kinds, direction, errno = (
            np.ascontiguousarray(rows[name]) for name in ("kind", "direction", "errno")
        )
        self.dropped += int(rows["result"][kinds == Kind.DROP].sum())
        matched = np.ones(count, np.bool_)
        if self._condition is not None:
            matched = self._condition.mask(self._trace, rows, start)
            offset = start % CHUNK
            self._matched.chunk(start // CHUNK)[offset : offset + count] = matched
        self.rows += int(matched.sum())

        is_enter, is_exit = direction == Direction.ENTER, direction == Direction.EXIT
        loose = (rows["tid"] == 0) & (is_enter | is_exit)
        partners = self._pairs.partners(start, count)
        enter_matched = is_exit & (partners >= 0) & self._were_matched(start, matched, partners)
        counted = (matched & is_enter & ~loose) | (matched & is_exit & ~loose & ~enter_matched)
        settled = is_exit & (matched | enter_matched)
        if matched.all():
            double = self._doubles.mask(rows)
        else:
            double = np.zeros(count, np.bool_)
            double[matched] = self._doubles.mask(rows[matched])
        codes = self._pairs.execs.codes(start, count)
        if self._condition is not None:
            # The raw exit of an exec may pass only since its outcome is known.
            for place in np.flatnonzero((codes != ExecCode.NONE) & matched).tolist():
                double[place] = self._is_twin_matched(start + place)

        durations = self._pairs.durations(start, rows)
        restarted = np.isin(errno, RESTARTS)
        failed = ~np.isin(errno, NO_FAILURES) | (codes == ExecCode.FAILED)
        ends = (failed, durations, restarted)
        syscall = rows["sysno"].astype(np.int64) & 0xFFFFFFFF
        is_event = matched & (kinds == Kind.MESSAGE) & ~is_enter & ~is_exit
        self.syscalls.count(rows["type"][is_event].astype(np.int64) + EVENT_KEY)

        once = ~double
        calls = (counted & once, loose & matched & once, is_enter, settled & once)
        self._add(self.syscalls, syscall, *calls, *ends)
        self._add(self.totals, np.zeros(count, np.int64), *calls, *ends)
        numbers = self._processes.tree.numbers(start, rows)
        self._add(self.by_process, numbers, *calls, *ends)
        errors = np.where(errno != 0, errno.astype(np.int64), NOT_SENT_KEY)
        ended = settled & once & failed & matched
        keys = errors[ended]
        self.by_errno.count(keys)
        self.by_errno.outcome(keys, failed[ended], durations[ended])

        own = self._named.only(rows["path"].astype(np.int64))
        enters = np.where(enter_matched, partners, -1)
        of_enter = self._pairs.gather("path", own, start, enters)
        is_before = (enters >= 0) & (enters < start)
        if is_before.any():
            of_enter[is_before] = self._named.only(of_enter[is_before])
        paths = np.where(of_enter != 0, of_enter, own)
        is_first = is_enter | loose | (of_enter != 0)
        is_other = is_exit & matched & ~loose & (own != 0) & (own != of_enter)
        has = is_first & (paths != 0)
        calls = (counted & ~is_exit & has, loose & matched & has, is_enter, settled & has)
        self._add(self.by_path, paths, *calls, *ends)
        if is_other.any():
            calls = (is_other, np.zeros(count, np.bool_), is_enter, is_other)
            self._add(self.by_path, own, *calls, *ends)
        if self.descriptors is not None:
            passing = (matched, enters, settled)
            self.descriptors.take_in(start, rows, *passing, *ends, totals=self.totals)
        for place in np.flatnonzero(codes == ExecCode.ASKED).tolist():
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
        """Add outcomes of execs that became known after counting, and count those that pass now."""
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
        keys: list[tuple[Tally, int]] = []
        if not exec_.is_double:
            keys += [(self.syscalls, exec_.syscall), (self.totals, ALL_KEY)]
            keys.append((self.by_process, exec_.process))
        if exec_.path:
            keys.append((self.by_path, exec_.path))
        return keys

    def _count_late(self, exec_: _OpenExec, by: int) -> None:
        """Count a row that passes only now (`by` 1), or take back one that no longer passes
        (-1)."""
        self.rows += by
        is_enter = np.zeros(1, np.bool_)
        for tally, key in self._late_keys(exec_):
            if exec_.is_loose:
                tally.count_loose(np.array([key]), is_enter, by)
            elif not exec_.is_enter_matched:
                tally.count(np.array([key]), by)

    def _end_late(self, row: int, exec_: _OpenExec) -> None:
        """Count the outcome of an exec."""
        failed = np.array([self._pairs.execs.code(row) is ExecCode.FAILED])
        durations = self._pairs.durations(row, self._trace.rows(row, row + 1))
        if not len(durations):
            durations = np.array([UNKNOWN_NS])
        for tally, key in self._late_keys(exec_):
            tally.outcome(np.array([key]), failed, durations)
        if failed[0] and exec_.is_matched and not exec_.is_double:
            self.by_errno.count(np.array([NOT_SENT_KEY]))
            self.by_errno.outcome(np.array([NOT_SENT_KEY]), failed, durations)

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
        restarted: npt.NDArray[np.bool_],
    ) -> None:
        tally.count(keys.take(np.flatnonzero(counted)))
        if loose.any():
            tally.count_loose(keys[loose], is_enter[loose])
        ended = np.flatnonzero(settled)
        tally.outcome(
            keys.take(ended), failed.take(ended), durations.take(ended), restarted.take(ended)
        )

    def _were_matched(
        self, start: int, matched: npt.NDArray[np.bool_], partners: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """For each row, whether its partner passed the filter, if the partner has been read."""
        if self._condition is None:
            return partners >= 0
        result = np.zeros(len(partners), np.bool_)
        inside = (partners >= start) & (partners < start + len(partners))
        result[inside] = matched[partners[inside] - start]
        for place in np.flatnonzero((partners >= 0) & (partners < start)).tolist():
            result[place] = self._matched.get(int(partners[place])) != 0
        return result
