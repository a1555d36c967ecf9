"""Runs the analysis of a trace (pairs, processes, timeline, statistics) in short time slices."""

from __future__ import annotations

from functools import partial
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Protocol, TypeVar

from gvtui.query.calls.pairs import Pairs
from gvtui.query.calls.sides import JoinedSides
from gvtui.query.context import QueryContext
from gvtui.query.kept.keeper import StateKeeper
from gvtui.query.numbers.statistics import Statistics
from gvtui.query.numbers.timeline import Timeline
from gvtui.query.processes.events import AUDIT_VARIABLE
from gvtui.query.processes.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.filter.compile import Filter
    from gvtui.query.kept.takenup import TakenUp
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress
    from gvtui.trace.survey import Survey

_Answer = TypeVar("_Answer")

ANALYSIS_SECONDS = 0.008
"""How many seconds one step of the whole analysis may take; a longer step would delay keys."""

_STEP = 1 << 18
"""How many rows are read in one step where nobody waits for keys."""

_HURRIED = 1 << 14
"""The same where somebody waits for all of them: it takes a tenth of a second."""

_LEAST, _MOST = 64, 1 << 16
_TURN_SECONDS = 0.007
"""How many seconds one slice of work should take."""


_PROCESSES_PART = 0.25
"""The part of the time that is for processes while they are not on the screen."""


class SliceReader(Protocol):
    """Whatever reads rows in slices."""

    def advance(self, budget: int, /) -> int:
        """Read up to so many more rows; returns how many."""


