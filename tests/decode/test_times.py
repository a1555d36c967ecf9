from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.times import duration, seconds_text, timespec


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [
        (0, "0 ns"),
        (640, "640 ns"),
        (1_820, "1.82 µs"),
        (18_200, "18.2 µs"),
        (182_000, "182 µs"),
        (999_999, "999 µs"),
        (1_200_000, "1.20 ms"),
        (34_560_000, "34.5 ms"),
        (3_400_000_000, "3.4 s"),
        (59_999_999_999, "59.9 s"),
        (125_000_000_000, "2 min 05 s"),
        (3_600_000_000_000, "1 h 00 min"),
        (90_061_000_000_000, "25 h 01 min"),
        (-1_820, "-1.82 µs"),
    ],
)
def test_duration(nanoseconds: int, shown: str) -> None:
    assert duration(nanoseconds) == shown


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_duration_takes_any_number(nanoseconds: int) -> None:
    assert duration(nanoseconds)


def test_timespec() -> None:
    assert timespec(1, 500) == "{tv_sec=1, tv_nsec=500}"


@pytest.mark.parametrize(
    ("sec", "nsec", "shown"),
    [(0, 0, "0"), (1, 500_000_000, "1.5 s"), (0, 1000, "1.00 µs"), (1, -1, "1 s -1 ns")],
)
def test_seconds_text(sec: int, nsec: int, shown: str) -> None:
    assert seconds_text(sec, nsec) == shown
