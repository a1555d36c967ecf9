"""Gives filters the data that comes from pairs and processes."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gvtui.query.facts import ProcessFacts
from gvtui.query.fdfacts import FD_FIELDS, FdFacts
from gvtui.query.filter.batch import RunningMark
from gvtui.query.resolved.lookup import Resolved
from gvtui.query.running import AGE, RUNNING, RunningCalls
from gvtui.query.source import CHUNK
from gvtui.trace.row import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.batch import AgeTest
    from gvtui.query.processes.processes import Processes

_UNKNOWN = -1
_NEWEST = 64
"""Among how many rows the newest one is: those of several sandboxes may come out of order."""


class FoundBefore(Protocol):
    """What was found out before."""

    def offer(self, name: str, roots: Mapping[str, Any]) -> None:
        """Give the parts of a section, still empty: they are filled if it is kept."""


class QueryContext:
    """Gives filters durations, parent processes and command lines.

    It knows only rows that `Pairs` and `Processes` have read: call `advance` before a filter is
    applied to new rows.
    """

    def __init__(self, pairs: Pairs, processes: Processes) -> None:
        self.pairs = pairs
        self.processes = processes
        self.facts = ProcessFacts(processes)
        """What the processes tell of each row."""
        self.running = RunningCalls(pairs)
        """The calls that have not returned."""
        self.clock: Callable[[], int] | None = None
        """Gives the present moment, Unix nanoseconds; None in a recording, whose end is meant."""
        self.kept: FoundBefore | None = None
        """Has what was found out before; None where nothing is kept."""
        self.is_resolving = False
        """Whether anybody has asked for `resolved`."""
        self._filters_resolve = False
        """Whether filters are among those who have."""

    @cached_property
    def resolved(self) -> Resolved:
        """What happened in the rows; who asks for it has it read along from then on."""
        self.is_resolving = True
        found = Resolved(self.pairs.trace, self.pairs, self.processes)
        if self.kept is not None:
            self.kept.offer("resolved", {"resolver": found.resolver})
        return found

    @property
    def position(self) -> int:
        """All rows before this one are known, as far as filters have asked."""
        known = min(self.pairs.position, self.processes.position)
        return min(known, self.resolved.position) if self._filters_resolve else known

    def advance(self, budget: int = 4 * CHUNK) -> int:
        """Read up to `budget` more rows; returns how many, 0 if all have been read."""
        self.pairs.advance(budget)
        done = self.processes.advance(budget)
        return self.resolved.advance(budget) if self.is_resolving else done

    def expect(self, what: str) -> None:
        """Have calls resolved along with the reading, if a filter asks for a descriptor's field."""
        if what in FD_FIELDS:
            self._filters_resolve = self.resolved is not None

    def now_ns(self) -> int:
        """The present moment, Unix nanoseconds; in a recording that of its newest row."""
        if self.clock is not None:
            return self.clock()
        trace = self.pairs.trace
        rows = trace.rows(max(trace.first_row, trace.end_row - _NEWEST), trace.end_row)
        if not len(rows):
            return time.time_ns()
        return int(rows["recv_ns"].max()) or int(rows["time_ns"].max())

    def exec_codes(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The `Code` of each row, which says what is known of execs whose exits have no error.

        It works for all rows of the trace, read or not. A code may change once.
        """
        return self.pairs.execs.codes(start, len(rows))

    def exec_changes(self) -> int:
        """How many codes of execs have changed so far."""
        return self.pairs.execs.outcomes.changes()

    def execs_changed_since(self, mark: int) -> list[int] | None:
        """The rows whose code has changed since `exec_changes` gave `mark`; None if too many."""
        self.pairs.execs.advance()
        return self.pairs.execs.outcomes.changed_since(mark)

    def running_mark(self) -> RunningMark:
        """Which calls run now, for `running_changed_since`."""
        return RunningMark(self.running.changes, self.now_ns())

    def running_changed_since(
        self, mark: RunningMark, tests: Sequence[AgeTest]
    ) -> list[int] | None:
        """See `FilterContext.running_changed_since`."""
        self.running.refresh(with_ended=self.clock is None)
        changed = self.running.changed_since(mark.changes)
        aged = self.running.aged(mark.now_ns, self.now_ns(), tests) if tests else []
        return None if changed is None else changed + aged

    def latency_ns(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """How long each row's call took in nanoseconds; -1 if it is not known.

        Only exits have a latency. An enter's would depend on whether its exit has arrived yet, and
        a filter must find the same rows live and later.
        """
        durations = self.pairs.durations(start, rows)
        return np.where(rows["direction"] == Direction.EXIT, durations, _UNKNOWN)

    def parent_pid(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """The thread group id of the parent of each row's process; -1 if it is not known."""
        result = np.full(len(rows), _UNKNOWN, np.int64)
        for places, process in self.processes.tree.spans.runs(start, rows):
            parent = process.parent.pid if process.parent is not None else process.parent_pid
            result[places] = parent or _UNKNOWN
        return result

    def texts(
        self, what: str, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.intp], Sequence[tuple[str, ...]]]:
        """The distinct texts of a field, and for each row the index of its own among them.

        A row has what its process had at that row; the index is -1 if it is not known.
        """
        if what in FD_FIELDS:
            return FdFacts(self.resolved).texts(what, start, rows)
        return self.facts.texts(what, start, rows)

    def numbers(self, what: str, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """A number for each row, by the name of the field; `UNKNOWN` if it is not known."""
        if what in FD_FIELDS:
            return FdFacts(self.resolved).numbers(what, start, rows)
        if what in (RUNNING, AGE):
            self.running.refresh(with_ended=self.clock is None)
            return self.running.numbers(what, start, rows, self.now_ns())
        return self.facts.numbers(what, start, rows)