class Paced:
    """Lets a worker read as many rows as fit into the given time.

    The number is learned: some rows take a thousand times as long as others, and each slice has a
    fixed cost, so that small slices are expensive.
    """

    def __init__(
        self, advance: Callable[[int], int], clock: Callable[[], float] = thread_time
    ) -> None:
        """Pace a worker.

        Args:
            advance: reads up to so many more rows and returns how many it has read.
            clock: gives seconds; the default counts only this thread's processor time.
        """
        self._advance = advance
        self._clock = clock
        self._slice = _LEAST
        self._takes = 0.0
        """The fixed cost of a slice in seconds, as learned."""
        self.is_done = False
        """Whether no rows were left after the last run."""

    def read(self, rows: int) -> int:
        """Let the worker read up to so many more rows, however long that takes; how many it read."""
        return self._advance(rows)

    def run(self, deadline: float) -> int:
        """Work until about `deadline` or until no rows are left; returns how many rows were
        read."""
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
    """The pairs, processes and timeline of one trace, updated as the trace grows."""

    def __init__(
        self,
        trace: Trace,
        *,
        audit_variable: str = AUDIT_VARIABLE,
        is_kept: bool = False,
        state: TakenUp | None = None,
    ) -> None:
        """Begin with a trace.

        Args:
            trace: the trace.
            audit_variable: the environment variable with the audit ID of exec sessions.
            is_kept: whether what was found out before is taken up, and `keep` will be called.
            state: what was found out before a row, with which it begins.
        """
        self.trace = trace
        self.pairs = Pairs(trace)
        self.sides = JoinedSides(trace, self.pairs)
        """The two sides of calls, also where one has a raw point alone."""
        self.processes = Processes(trace, self.pairs, audit_variable=audit_variable)
        self.timeline = Timeline(trace, self.pairs.execs)
        self.context = QueryContext(self.pairs, self.processes)
        """Gives filters the data that is not in the rows themselves."""
        self.wants_processes = False
        """Whether processes are on the screen; else a part of the time is theirs: they are read
        before a flight recorder lets their rows go."""
        self.follower: Paced | None = None
        """Reads rows after pairs and processes have: the statistics, while they are shown."""
        self.is_behind = False
        """Whether the last budget was too short."""
        self._timeline = Paced(self.timeline.advance)
        self._pairs = Paced(self.pairs.advance)
        self._processes = Paced(self.processes.advance)
        self._resolved = Paced(self._resolve)
        self._follower_first = False
        self.kept = StateKeeper(trace, audit_variable) if is_kept else None
        self.began_with = state
        """What was found out at a row, if the analysis began with it."""
        self._before = self.context.kept = state or self.kept
        if self._before is not None:
            self._before.offer("processes", {"pairs": self.pairs, "processes": self.processes})
            self._before.offer("timeline", {"timeline": self.timeline})
        if self.kept is not None:
            self.kept.take_up()

    @property
    def resolved(self) -> Resolved:
        """What happened in the rows: read along from the first time on that it is asked for."""
        return self.context.resolved

    def _resolve(self, budget: int) -> int:
        return self.context.resolved.advance(budget)

    def statistics(
        self, condition: Filter | None = None, *, by_descriptor: bool = False
    ) -> Statistics:
        """Statistics over the rows that pass a condition, which is compiled with this context.

        Their own `advance` updates them, up to the rows that pairs and processes have read; those
        by descriptor up to the rows that have been resolved.
        """
        resolved = self.resolved if by_descriptor else None
        found = Statistics(self.trace, self.pairs, self.processes, condition, resolved)
        if condition is None and self._before is not None:
            if by_descriptor:
                self._before.offer("descriptors", {"descriptor_counts": found.counts})
            else:
                self._before.offer("numbers", {"counts": found.counts})
        return found

    def finish(self, *readers: SliceReader) -> None:
        """Read all rows that the trace has now.

        Args:
            readers: read after pairs and processes have, one after the other.
        """
        # What a row tells may become known by later rows only: all of them come first.
        every: tuple[SliceReader, ...] = (self.context, self.timeline, *readers)
        for reader in every:
            while reader.advance(_STEP):
                pass

    def keep(self) -> bool:
        """Keep what was found out of a recording that has been read to its end; True if it was
        written."""
        if self.kept is None:
            return False
        # Most who analyse a trace keep nothing.
        from gvtui.query.activity.reader import ActivityReader

        makers: dict[str, Callable[[], object]] = {
            "numbers": self.statistics,
            "resolved": lambda: self.resolved,
            "descriptors": lambda: self.statistics(by_descriptor=True),
            "activity": partial(ActivityReader, self.context),
        }
        return self.kept.keep(makers)

    def hurry(self, seconds: float) -> bool:
        """Analyse further rows for so long, in slices as large as nobody would wait for who types.

        Each slice has a fixed cost: in these, rows take a third of the time that they take in those
        of `advance`.

        Returns:
            Whether any rows were read.
        """
        deadline = monotonic() + seconds
        readers: list[Callable[[int], int]] = [
            self.timeline.advance,
            self.pairs.advance,
            self.processes.advance,
        ]
        if self.context.is_resolving:
            readers.append(self._resolve)
        if self.follower is not None:
            readers.append(self.follower.read)
        # One after the other in each round: what they tell is then of about the same row.
        rounds = 0
        while monotonic() < deadline:
            done = sum(read(_HURRIED) for read in readers)
            self.is_behind = done > 0
            if not done:
                break
            rounds += 1
        return rounds > 0

    def answer(self, name: str, find: Callable[[], _Answer]) -> _Answer:
        """What is known of the whole recording under a name; found out where it is not kept."""
        if self.kept is None:
            return find()
        found: _Answer = self.kept.answer(name, find)
        return found

    def survey(self, progress: Progress | None = None) -> Survey:
        """The account of the whole recording; `progress` as for `gvtui.trace.survey.survey`."""
        from gvtui.trace.survey import survey

        return self.answer("survey", lambda: survey(self.trace, progress))

    def kept_survey(self) -> Survey | None:
        """The account of the whole recording, if it is kept."""
        found: Survey | None = self.kept.known("survey") if self.kept is not None else None
        return found

    def digests(self) -> list[str]:
        """SHA-256 in hex of the recording; of a flight recorder one for each segment."""
        from gvtui.trace.digests import digests_of

        return self.answer("digests", lambda: digests_of(self.trace))

    def advance(self, budget_seconds: float = ANALYSIS_SECONDS, *, is_idle: bool = False) -> bool:
        """Analyse further rows for about the given time; True if any were read.

        Args:
            budget_seconds: the time for all parts together.
            is_idle: whether no new rows have arrived, so that hidden parts get time too.
        """
        if self.kept is not None and self.kept.is_waiting and not self.kept.take_up():
            # All that is kept comes with the last of the rows.
            self.is_behind = True
            return False
        deadline = thread_time() + budget_seconds
        workers = []
        done = 0
        if self.wants_processes or is_idle or self.context.is_resolving:
            workers.append(self._processes)
        else:
            done = self._processes.run(deadline - budget_seconds * (1 - _PROCESSES_PART))
        if self.context.is_resolving:
            workers.append(self._resolved)
        if self.follower is not None:
            workers.append(self.follower)
        # One part gets most of the time, because many small slices cost more than few large ones.
        self._follower_first = not self._follower_first
        if self._follower_first:
            workers.reverse()
        workers = [self._timeline, self._pairs, *workers]
        done += sum(worker.run(deadline) for worker in workers)
        self.is_behind = not all(worker.is_done for worker in workers)
        return done > 0
