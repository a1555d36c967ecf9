"""Whether what was measured again and again has grown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

WINDOWS = 40
"""Parts of the time whose medians are compared: one odd measurement moves none of them."""


@dataclass(frozen=True, slots=True)
class Series:
    """One thing measured at even intervals, and how much it may grow in that time."""

    name: str
    values: tuple[float, ...]
    most_growth: float

    @property
    def growth(self) -> float:
        """By how much it grew from the first to the last measurement."""
        return growth(self.values)

    @property
    def is_flat(self) -> bool:
        """Whether it grew by no more than it may; only then, too, if it was measured at all."""
        return len(self.values) > 1 and self.growth <= self.most_growth


def growth(values: Sequence[float]) -> float:
    """How much values taken at even intervals grow over all of them; 0 for less than two.

    The slope is the median of the slopes between all pairs (the estimator of Theil and Sen), so that
    a peak, or a step that is taken back, is no growth; nor is a step that is taken once near an end.
    One in the middle, or several, cannot be told from growth in steps, and count.
    """
    middles = _medians(values)
    if len(middles) < 2:
        return 0.0
    slopes = [
        (middles[later] - middles[earlier]) / (later - earlier)
        for earlier, later in combinations(range(len(middles)), 2)
    ]
    return statistics.median(slopes) * (len(middles) - 1)


def _medians(values: Sequence[float]) -> list[float]:
    count = min(WINDOWS, len(values))
    bounds = [len(values) * place // count for place in range(count + 1)] if count else []
    return [statistics.median(values[first:stop]) for first, stop in pairwise(bounds)]
