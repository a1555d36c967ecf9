"""Counts what a piece of work costs, without a clock: the same on every machine, however busy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gvtui

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_PACKAGE = str(Path(gvtui.__file__).parent)


def steps(work: Callable[[], object]) -> int:
    """How many lines of gvtui run in some work; each turn of a loop or comprehension counts."""
    count = 0

    def line(_frame: FrameType, _event: str, _arg: Any) -> Any:
        nonlocal count
        count += 1
        return line

    def call(frame: FrameType, _event: str, _arg: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(_PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def growth(cost: Callable[[int], int], size: int) -> float:
    """How the cost of more grows: 2 if in proportion, 4 if with the square.

    Args:
        cost: gives the cost of an input of some size.
        size: the smallest of three sizes, each twice the one before.
    """
    once, twice, four = (cost(size * times) for times in (1, 2, 4))
    return (four - twice) / max(twice - once, 1)
