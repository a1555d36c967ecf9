"""Reads the sides of a comparison: what each did, how often and how fast, and what it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.activity.gaps import Gaps
from gvtui.query.activity.notseen import not_seen
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.compare.calls import CallFigures, call_figures
from gvtui.query.compare.coverage import SideCoverage
from gvtui.query.compare.folding import RunNames, ThingFolding, has_any_port, random_ends
from gvtui.query.compare.things import Thing, ThingKey, things_of
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.write import conjunction
from gvtui.query.lacking import lacking
from gvtui.query.leftovers import give_back
from gvtui.query.packed import Packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gvtui.query.activity.activity import Activity, Unseen
    from gvtui.query.activity.gaps import Binary
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress
    from gvtui.trace.survey import Survey


@dataclass(frozen=True, slots=True)
class SidePlan:
    """What is to be read for one side."""

    trace: Trace
    scope: str = ""
    """The filter for its containers and its window; "" for the whole trace."""
    condition: str = ""
    """A further filter, for the acts that are compared; "" for all."""
    is_window: bool = False
    """Whether it has not the whole time of its trace."""

    @property
    def filter_text(self) -> str:
        """The filter that its rows pass; "" for all rows."""
        return conjunction([self.scope, self.condition])


@dataclass(frozen=True, slots=True)
class Side:
    """What one side did, and what it cannot tell."""

    plan: SidePlan
    rows: int
    first_ns: int
    """When the first of its rows happened, Unix nanoseconds; 0 if nothing tells."""
    last_ns: int
    things: dict[ThingKey, Thing]
    calls: dict[str, CallFigures]
    points: frozenset[str]
    """The points that are known to have been on in all of it."""
    lost: int
    """How many points its sandboxes dropped in it, as far as they told."""
    holes: tuple[str, ...]
    """Why nothing can be said of what it has not; sentences without full stop."""
    not_seen: tuple[Unseen, ...]
    digests: tuple[str, ...]
    """SHA-256 in hex of its recording; of a flight recorder one for each segment."""
    binaries: tuple[Binary, ...] = ()
    """The runsc of each connection of its trace, as far as marks tell."""
    used_rules: frozenset[int] = field(default_factory=frozenset)
    """The places in `RULES` of those that folded something."""

    @property
    def seconds(self) -> float:
        """From its first row to its last."""
        return (self.last_ns - self.first_ns) / 1e9


class _ReadSide(NamedTuple):
    """A side whose things are not folded yet: what is random, all sides tell together."""

    side: Side
    packed: Packed[Activity]
    """What it did: other sides are read and folded meanwhile."""
    run: RunNames
    """What it has of its own; the random ends of names as far as it tells them itself."""

    @classmethod
    def of(cls, side: Side, activity: Activity, run: RunNames) -> _ReadSide:
        """A side of which nothing else is in memory any more: packing takes some."""
        return cls(side, Packed(activity), run)

    def folded(self, ends: frozenset[tuple[str, int]]) -> Side:
        """The side; `ends` are the random ends of names on any side."""
        folding = ThingFolding(replace(self.run, random_ends=ends))
        things = things_of(self.packed.value(), folding)
        return replace(self.side, things=things, used_rules=frozenset(folding.used))


class _Reading:
    """The readers of one side."""

    def __init__(self, plan: SidePlan, analysis: Analysis) -> None:
        context = analysis.context
        text, trace = plan.filter_text, plan.trace
        self.condition = compile_filter(text, context) if text.strip() else None
        scope = compile_filter(plan.scope, context) if plan.scope.strip() else None
        self.plan = plan
        self.reader = ActivityReader(context, self.condition)
        self.counts = analysis.statistics(self.condition).counts
        self.coverage = SideCoverage(trace, scope)

    def read(
        self, gaps: Gaps, survey: Survey, digests: Sequence[str]
    ) -> tuple[Side, Activity, RunNames]:
        """What was read; it needs the readers no more."""
        unseen = not_seen(self.plan.trace, self.reader, gaps, survey)
        activity = self.reader.activity(unseen, folds=False)
        pids = frozenset(process.pid for process in self.reader.context.processes.tree)
        listened = [line.what for line in activity.section("listening").lines]
        side = Side(
            self.plan,
            activity.rows,
            activity.first_ns,
            activity.last_ns,
            {},
            call_figures(self.counts, self.plan.trace.architecture),
            self.coverage.points(),
            self.coverage.dropped,
            tuple(self._holes(gaps, survey, unseen)),
            unseen,
            tuple(digests),
            gaps.binary_of,
        )
        ends = random_ends(line.what for section in activity.sections for line in section.lines)
        run = RunNames(pids, has_any_port(listened), ends)
        return side, activity, run

    def _holes(self, gaps: Gaps, survey: Survey, unseen: Sequence[Unseen]) -> list[str]:
        reader, found = self.reader, []
        found += [each.text for each in unseen if each.kind == "rows"]
        found += [each.text for each in gaps.told() if each.kind == "limits"]
        if survey.may_lack_drops and self.coverage.dropped:
            found.append("more points may have been dropped after the last message")
        refused = sum(survey.accounting.refused.values())
        limits = (
            (refused, "messages that limits refused"),
            (reader.lines.refused, "rows without a line, since their sections were full"),
            (reader.context.resolved.texts.refused, "paths that had no room"),
            (reader.context.processes.tree.forgotten, "processes that were forgotten"),
            (reader.forgotten_programs, "processes with more programs than are kept of one"),
            (int(self.coverage.is_cut), "table of points and drops that was full"),
        )
        found += [f"there were {count:,} {text}" for count, text in limits if count]
        if self.condition is not None:
            found += [each.text for each in lacking(self.plan.trace, self.condition)]
        return found


def read_sides(plans: Sequence[SidePlan], progress: Progress | None = None) -> tuple[Side, ...]:
    """Read all sides; a trace that several have is read once.

    Args:
        plans: the sides.
        progress: called with bytes done and bytes in all, for each trace.

    Raises:
        FilterError: a text is no filter.
    """
    found: dict[int, _ReadSide] = {}
    for trace in {id(plan.trace): plan.trace for plan in plans}.values():
        own = {place: plan for place, plan in enumerate(plans) if plan.trace is trace}
        read = _read_trace(trace, own, progress)
        # Else what is left of one analysis would be in memory together with the next.
        give_back()
        while read:
            place, parts = read.popitem()
            found[place] = _ReadSide.of(*parts)
            del parts
        give_back()
    ends = frozenset(chain.from_iterable(each.run.random_ends for each in found.values()))
    return tuple(found.pop(place).folded(ends) for place in range(len(plans)))


def _read_trace(
    trace: Trace, plans: Mapping[int, SidePlan], progress: Progress | None
) -> dict[int, tuple[Side, Activity, RunNames]]:
    """The sides of one trace; what was needed to read it is let go before the next is read."""
    analysis, gaps = Analysis(trace, is_kept=True), Gaps(trace)
    readings = {place: _Reading(plan, analysis) for place, plan in plans.items()}
    readers = [(each.reader, each.counts, each.coverage) for each in readings.values()]
    analysis.finish(*chain.from_iterable(readers), gaps)
    survey, digests = analysis.survey(progress), analysis.digests()
    analysis.keep()
    return {place: each.read(gaps, survey, digests) for place, each in readings.items()}
