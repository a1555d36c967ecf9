from __future__ import annotations

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.times import duration, second_text, seconds_text, timespec, zone_text

MOMENT = 1_795_455_407_118_204_005


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


def test_zones_have_the_name_of_their_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert zone_text(MOMENT, UTC) == "UTC"
    assert zone_text(MOMENT, berlin) == "CET"
    assert zone_text(MOMENT - 180 * 86_400 * 10**9, berlin) == "CEST"
    assert zone_text(MOMENT, ZoneInfo("America/Sao_Paulo")) == "UTC-03:00"
    assert zone_text(MOMENT, timezone(timedelta(hours=5, minutes=30))) == "UTC+05:30"
    assert zone_text(0, UTC) == "UTC"
    assert zone_text(1 << 80, UTC) == ""


def test_seconds_have_their_zone() -> None:
    assert second_text(MOMENT, UTC) == "2026-11-23 17:36:47 UTC"
    assert second_text(MOMENT, ZoneInfo("Asia/Tokyo")) == "2026-11-24 02:36:47 JST"
    assert second_text(1 << 80, UTC) == ""
