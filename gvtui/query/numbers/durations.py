"""Counts durations in bands: fine ones for percentiles, coarse ones for the histogram.

Each power of two has 16 fine bands. A percentile is the middle of its band, so it is wrong by at
most 1/32, about 3 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.filter.write import duration_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

PERCENTILE_ERROR = 1 / 32
"""The largest relative error of a percentile."""

_STEPS = 16
_STEP_BITS = 4
_MAX_BITS = 44
_LONGEST = (1 << _MAX_BITS) - 1
"""The longest duration in nanoseconds, about five hours; longer ones count as this one."""
FINE_BANDS = (_MAX_BITS - _STEP_BITS + 1) * _STEPS

EDGES = [0, *(base * 10**exponent for exponent in range(3, 11) for base in (1, 2, 5)), 10**11]
"""The lower ends of the coarse bands in nanoseconds: 0, 1 µs, 2 µs, 5 µs, ..., 50 s, 100 s."""


@dataclass(frozen=True, slots=True)
class Band:
    """One bar of a histogram of durations."""

    low_ns: int
    high_ns: int | None
    """The upper end in nanoseconds; None for the last band, which has none."""
    count: int

    @property
    def filter_text(self) -> str:
        """The filter for the calls in this band."""
        low = f"evt.latency >= {duration_text(self.low_ns)}"
        if self.high_ns is None:
            return low
        return f"{low} and evt.latency < {duration_text(self.high_ns)}"


def fine_bands(durations: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The fine band of each duration."""
    clipped = np.clip(durations, 0, _LONGEST)
    exponents = np.frexp(clipped.astype(np.float64))[1].astype(np.int64) - 1
    shifts = np.maximum(exponents - _STEP_BITS, 0)
    bands: npt.NDArray[np.int64] = shifts * _STEPS + (clipped >> shifts)
    return bands


def coarse_bands(durations: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """The coarse band of each duration."""
    return np.searchsorted(EDGES, durations, "right") - 1


def percentile(counts: npt.NDArray[np.int64], fraction: float) -> int | None:
    """A percentile in nanoseconds, from counts by fine band; None if nothing was counted."""
    return percentiles(counts, (fraction,))[0]


def percentiles(counts: npt.NDArray[np.int64], fractions: Sequence[float]) -> list[int | None]:
    """Several percentiles at once, as `percentile` gives them."""
    sums = np.cumsum(counts)
    total = int(sums[-1])
    if not total:
        return [None] * len(fractions)
    ranks = [max(1, int(np.ceil(total * fraction))) for fraction in fractions]
    return [fine_band_middle(band) for band in np.searchsorted(sums, ranks).tolist()]


def shown_percentile(value_ns: int, max_ns: int) -> int:
    """A percentile with no more digits than it has: two, and not above the longest duration.

    Args:
        value_ns: the percentile, in nanoseconds.
        max_ns: the longest duration that was counted.
    """
    unit = int(10 ** max(0, len(str(value_ns)) - 2))
    rounded = (value_ns + unit // 2) // unit * unit
    return rounded if rounded <= max_ns else value_ns // unit * unit


def fine_band_middle(band: int) -> int:
    """The duration in the middle of a fine band."""
    if band < _STEPS:
        return band
    shift = band // _STEPS - 1
    low = (band - shift * _STEPS) << shift
    return low + ((1 << shift) - 1) // 2


def histogram(counts: npt.NDArray[np.int64]) -> list[Band]:
    """The bands with their counts, from the first to the last that is not empty."""
    filled = np.flatnonzero(counts)
    if not len(filled):
        return []
    ends = [*EDGES[1:], None]
    return [
        Band(EDGES[place], ends[place], int(counts[place]))
        for place in range(int(filled[0]), int(filled[-1]) + 1)
    ]
