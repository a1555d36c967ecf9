from pathlib import Path

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.compare.calls import p99_of
from gvtui.query.numbers.durations import FINE_BANDS, fine_bands
from tests.query.compare.sides import opens, recorded, sides_of


def counts_of(values: list[int]) -> npt.NDArray[np.int64]:
    return np.bincount(fine_bands(np.array(values, np.int64)), minlength=FINE_BANDS).astype(
        np.int64
    )


def test_the_bounds_of_many_equal_calls_are_near() -> None:
    p99, low, high = p99_of(counts_of([1_000_000] * 2_000), 1_000_000)
    assert p99 is not None
    assert high is not None
    assert 0.9e6 < low <= p99 <= high < 1.1e6


def test_few_calls_have_no_upper_bound() -> None:
    p99, low, high = p99_of(counts_of([1_000] * 100), 1_000)
    assert (p99, high) == (1_000, None)
    assert low <= 1_000
    assert p99_of(counts_of([]), 0) == (None, 0, None)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=400))
def test_the_percentile_lies_within_its_bounds(values: list[int]) -> None:
    p99, low, high = p99_of(counts_of(values), max(values))
    assert p99 is not None
    # It has two digits.
    assert low <= p99 * 1.06
    assert high is None or p99 <= high * 1.06


def test_calls_have_names_and_numbers(tmp_path: Path) -> None:
    [side] = sides_of(recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b")))
    figures = side.calls["openat"]
    assert (figures.calls, figures.timed, figures.p99_ns) == (2, 2, 1_000)
