"""What is worked out from a trace bit by bit, in the moments that the screen can spare."""

from __future__ import annotations

from time import thread_time
from typing import TYPE_CHECKING

from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.numbers.statistics import Statistics
from gvtui.query.numbers.timeline import Timeline
from gvtui.query.processes.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.filter.compile import Filter
    from gvtui.trace.reader import Trace

ANALYSIS_SECONDS = 0.008
"""Time for all of it in one go; more would make keys wait."""

_LEAST, _MOST = 64, 1 << 16
_TURN_SECONDS = 0.007
"""How long one slice of work should take."""


class Paced:
    """Has a worker look at as many rows as fit the time given.

    How many that are is learned: some rows take a thousand times as long as others, and each
    slice takes some time whatever its size, so that small ones are dear.
    """

    def __init__(
        self, advance: Callable[[int], int], clock: Callable[[], float] = thread_time
    ) -> None:
        """Pace a worker.

        Args:
            advance: looks at up to so many more rows and returns how many it did.
            clock: seconds that go by; the time that others had of the processor does not count.
        """
        self._advance = advance
        self._clock = clock
        self._slice = _LEAST
        self._takes = 0.0
        """Seconds that a slice takes."""
        self.is_done = False
        """Whether nothing was left when it worked last."""

    def run(self, deadline: float) -> int:
        """Work until about `deadline`, or until nothing is left; returns how many rows."""
        total = 0
        self.is_done = False
        while (left := deadline - (began := self._clock())) > 0:
            wanted = self._slice
            if self._takes > left:
                if total:
                    break
                wanted = max(_LEAST, int(wanted * left / self._takes))
            done = self._advance(wanted)
            total += done
            took = self._clock() - began
            if done == self._slice or took > _TURN_SECONDS:
                self._learn(done, took)
            if done < wanted:
                self.is_done = True
                break
        return total

    def _learn(self, rows: int, took: float) -> None:
        self._takes = took
        if took < _TURN_SECONDS / 2:
            self._slice = min(rows * 2, _MOST)
            self._takes = took * 2
        elif took > _TURN_SECONDS:
            self._slice = max(_LEAST, int(rows * _TURN_SECONDS / took))
            self._takes = _TURN_SECONDS


class Analysis:
    """Pairs, processes and the timeline of one trace; each follows as the trace grows."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.pairs = Pairs(trace)
        self.processes = Processes(trace, self.pairs)
        self.timeline = Timeline(trace, self.pairs.execs)
        self.context = QueryContext(self.pairs, self.processes)
        """Answers what filters ask beyond the rows."""
        self.wants_processes = False
        """Whether anybody looks at processes; else they wait until nothing else is to do."""
        self.follower: Paced | None = None
        """Works behind pairs and processes; the statistics, while they are looked at."""
        self.is_behind = False
        """Whether the time given last was too short."""
        self._timeline = Paced(self.timeline.advance)
        self._pairs = Paced(self.pairs.advance)
        self._processes = Paced(self.processes.advance)
        self._follower_first = False

    def statistics(self, condition: Filter | None = None) -> Statistics:
        """Numbers of the rows that meet a condition, compiled with this analysis's context.

        They follow the trace, behind pairs and processes, when their own `advance` is called.
        """
        return Statistics(self.trace, self.pairs, self.processes, condition)

    def advance(self, budget_seconds: float = ANALYSIS_SECONDS, *, is_idle: bool = False) -> bool:
        """Go on for about as long as given; True if there was anything to do.

        Args:
            budget_seconds: time for all together.
            is_idle: no rows have come, so that there is time for what nobody looks at.
        """
        deadline = thread_time() + budget_seconds
        workers = []
        if self.wants_processes or is_idle:
            workers.append(self._processes)
        if self.follower is not None:
            workers.append(self.follower)
        # One of them takes most of the time: many small slices take longer than few large ones.
        self._follower_first = not self._follower_first
        if self._follower_first:
            workers.reverse()
        workers = [self._timeline, self._pairs, *workers]
        done = sum(worker.run(deadline) for worker in workers)
        self.is_behind = not all(worker.is_done for worker in workers)
        return done > 0
