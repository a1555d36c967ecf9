from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.values import (
    DAY_NS,
    ERRNO_BY_NAME,
    Interval,
    ValueTextError,
    duration,
    errno_value,
    moment,
    number,
)

_SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-1", -1), ("+7", 7), ("0x1F", 31), ("-0x10", -16), ("0o17", 15), ("010", 10)],
)
def test_numbers(text: str, value: int) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "-", "1.5", "0x", "1e3", "9223372036854775808", "１", "1 "])
def test_no_numbers(text: str) -> None:
    with pytest.raises(ValueTextError):
        number(text)


def test_smallest_and_largest_number() -> None:
    assert number("-9223372036854775808") == -(1 << 63)
    assert number("9223372036854775807") == (1 << 63) - 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15", 15),
        ("1us", 1000),
        ("1µs", 1000),
        ("10ms", 10_000_000),
        ("1.5s", 1_500_000_000),
        ("0.0000000019s", 1),
        ("2m", 120 * _SECOND),
        ("1h", 3600 * _SECOND),
    ],
)
def test_durations(text: str, value: int) -> None:
    assert duration(text) == value


@pytest.mark.parametrize("text", ["", "ms", "-1ms", "1 ms", "1.ms", "1d", "99999999999999h"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueTextError):
        duration(text)


def test_errno_names() -> None:
    assert errno_value("ENOENT") == 2
    assert errno_value("enoent") == 2
    assert errno_value("EWOULDBLOCK") == 11
    assert errno_value("ERESTARTSYS") == 512
    assert errno_value("ENOWAY") is None
    assert all(code > 0 for code in ERRNO_BY_NAME.values())


@pytest.mark.parametrize(
    ("text", "low", "size"),
    [
        ("14:05", (14 * 3600 + 5 * 60) * _SECOND, 60 * _SECOND),
        ("9:05:07", (9 * 3600 + 5 * 60 + 7) * _SECOND, _SECOND),
        ("00:00:00.25", _SECOND // 4, 10_000_000),
        ("00:00:00.000000001", 1, 1),
    ],
)
def test_times_of_day(text: str, low: int, size: int) -> None:
    assert moment(text, None) == Interval(low, low + size - 1, of_day=True)


def _ns(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * _SECOND  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "low", "size"),
    [
        ("2026-08-21", _ns(2026, 8, 21), DAY_NS),
        ("2026-08-21T14:05", _ns(2026, 8, 21, 14, 5), 60 * _SECOND),
        ("2026-08-21 14:05:09.5", _ns(2026, 8, 21, 14, 5, 9) + _SECOND // 2, _SECOND // 10),
        ("2026-08-21T14:05:09+02:00", _ns(2026, 8, 21, 12, 5, 9), _SECOND),
        ("2026-08-21T14:05:09Z", _ns(2026, 8, 21, 14, 5, 9), _SECOND),
        ("1795455407365319303", 1795455407365319303, 1),
    ],
)
def test_dates(text: str, low: int, size: int) -> None:
    assert moment(text, UTC) == Interval(low, low + size - 1)


def test_the_zone_given_counts_unless_the_text_has_one() -> None:
    zone = timezone(timedelta(hours=-5))
    assert moment("2026-08-21T00:00", zone).low == _ns(2026, 8, 21, 5)
    assert moment("2026-08-21T00:00Z", zone).low == _ns(2026, 8, 21)


def test_the_local_zone_counts_where_none_is_given() -> None:
    seconds = moment("2026-08-21T00:00", None).low // _SECOND
    assert datetime.fromtimestamp(seconds) == datetime(2026, 8, 21)


@pytest.mark.parametrize("text", ["", "24:00", "1:60", "x", "2026-13-01", "2026-08-21T", "1:2"])
def test_no_times(text: str) -> None:
    with pytest.raises(ValueTextError):
        moment(text, UTC)


@given(st.text(alphabet="0123456789:-T.Zz+ ,", max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        interval = moment(text, None)
    except ValueTextError:
        return
    assert interval.low <= interval.high
