from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

from gvtui.query.activity.times import in_zone, utc


def test_times_are_utc_and_never_raise() -> None:
    assert utc(1_000_000_000_000_000_000) == "2001-09-09 01:46:40Z"
    assert utc(0) == "a time that is not known"
    assert utc(1 << 62) != ""


def test_other_zones_are_named() -> None:
    assert in_zone(1_000_000_000_000_000_000, ZoneInfo("Asia/Tokyo")) == "2001-09-09 10:46:40 JST"
    assert in_zone(1_000_000_000_000_000_000, UTC) == "2001-09-09 01:46:40Z"
