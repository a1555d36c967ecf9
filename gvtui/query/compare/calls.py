"""How often each system call was made on one side, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.names import event_type, point_name
from gvtui.query.numbers.counts import EVENT_KEY
from gvtui.query.numbers.durations import (
    PERCENTILE_ERROR,
    fine_band_middle,
    shown_percentile,
)
from gvtui.query.numbers.tally import OTHER
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.numbers.counts import Counts

_FRACTION = 0.99
_SIGMAS = 2.576
"""Standard deviations of the ranks between which a percentile lies in 99 of 100 cases."""


@dataclass(frozen=True, slots=True)
class CallFigures:
    """The numbers of one system call on one side."""

    calls: int
    timed: int
    """How many of them have a duration."""
    p99_ns: int | None
    """With no more digits than it has; None if no duration is known."""
    p99_low_ns: int
    """What the percentile surely exceeds, with 99 % confidence; 0 with too few calls."""
    p99_high_ns: int | None
    """What it surely does not; None with too few calls."""


def call_figures(counts: Counts, architecture: str) -> dict[str, CallFigures]:
    """The figures of each system call that was made, by its name."""
    found: dict[str, CallFigures] = {}
    for key, sums in counts.syscalls:
        if key >= EVENT_KEY or key == OTHER or not sums.calls:
            continue
        name = event_type(point_name(RAW_SYSCALL, key, "E", architecture), architecture)
        found[name] = CallFigures(
            sums.calls, sums.timed, *p99_of(counts.syscalls.fine(key), sums.max_ns)
        )
    return found


def p99_of(counts: npt.NDArray[np.int64], max_ns: int) -> tuple[int | None, int, int | None]:
    """The 99th percentile and the bounds within which it lies, in nanoseconds.

    The bounds are the order statistics of a binomial confidence interval, widened by the error of
    the bands.

    Args:
        counts: by fine band, see `gvtui.query.numbers.durations`.
        max_ns: the longest duration.
    """
    sums = np.cumsum(counts)
    total = int(sums[-1])
    if not total:
        return None, 0, None
    spread = _SIGMAS * sqrt(total * _FRACTION * (1 - _FRACTION))
    middle, low, high = (ceil(total * _FRACTION + by) for by in (0, -spread, spread))

    def at(rank: int) -> int:
        return min(fine_band_middle(int(np.searchsorted(sums, rank))), max_ns)

    return (
        shown_percentile(at(max(1, middle)), max_ns),
        int(at(low) * (1 - PERCENTILE_ERROR)) if low >= 1 else 0,
        int(at(high) * (1 + PERCENTILE_ERROR)) if high <= total else None,
    )
