"""Go's durations, as the remote sink's settings write them: `100us`, `1m30s`, `1.5ms`."""

from __future__ import annotations

import re
from decimal import Decimal

_UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h)"
_WHOLE = re.compile(rf"[+-]?(?:0|(?:{_PART})+)")
_PARTS = re.compile(r"([0-9.]+)(ns|us|µs|μs|ms|s|m|h)")
_MAX_NS = 2**63 - 1
_MAX_LENGTH = 100


def parse_duration(text: str) -> int:
    """Nanoseconds of a Go duration; parts of a nanosecond are cut off.

    Raises:
        ValueError: Go would not take it.
    """
    if len(text) > _MAX_LENGTH or not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:_MAX_LENGTH]!r} is no duration such as '100us', '5ms' or '1m30s'")
    total = sum(int(Decimal(amount) * _UNIT_NS[unit]) for amount, unit in _PARTS.findall(text))
    if total > _MAX_NS:
        raise ValueError(f"{text!r} is longer than a duration can be")
    return -total if text.startswith("-") else total
