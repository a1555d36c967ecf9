"""Reads the times that the command line gives for a part of a recording."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gvtui.errors import UsageError
from gvtui.query.filter.values import LARGEST, ValueTextError, moment

if TYPE_CHECKING:
    from datetime import tzinfo

_SECOND_NS = 1_000_000_000
_MOST_DAYS = 3660
"""Days of a recording in which a time of day is looked for."""


def moment_in(text: str, first_ns: int, last_ns: int, zone: tzinfo | None = None) -> int:
    """The beginning of a moment, in Unix nanoseconds.

    Args:
        text: as filters have it: a time of day, a date, a date and time, or nanoseconds.
        first_ns: when the recording begins; its days are those of a time of day, and of several
            that lie outside of it the nearest is meant.
        last_ns: when the recording ends.
        zone: the time zone; None for the local one.

    Raises:
        UsageError: the text is no moment, or a time of day of which the recording has several.
    """
    try:
        found = moment(text.strip(), zone)
    except ValueTextError as error:
        raise UsageError(
            f"{text!r} {error}; write one such as 14:05, 14:05:09.5 or '2026-11-27 14:05'"
        ) from error
    if not found.of_day:
        return found.low
    times = list(_on_each_day(found.low, first_ns, last_ns, zone))
    inside = [each for each in times if first_ns <= each <= last_ns]
    if len(inside) > 1:
        raise UsageError(f"the recording has {text} on {len(inside)} days; give the date too")
    return (
        inside[0] if inside else min(times, key=lambda each: max(first_ns - each, each - last_ns))
    )


def _on_each_day(of_day_ns: int, first_ns: int, last_ns: int, zone: tzinfo | None) -> list[int]:
    """A time of day on all days from one moment to another."""
    seconds, rest = divmod(of_day_ns, _SECOND_NS)
    try:
        begin, end = (_local(each, zone) for each in (first_ns, last_ns))
    except (OverflowError, OSError, ValueError):
        raise UsageError("the times of the recording make no sense; give a date") from None
    days = min((end.date() - begin.date()).days, _MOST_DAYS)
    clock = begin.replace(
        hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60, microsecond=0
    )
    found = []
    for day in range(days + 1):
        when = clock + timedelta(days=day)
        # The clock of a place may have another distance to UTC on another day.
        when = when.replace(tzinfo=zone) if zone is not None else when.replace(tzinfo=None)
        since = when.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        found.append(min((since.days * 86_400 + since.seconds) * _SECOND_NS + rest, LARGEST))
    return found


def _local(time_ns: int, zone: tzinfo | None) -> datetime:
    when = datetime.fromtimestamp(time_ns // _SECOND_NS, UTC)
    return when.astimezone(zone)
