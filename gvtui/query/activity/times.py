"""Times in what an activity says in words."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from gvtui.decode.times import second_text

if TYPE_CHECKING:
    from datetime import tzinfo


def utc(time_ns: int) -> str:
    """A time in UTC, to the second."""
    return in_zone(time_ns, UTC)


def in_zone(time_ns: int, zone: tzinfo | None) -> str:
    """A time to the second, with `Z` for UTC, or the name of another zone; None for the local one."""
    if not time_ns:
        return "a time that is not known"
    words = second_text(time_ns, zone)
    if not words:
        return "a time that makes no sense"
    return f"{words.removesuffix(' UTC')}Z" if zone is UTC else words
