from __future__ import annotations

from datetime import UTC

import pytest

from gvtui.tui.clock import clock_text, date_text, span_text

MOMENT = 1_795_455_407_118_204_005


def test_times_of_day() -> None:
    assert clock_text(MOMENT, UTC) == "17:36:47.118204"
    assert clock_text(MOMENT, UTC, 3) == "17:36:47.118"
    assert date_text(MOMENT, UTC) == "2026-11-23 17:36:47.118204005"


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
