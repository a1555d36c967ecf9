"""What counts as growth."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load.flat import Series, growth


@pytest.mark.parametrize("count", [2, 39, 40, 41, 1800])
def test_what_rises_evenly_grows_by_as_much(count: int) -> None:
    values = [50 + 100 * place / (count - 1) for place in range(count)]
    assert growth(values) == pytest.approx(100, rel=0.03)


def test_what_rises_under_noise_is_not_flat() -> None:
    dice = random.Random(7)
    values = [100 + 12 * place / 1800 + dice.uniform(-8, 8) for place in range(1800)]
    assert growth(values) == pytest.approx(12, rel=0.3)
    assert not Series("memory", tuple(values), 8).is_flat
    assert Series("memory", tuple(values), 16).is_flat


def test_peaks_are_no_growth() -> None:
    values = [50.0] * 1800
    for place in range(900, 1800, 100):
        values[place] = 500.0
    assert Series("memory", tuple(values), 0.5).is_flat


@pytest.mark.parametrize("part", [0.02, 0.1, 0.25, 0.9])
def test_a_step_that_is_taken_once_near_an_end_is_no_growth(part: float) -> None:
    dice = random.Random(7)
    values = [
        (60 if place < part * 1800 else 73) + dice.uniform(-0.5, 0.5) for place in range(1800)
    ]
    assert Series("memory", tuple(values), 4).is_flat


def test_small_steps_that_go_on_are_growth() -> None:
    """As of memory that is taken in pieces of 1 MiB: of five of them in all."""
    values = [42.0 + (place * 5.2 // 1800) for place in range(1800)]
    assert not Series("memory", tuple(values), 4).is_flat


def test_what_was_not_measured_is_not_flat() -> None:
    assert not Series("memory", (), 8).is_flat
    assert not Series("memory", (1.0,), 8).is_flat


@given(st.lists(st.integers(0, 1000), min_size=2), st.integers(0, 1000))
def test_growth_does_not_depend_on_the_level(values: list[int], level: int) -> None:
    assert growth([value + level for value in values]) == pytest.approx(growth(values))
