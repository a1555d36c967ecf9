"""Renders durations, times of day and kernel time values."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

_SECOND_NS = 1_000_000_000
_UNITS = ((1_000, 1, "ns"), (1_000_000, 1_000, "µs"), (1_000_000_000, 1_000_000, "ms"))


def duration(nanoseconds: int) -> str:
    """About three digits and a unit: `640 ns`, `182 µs`, `1.20 ms`, `3.4 s`, `2 min 05 s`."""
    if nanoseconds < 0:
        return "-" + duration(-nanoseconds)
    if nanoseconds < 1_000:
        return f"{nanoseconds} ns"
    for limit, unit, name in _UNITS[1:]:
        if nanoseconds < limit:
            return _three_digits(nanoseconds, unit, name)
    if nanoseconds < 60_000_000_000:
        return f"{nanoseconds // 100_000_000 / 10:.1f} s"
    seconds = nanoseconds // 1_000_000_000
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes:02d} min"


def _three_digits(nanoseconds: int, unit: int, name: str) -> str:
    # Cut, not rounded: 999.9 µs must not read as 1000 µs.
    if nanoseconds >= unit * 100:
        return f"{nanoseconds // unit} {name}"
    if nanoseconds >= unit * 10:
        return f"{nanoseconds * 10 // unit / 10:.1f} {name}"
    return f"{nanoseconds * 100 // unit / 100:.2f} {name}"


def timespec(sec: int, nsec: int) -> str:
    """As strace writes it: `{tv_sec=1, tv_nsec=500000000}`."""
    return f"{{tv_sec={sec}, tv_nsec={nsec}}}"


def seconds_text(sec: int, nsec: int) -> str:
    """A time value as a duration; `0` if it is zero, both numbers if they are no valid time."""
    if not sec and not nsec:
        return "0"
    if 0 <= nsec < 1_000_000_000:
        return duration(sec * 1_000_000_000 + nsec)
    return f"{sec} s {nsec} ns"


def second_text(time_ns: int, zone: tzinfo | None = None) -> str:
    """Date, time of day to the second, and the zone's name: `2026-11-26 17:20:22 CET`.

    Args:
        time_ns: a Unix time in nanoseconds.
        zone: the time zone; None for the local one.

    Returns:
        The text; "" for a time that no calendar has.
    """
    try:
        when = datetime.fromtimestamp(time_ns // _SECOND_NS, zone)
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{when:%Y-%m-%d %H:%M:%S} {zone_text(time_ns, zone)}"


def zone_text(time_ns: int, zone: tzinfo | None = None) -> str:
    """The name of the zone at a time: `UTC`, `CET`, or its distance as in `UTC+05:30`.

    A zone has another name in summer. For a time that is not known it is the present one's.
    """
    try:
        when = datetime.fromtimestamp(time_ns / _SECOND_NS if time_ns > 0 else time.time(), UTC)
        when = when.astimezone(zone)
    except (OverflowError, OSError, ValueError):
        return ""
    name = when.strftime("%Z")
    return name if name.isalpha() else f"UTC{when.isoformat()[-6:]}"
