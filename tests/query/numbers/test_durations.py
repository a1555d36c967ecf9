from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.compile import compile_filter
from gvtui.query.numbers.durations import (
    EDGES,
    FINE_BANDS,
    PERCENTILE_ERROR,
    coarse_bands,
    fine_bands,
    histogram,
    percentile,
    shown_percentile,
)

durations = st.lists(st.integers(0, (1 << 44) - 1), min_size=1, max_size=200)


@given(durations, st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_within_the_stated_error(values: list[int], fraction: float) -> None:
    counts = np.bincount(fine_bands(np.array(values)), minlength=FINE_BANDS).astype(np.int64)
    exact = sorted(values)[max(1, int(np.ceil(len(values) * fraction))) - 1]
    found = percentile(counts, fraction)
    assert found is not None
    assert abs(found - exact) <= exact * PERCENTILE_ERROR


@given(st.integers(0, (1 << 63) - 1))
def test_every_duration_has_a_band(value: int) -> None:
    (fine,) = fine_bands(np.array([value]))
    assert 0 <= fine < FINE_BANDS
    (coarse,) = coarse_bands(np.array([value]))
    assert EDGES[coarse] <= value
    assert coarse + 1 == len(EDGES) or value < EDGES[coarse + 1]


def test_nothing_counted_has_no_percentile() -> None:
    assert percentile(np.zeros(FINE_BANDS, np.int64), 0.5) is None
    assert histogram(np.zeros(len(EDGES), np.int64)) == []


def test_bands_lead_to_filters() -> None:
    counts = np.bincount(
        coarse_bands(np.array([999, 1_500_000, 1_700_000, 10**12])), minlength=len(EDGES)
    ).astype(np.int64)
    bands = histogram(counts)
    filled = [band for band in bands if band.count]
    assert [(band.count, band.filter_text) for band in filled] == [
        (1, "evt.latency >= 0ns and evt.latency < 1us"),
        (2, "evt.latency >= 1ms and evt.latency < 2ms"),
        (1, "evt.latency >= 100s"),
    ]
    for band in bands:
        compile_filter(band.filter_text)


def test_a_percentile_is_shown_with_the_two_digits_that_it_has() -> None:
    shown = [shown_percentile(value, 10**9) for value in (0, 7, 42, 184, 185, 2_949, 999)]
    assert shown == [0, 7, 42, 180, 190, 2_900, 1_000]
    assert shown_percentile(187, 188) == 180
