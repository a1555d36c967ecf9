"""Formats times and durations for the screen."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

SECOND_NS = 1_000_000_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=512)
def _second(seconds: int, zone: tzinfo | None) -> str:
    try:
        return datetime.fromtimestamp(seconds, zone).strftime("%H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return "??:??:??"


def clock_text(time_ns: int, zone: tzinfo | None, digits: int = 6) -> str:
    """Time of day with `digits` digits of the second; dashes for a time that is not known."""
    if time_ns <= 0:
        return "--:--:--"
    seconds, rest = divmod(time_ns, SECOND_NS)
    point = f".{rest:09d}"[: 1 + digits] if digits else ""
    return f"{_second(seconds, zone)}{point}"


@lru_cache(maxsize=512)
def _day(seconds: int, zone: tzinfo | None) -> tuple[int, str]:
    try:
        day = datetime.fromtimestamp(seconds, zone)
    except (OverflowError, OSError, ValueError):
        return 0, ""
    return day.toordinal(), f"{day.day} {_MONTHS[day.month - 1]}"


def are_of_one_day(time_ns: int, other_ns: int, zone: tzinfo | None) -> bool:
    """Whether two times are of the same day; also if one of them is not known."""
    if time_ns <= 0 or other_ns <= 0:
        return True
    return _day(time_ns // SECOND_NS, zone) == _day(other_ns // SECOND_NS, zone)


def day_text(time_ns: int, zone: tzinfo | None) -> str:
    """The day without the year, `27 Nov`; "" for a time that is not known."""
    return _day(time_ns // SECOND_NS, zone)[1] if time_ns > 0 else ""


def day_clock_text(time_ns: int, zone: tzinfo | None, width: int = 12) -> str:
    """The day and the time of day, to the second if that fits: `27 Nov 12:01`."""
    clock = clock_text(time_ns, zone, 0)
    words = f"{day_text(time_ns, zone)} {clock}".strip()
    return words if len(words) <= width else words[: -len(":00")]


def full_day_text(time_ns: int, zone: tzinfo | None) -> str:
    """The day with its year, `27 Nov 2026`; "" for a time that is not known."""
    if time_ns <= 0:
        return ""
    try:
        day = datetime.fromtimestamp(time_ns // SECOND_NS, zone)
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def date_text(time_ns: int, zone: tzinfo | None) -> str:
    """Date and time of day in full, with nanoseconds."""
    try:
        day = datetime.fromtimestamp(time_ns // SECOND_NS, zone).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return str(time_ns)
    return f"{day}.{time_ns % SECOND_NS:09d}"


def span_text(span_ns: int) -> str:
    """A time difference with its sign: `+182 µs`, `+1.204 s`, `+3:04:05`."""
    sign, size = ("-" if span_ns < 0 else "+"), abs(span_ns)
    if size < 1_000:
        return f"{sign}{size} ns"
    if size < 1_000_000:
        return f"{sign}{size / 1e3:.3g} µs" if size < 999_500 else f"{sign}1 ms"
    if size < SECOND_NS:
        return f"{sign}{size / 1e6:.4g} ms"
    if size < 60 * SECOND_NS:
        return f"{sign}{size / 1e9:.3f} s"
    minutes, seconds = divmod(size // SECOND_NS, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02d}:{seconds:02d}"


def took_text(span_ns: int) -> str:
    """A duration in the unit that suits it: `182 µs`, `3:04:05`."""
    return span_text(abs(span_ns))[1:]


def age_text(span_ns: int) -> str:
    """The age of a call that still runs, in eight cells: `201 ms…`, `17.2 s…`, `3:04:05…`."""
    if span_ns < 1_000_000:
        words = took_text(span_ns)
    elif span_ns < SECOND_NS:
        words = f"{span_ns // 1_000_000} ms"
    elif span_ns < 60 * SECOND_NS:
        words = f"{span_ns // (SECOND_NS // 10) / 10} s"
    else:
        hours = span_ns // (3600 * SECOND_NS)
        words = took_text(span_ns) if hours < 10 else f"{hours} h"
    return f"{words}…"
