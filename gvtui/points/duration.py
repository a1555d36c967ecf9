"""Parses durations as Go and the remote sink's settings write them: `100us`, `1m30s`, `1.5ms`."""

from __future__ import annotations

import re

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
_MAX_SAID = 100
_MAX_DIGITS = 19
_PART_SCALE = 10_000_000_000_000_000_000
"""How many digits are read before and after the point: Go ignores or refuses further ones."""


def parse_duration(text: str) -> int:
    """The nanoseconds of a Go duration; fractions of a nanosecond are cut off.

    Raises:
        ValueError: Go would refuse the text.
    """
    if not _WHOLE.fullmatch(text):
        said = text[:_MAX_SAID]
        raise ValueError(f"{said!r} is no duration such as '100us', '5ms' or '1m30s'")
    total = sum(_nanoseconds(amount, _UNIT_NS[unit]) for amount, unit in _PARTS.findall(text))
    negative = text.startswith("-")
    if total > _MAX_NS + negative:
        raise ValueError(f"{text[:_MAX_SAID]!r} is longer than a duration can be")
    return -total if negative else total


def _nanoseconds(amount: str, unit: int) -> int:
    whole, _, part = amount.partition(".")
    whole = whole.lstrip("0") or "0"
    if len(whole) > _MAX_DIGITS:
        return _MAX_NS + 2
    part = part[:_MAX_DIGITS]
    return int(whole) * unit + int(part.ljust(_MAX_DIGITS, "0")) * unit // _PART_SCALE
