"""Reads values of the filter language: numbers, errno names, durations, times, processes."""

from __future__ import annotations

import errno
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.errno_names import errno_name
from gvtui.decode.outcome import RESTARTS

if TYPE_CHECKING:
    from datetime import tzinfo

SMALLEST, LARGEST = -(1 << 63), (1 << 63) - 1
DAY_NS = 86_400 * 1_000_000_000


ERRNO_BY_NAME: dict[str, int] = {
    **{name: value for name, value in vars(errno).items() if name.startswith("E")},
    **{errno_name(code): code for code in RESTARTS},
}
"""Every errno name with its number, including synonyms such as EWOULDBLOCK."""

DURATION_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
}

_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]{1,16}|0[oO][0-7]{1,22}|[0-9]{1,20})", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?([a-zµμ]*)")
_PROCESS = re.compile(
    r"(?:(?P<container>.+)/)?(?P<pid>[0-9]{1,10})(?:@(?P<start>[^/]+))?", re.ASCII | re.DOTALL
)
_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<frac>[0-9]{1,9}))?)?"
_TIME_OF_DAY = re.compile(_CLOCK)
_DATE = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]"
    + _CLOCK
    + r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class Interval(NamedTuple):
    """The moments that a value covers, both ends included: `14:05` is a whole minute."""

    low: int
    high: int
    of_day: bool = False
    """Whether its ends are nanoseconds since midnight, not since 1970."""


class ProcessValue(NamedTuple):
    """A process as a value names it."""

    container: str | None
    """The container ID; None for any container."""
    pid: int
    start: Interval | None
    """The start time; None for any."""


class ValueTextError(ValueError):
    """A value cannot be read; the message says why."""


def number(text: str) -> int:
    """Read a whole number: decimal, `0x` or `0o`.

    Raises:
        ValueTextError: the text is not a number, or has more than 64 bits.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueTextError("is not a number")
    bare = text.lstrip("+-")
    value = int(bare, 0 if bare[:2].lower() in ("0x", "0o") else 10)
    value = -value if text[0] == "-" else value
    if not SMALLEST <= value <= LARGEST:
        raise ValueTextError("has more than 64 bits")
    return value


def errno_value(text: str) -> int | None:
    """The number of an errno name in upper or lower case; None if there is no such name."""
    return ERRNO_BY_NAME.get(text.upper())


def duration(text: str) -> int:
    """Read a duration, in nanoseconds; a number without a unit is nanoseconds.

    Raises:
        ValueTextError: it is none.
    """
    match = _DURATION.fullmatch(text)
    unit = DURATION_UNITS.get(match[3] or "ns") if match else None
    if match is None or unit is None:
        raise ValueTextError("is not a duration")
    fraction = match[2] or ""
    value: int = int(match[1]) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
    if value > LARGEST:
        raise ValueTextError("is too long a duration")
    return value


def moment(text: str, zone: tzinfo | None) -> Interval:
    """Read a time of day, a date, a date and time, or nanoseconds since 1970.

    Args:
        text: as typed.
        zone: the time zone, unless the text has one; None for the local one.

    Raises:
        ValueTextError: it is none of these.
    """
    if match := _TIME_OF_DAY.fullmatch(text):
        low, size = _clock(match)
        return Interval(low, low + size - 1, of_day=True)
    if match := _DATE.fullmatch(text):
        return _date(match, zone)
    try:
        value = number(text)
    except ValueTextError:
        raise ValueTextError("is not a time") from None
    return Interval(value, value)


_AGO = re.compile(r"([+-])(.+)", re.DOTALL)


def relative(text: str) -> int | None:
    """Nanoseconds from now for a text such as `-5m` or `-1.5h`; None for another text."""
    match = _AGO.fullmatch(text)
    if match is None or match[2].isdecimal():
        return None
    try:
        distance = duration(match[2])
    except ValueTextError:
        return None
    return -distance if match[1] == "-" else distance


def process_value(text: str, zone: tzinfo | None) -> ProcessValue:
    """Read a process: `110`, `web/110`, `web/110@2026-08-21T14:05:09.25Z`.

    Args:
        text: the thread group id, perhaps with the container before it and the start time after it.
        zone: as for `moment`.

    Raises:
        ValueTextError: it is none of these.
    """
    match = _PROCESS.fullmatch(text)
    if match is None:
        raise ValueTextError("is not a process")
    start = moment(match["start"], zone) if match["start"] is not None else None
    if start is not None and start.of_day:
        raise ValueTextError("needs a date with its time")
    return ProcessValue(match["container"], number(match["pid"]), start)


def _clock(match: re.Match[str]) -> tuple[int, int]:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise ValueTextError("is not a time of day")
    fraction = match["frac"] or ""
    low = (hour * 3600 + minute * 60 + second) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)
    if match["second"] is None:
        return low, 60_000_000_000
    return low, 10 ** (9 - len(fraction))


def _date(match: re.Match[str], zone: tzinfo | None) -> Interval:
    of_day, size = _clock(match) if match["hour"] is not None else (0, DAY_NS)
    try:
        midnight = datetime.fromisoformat(match["date"])
        seconds, rest = divmod(of_day, 1_000_000_000)
        when = midnight.replace(
            hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60
        )
        if match["hour"] is not None and match["zone"]:
            when = datetime.fromisoformat(when.isoformat() + match["zone"])
        elif zone is not None:
            when = when.replace(tzinfo=zone)
        since = when.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueTextError("is not a date") from None
    low = (since.days * 86_400 + since.seconds) * 1_000_000_000 + rest
    low = min(max(low, SMALLEST), LARGEST)
    return Interval(low, min(low + size - 1, LARGEST))
