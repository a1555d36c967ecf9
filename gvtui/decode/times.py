"""Renders durations and kernel time values."""

from __future__ import annotations

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
