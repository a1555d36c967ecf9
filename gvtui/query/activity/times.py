"""Times in what an activity says in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

_SECOND_NS = 1_000_000_000


def utc(time_ns: int) -> str:
    """A time in UTC, to the second."""
    return in_zone(time_ns, UTC)


def in_zone(time_ns: int, zone: tzinfo | None) -> str:
    """A time to the second, with `Z` for UTC, or the name of another zone; None for the local one."""
    if not time_ns:
        return "a time that is not known"
    try:
        when = datetime.fromtimestamp(time_ns // _SECOND_NS, zone)
    except (OverflowError, OSError, ValueError):
        return "a time that makes no sense"
    words = when.strftime("%Y-%m-%d %H:%M:%S")
    return f"{words}Z" if zone is UTC else f"{words} {when.astimezone(zone):%Z}"
