from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from gvtui.tui.kit.cells import width_of
from gvtui.tui.kit.times import (
    age_text,
    are_of_one_day,
    clock_text,
    date_text,
    day_clock_text,
    day_text,
    full_day_text,
    span_text,
)
from gvtui.tui.stream.columns import COLUMNS

MOMENT = 1_795_455_407_118_204_005


def test_times_of_day() -> None:
    assert clock_text(MOMENT, UTC) == "17:36:47.118204"
    assert clock_text(MOMENT, UTC, 3) == "17:36:47.118"
    assert clock_text(MOMENT, UTC, 0) == "17:36:47"
    assert date_text(MOMENT, UTC) == "2026-11-23 17:36:47.118204005"


def test_days() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    assert day_text(MOMENT, UTC) == "23 Nov"
    assert day_text(MOMENT, tokyo) == "24 Nov"
    assert full_day_text(MOMENT, UTC) == "23 Nov 2026"
    assert day_clock_text(MOMENT, UTC) == "23 Nov 17:36"
    assert day_clock_text(MOMENT, UTC, 15) == "23 Nov 17:36:47"
    later = MOMENT + 7 * 3600 * 10**9
    assert not are_of_one_day(MOMENT, later, UTC)
    assert are_of_one_day(MOMENT, later, tokyo)
    assert are_of_one_day(MOMENT, 0, UTC), "what is not known differs from nothing"
    assert day_text(0, UTC) == full_day_text(0, UTC) == full_day_text(1 << 80, UTC) == ""


@pytest.mark.parametrize("time_ns", [0, -5, (1 << 63) - 1])
def test_times_that_cannot_be(time_ns: int) -> None:
    assert clock_text(time_ns, UTC)
    assert date_text(time_ns, UTC)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0, "+0 ns"),
        (182_000, "+182 µs"),
        (-1_500_000, "-1.5 ms"),
        (999_999, "+1 ms"),
        (1_204_000_000, "+1.204 s"),
        (11_045_000_000_000, "+3:04:05"),
    ],
)
def test_spans(span: int, text: str) -> None:
    assert span_text(span) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (182_000, "182 µs…"),
        (201_400_000, "201 ms…"),
        (999_999_999, "999 ms…"),
        (17_205_000_000, "17.2 s…"),
        (59_999_000_000, "59.9 s…"),
        (11_045_000_000_000, "3:04:05…"),
        (36_000_000_000_000, "10 h…"),
        (3_600_000_000_000_000, "1000 h…"),
    ],
)
def test_ages_keep_their_unit_in_the_narrow_column(span: int, text: str) -> None:
    assert age_text(span) == text
    assert width_of(text) <= next(c.narrow for c in COLUMNS if c.key == "duration")
