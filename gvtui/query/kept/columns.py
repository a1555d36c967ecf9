"""Whole numbers in little room: many of them are near the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_NUMBERS = 32
"""How many numbers are worth it."""
_WIDTHS = ("<i1", "<i2", "<i4", "<i8")


def packed_numbers(numbers: Sequence[int]) -> tuple[str, bytes] | None:
    """How numbers lie, and their bytes; None if some need more than 64 bits."""
    try:
        every = np.array(numbers, np.int64)
    except OverflowError:
        return None
    steps = np.diff(every, prepend=np.int64(0))
    least, most = (int(steps.min()), int(steps.max())) if len(steps) else (0, 0)
    for width in _WIDTHS:
        held = np.iinfo(width)
        if held.min <= least and most <= held.max:
            break
    return width, steps.astype(width).tobytes()


def unpacked_numbers(width: str, packed: bytes) -> list[int]:
    """The numbers.

    Raises:
        ValueError: they lie in no known way.
    """
    if width not in _WIDTHS:
        raise ValueError(f"numbers that lie as {width!r}")
    every: Any = np.frombuffer(packed, width).astype(np.int64).cumsum()
    found: list[int] = every.tolist()
    return found
