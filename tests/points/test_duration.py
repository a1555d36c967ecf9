from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0", 0),
        ("25us", 25_000),
        ("25µs", 25_000),
        ("25μs", 25_000),
        ("10ms", 10_000_000),
        ("1.5ms", 1_500_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("1h2m3s", 3_723_000_000_000),
        ("-1us", -1_000),
        ("+7ns", 7),
        ("0.1ns", 0),
    ],
)
def test_durations_that_go_takes(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


@pytest.mark.parametrize(
    "text",
    ["", "5", "us", "5 us", "5xs", "1..5ms", ".ms", "--1s", "1s-", "٣s", "3000000h", "9" * 200],
)
def test_durations_that_go_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration"):
        parse_duration(text)


@given(st.text(alphabet="0123456789.nusmhµ+- ", max_size=20))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        value = parse_duration(text)
    except ValueError:
        return
    assert abs(value) < 2**63
