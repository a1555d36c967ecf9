"""What is worked out from a trace bit by bit, in the moments that the screen can spare."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from gvtui.query.context import QueryContext
from gvtui.query.pairs import Pairs
from gvtui.query.processes import Processes
from gvtui.query.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.trace.reader import Trace

ANALYSIS_SECONDS = 0.008
"""Time for all of it in one go; more would make keys wait."""

_LEAST, _MOST = 64, 1 << 16
_FIRST_RATE = 20_000.0
_FASTER = 4.0


class Paced:
    """Has a worker look at as many rows as fit the time given.

    How many that are is learned: some rows take a thousand times as long as others.
    """

    def __init__(
        self, advance: Callable[[int], int], clock: Callable[[], float] = perf_counter
    ) -> None:
        """Pace a worker.

        Args:
            advance: looks at up to so many more rows and returns how many it did.
            clock: seconds that go by.
        """
        self._advance = advance
        self._clock = clock
        self._rate = _FIRST_RATE

    def run(self, deadline: float) -> int:
        """Work until about `deadline`, or until nothing is left; returns how many rows."""
        total = 0
        while (left := deadline - (began := self._clock())) > 0:
            # Half of the time, so that a slice which is slower than the last one still fits.
            wanted = min(max(int(self._rate * left / 2), _LEAST), _MOST)
            done = self._advance(wanted)
            total += done
            if done < wanted:
                break
            took = self._clock() - began
            measured = done / took if took > 0 else self._rate * _FASTER
            self._rate = min(measured, self._rate * _FASTER)
        return total


class Analysis:
    """Pairs, processes and the timeline of one trace; each follows as the trace grows."""

    def __init__(self, trace: Trace) -> None:
        self.pairs = Pairs(trace)
        self.processes = Processes(trace, self.pairs)
        self.timeline = Timeline(trace)
        self.context = QueryContext(self.pairs, self.processes)
        """Answers what filters ask beyond the rows."""
        self.wants_processes = False
        """Whether anybody looks at processes; else they wait until nothing else is to do."""
        self.follower: Paced | None = None
        """Works behind pairs and processes; the statistics, while they are looked at."""
        self._timeline = Paced(self.timeline.advance)
        self._pairs = Paced(self.pairs.advance)
        self._processes = Paced(self.processes.advance)

    def advance(self, budget_seconds: float = ANALYSIS_SECONDS, *, is_idle: bool = False) -> bool:
        """Go on for about as long as given; True if there was anything to do.

        Args:
            budget_seconds: time for all together.
            is_idle: no rows have come, so that there is time for what nobody looks at.
        """
        deadline = perf_counter() + budget_seconds
        done = self._timeline.run(deadline) + self._pairs.run(deadline)
        if self.wants_processes or is_idle:
            done += self._processes.run(deadline)
        if self.follower is not None:
            done += self.follower.run(deadline)
        return done > 0
