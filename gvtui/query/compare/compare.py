"""Tells what differs between two sides, and what of it cannot be told.

A difference is told only if no hole of a side can have made it: a point that only one side traced,
points that were dropped, messages that are missing or could not be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from math import sqrt
from typing import TYPE_CHECKING

from gvtui.query.compare.absence import Absence
from gvtui.query.compare.folding import ALWAYS, RULES
from gvtui.query.compare.things import (
    EXACT,
    FAILED_STARTS,
    TITLES,
    WAITING,
    Thing,
    ThingKey,
    levelled,
)
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.compare.calls import CallFigures
    from gvtui.query.compare.side import Side

CALLS = "calls"
"""The section of the calls whose number or duration has changed."""
_SIGMAS = 3.3
"""How many standard deviations chance does not explain, one time of a thousand apart."""


class Sign(Enum):
    """How a thing differs."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a number has changed."""

    counts: float = 1.5
    """How many times as large one of two counts is."""
    p99: float = 2.0
    """How many times as large one of two percentiles is."""
    least: int = 10
    """How many calls, or rows of reads and the like, there are more; no claim from fewer."""
    timed: int = 1_000
    """How many calls with a duration each side has; no claim on percentiles from fewer."""
    least_bytes: int = 4_096

    def words(self, *, per_second: bool) -> tuple[str, ...]:
        """What counts as a change, in sentences without full stop."""
        times = f"at least {self.counts:g} times as large or as small"
        what = "numbers per second" if per_second else "numbers"
        chance = ", and more than chance explains" if per_second else ""
        return (
            f"{what} of programs and other acts have changed if they are {times}{chance}",
            f"{what} of reads, writes, failures and calls, if there are also {self.least} more or "
            f"fewer, and more than chance explains; bytes, if also {self.least_bytes:,}",
            f"the 99th percentile, p99, has changed if it is at least {self.p99:g} times as large or as small, with at "
            f"least {self.timed:,} timed calls on each side and 99 % confidence",
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a thing that has changed."""

    name: str
    """`times`, `bytes_in`, `bytes_out`, `calls` or `p99_ns`."""
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs, or that may. Texts are not escaped."""

    section: str
    what: str
    details: str
    sign: Sign
    before: Thing | None
    after: Thing | None
    measures: tuple[Measure, ...] = ()
    """What has changed; of something new or gone, how often it was."""
    untold: str = ""
    """Why it cannot be told whether this is a difference; "" for one that is certain."""


@dataclass(frozen=True, slots=True)
class ComparedSides:
    """What differs between two sides."""

    before: Side
    after: Side
    differences: tuple[Difference, ...]
    untold: tuple[Difference, ...]
    """What may differ or not: a side has a hole there."""
    same: dict[str, int]
    """How many things are the same, by section."""
    thresholds: tuple[str, ...]
    """What counts as a change, in sentences without full stop."""
    folded: tuple[str, ...]
    """What was folded away, a rule each."""
    is_per_second: bool


def compare(
    before: Side,
    after: Side,
    *,
    thresholds: Thresholds | None = None,
    same_points: bool = False,
) -> ComparedSides:
    """Compare two sides.

    Args:
        before: one.
        after: the other.
        thresholds: from where on a number has changed; None for the usual ones.
        same_points: whether the caller knows that both had the same points on.
    """
    told = levelled(before.things, after.things), levelled(after.things, before.things)
    before, after = replace(before, things=told[0][0]), replace(after, things=told[1][0])
    comparing = _Comparing(before, after, thresholds or Thresholds(), same_points)
    comparing.told_on_one_side(told[0][1], told[1][1])
    for key in {**before.things, **after.things}:
        comparing.thing(key)
    for name in sorted({*before.calls, *after.calls} - WAITING):
        comparing.call(name)
    used = before.used_rules | after.used_rules
    rules = [rule.words for place, rule in enumerate(RULES) if place in used]
    if same_points:
        rules.append("taken as given: both sides had the same points on")
    return ComparedSides(
        before,
        after,
        _sorted(comparing.differences),
        _sorted(comparing.untold),
        {key: comparing.same[key] for key in (*TITLES, CALLS) if key in comparing.same},
        comparing.thresholds.words(per_second=comparing.per_second),
        (*rules, *ALWAYS),
        comparing.per_second,
    )


def _sorted(found: list[Difference]) -> tuple[Difference, ...]:
    sections, signs = [*TITLES, CALLS], list(Sign)
    return tuple(
        sorted(
            found,
            key=lambda each: (
                sections.index(each.section),
                signs.index(each.sign),
                each.what,
                each.details,
            ),
        )
    )


class _Comparing:
    """Two sides while they are compared."""

    def __init__(
        self, before: Side, after: Side, thresholds: Thresholds, same_points: bool
    ) -> None:
        self.before, self.after, self.thresholds = before, after, thresholds
        self.differences: list[Difference] = []
        self.untold: list[Difference] = []
        self.same: dict[str, int] = {}
        self.per_second = before.plan.is_window or after.plan.is_window
        self._absence = Absence(before, after, same_points=same_points)

    def thing(self, key: ThingKey) -> None:
        """Compare one thing."""
        a, b = self.before.things.get(key), self.after.things.get(key)
        if a is None or b is None:
            thing, is_new = (b, True) if a is None else (a, False)
            assert thing is not None
            sign = Sign.NEW if is_new else Sign.GONE
            why = self._absence.of_thing(thing, is_new=is_new)
            measure = (
                Measure("times", 0, thing.count) if is_new else Measure("times", thing.count, 0)
            )
            self._note(Difference(key.section, key.what, key.details, sign, a, b, (measure,), why))
            return
        measures, why = self._measures(a, b)
        if not measures:
            self.same[key.section] = self.same.get(key.section, 0) + 1
            return
        self._note(
            Difference(key.section, key.what, key.details, Sign.CHANGED, a, b, tuple(measures), why)
        )

    def told_on_one_side(self, before: Iterable[Thing], after: Iterable[Thing]) -> None:
        """Note programs that one should look at, and of which the other side does not tell why; and
        those that failed to start, of which it does not tell the error."""
        for thing in before:
            self._note_told(thing, Measure("times", thing.count, 0), "after", Sign.GONE)
        for thing in after:
            self._note_told(thing, Measure("times", 0, thing.count), "before", Sign.NEW)

    def _note_told(self, thing: Thing, measure: Measure, where: str, sign: Sign) -> None:
        a, b = (thing, None) if sign is Sign.GONE else (None, thing)
        why = f"where it came from, and what its input was, is not told {where}"
        key = thing.key
        if key.section in FAILED_STARTS:
            bare = ThingKey(key.section, key.what, thing.bare)
            a, b = a or self.before.things[bare], b or self.after.things[bare]
            sign, measure = Sign.CHANGED, Measure("times", a.count, b.count)
            why = f"its error is not told {where}"
        self._note(Difference(key.section, key.what, key.details, sign, a, b, (measure,), why))

    def _measures(self, a: Thing, b: Thing) -> tuple[list[Measure], str]:
        certain, all_changed = [], []
        is_exact = a.key.section in EXACT
        for name, before, after, least in (
            ("times", a.count, b.count, 1 if is_exact else self.thresholds.least),
            ("bytes_in", a.bytes_in, b.bytes_in, self.thresholds.least_bytes),
            ("bytes_out", a.bytes_out, b.bytes_out, self.thresholds.least_bytes),
        ):
            by_chance = name == "times" and (self.per_second or not is_exact)
            if self._has_changed(before, after, least, by_chance=by_chance):
                all_changed.append(Measure(name, before, after))
                # Each of the points that were dropped may be one of these, with any number of bytes.
                low, high = self._bounds(before, after)
                if (
                    name == "times" and self._has_changed(low, high, least, by_chance=by_chance)
                ) or not (self.before.lost or self.after.lost):
                    certain.append(all_changed[-1])
        why = self._absence.of_count(a, b) if all_changed else ""
        if why or not certain:
            why = why or self._lost_words()
            return all_changed, why
        return certain, ""

    def _lost_words(self) -> str:
        lost = self.before.lost + self.after.lost
        return f"{counted(lost, 'point was', 'points were')} dropped" if lost else ""

    def _bounds(self, before: int, after: int) -> tuple[int, int]:
        """The counts that are nearest to each other, if what was dropped is counted too."""
        if after > before:
            return min(before + self.before.lost, after), after
        return before, min(after + self.after.lost, before)

    def _has_changed(self, before: int, after: int, least: int, *, by_chance: bool) -> bool:
        """Whether two counts are farther apart than the thresholds, and than chance explains."""
        scale = 1.0
        if self.per_second:
            if self.before.seconds <= 0 or self.after.seconds <= 0:
                return False
            scale = self.after.seconds / self.before.seconds
        expected = before * scale
        more, fewer = max(expected, after), min(expected, after)
        if more - fewer < least or more < fewer * self.thresholds.counts or more == fewer:
            return False
        spread = sqrt(before * scale * scale + after)
        return not by_chance or more - fewer >= _SIGMAS * spread

    def call(self, name: str) -> None:
        """Compare the number and the duration of a system call."""
        a, b = self.before.calls.get(name), self.after.calls.get(name)
        found = [each for each in (self._number(name, a, b), self._p99(a, b)) if each is not None]
        certain = tuple(measure for measure, why in found if not why)
        if certain:
            self._note(self._call(name, a, b, certain, ""))
        for measure, why in found:
            if why:
                self._note(self._call(name, a, b, (measure,), why))
        if not found:
            self.same[CALLS] = self.same.get(CALLS, 0) + 1

    def _number(
        self, name: str, a: CallFigures | None, b: CallFigures | None
    ) -> tuple[Measure, str] | None:
        before, after = (each.calls if each is not None else 0 for each in (a, b))
        least = self.thresholds.least
        if not self._has_changed(before, after, least, by_chance=True):
            return None
        why = self._absence.of_call(name, is_missing_before=a is None, is_missing_after=b is None)
        if not why and not self._has_changed(*self._bounds(before, after), least, by_chance=True):
            why = self._lost_words()
        return Measure("calls", before, after), why

    def _p99(self, a: CallFigures | None, b: CallFigures | None) -> tuple[Measure, str] | None:
        if a is None or b is None or not self._has_other_p99(a, b):
            return None
        holes = (*self.before.holes, *self.after.holes)
        # Points are dropped where there are many, so those that came are no fair sample.
        why = self._lost_words() or (holes[0] if holes else "")
        return Measure("p99_ns", a.p99_ns or 0, b.p99_ns or 0), why

    @staticmethod
    def _call(
        name: str,
        a: CallFigures | None,
        b: CallFigures | None,
        measures: tuple[Measure, ...],
        why: str,
    ) -> Difference:
        sign = Sign.NEW if a is None else Sign.GONE if b is None else Sign.CHANGED
        return Difference(CALLS, name, "", sign, None, None, measures, why)

    def _has_other_p99(self, a: CallFigures, b: CallFigures) -> bool:
        if min(a.timed, b.timed) < self.thresholds.timed:
            return False
        for low, high in ((a, b), (b, a)):
            bound = low.p99_high_ns
            if bound is not None and bound and high.p99_low_ns >= bound * self.thresholds.p99:
                return True
        return False

    def _note(self, difference: Difference) -> None:
        (self.untold if difference.untold else self.differences).append(difference)
