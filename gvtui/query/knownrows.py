"""Which of the first rows of a trace pass, as it was found out before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from gvtui.query.source import RowSource


class KnownPart(NamedTuple):
    """Consecutive rows of which it is known which ones pass."""

    base: int
    """A row that is not after the first one that passes."""
    passing: int
    """How many of them pass: some, and at most 65,536."""
    ids: Callable[[], npt.NDArray[np.int64]]
    """Gives those."""


class KnownRows(NamedTuple):
    """Which rows before one pass."""

    stop: int
    """The row."""
    parts: Sequence[KnownPart]
    """Of all rows before it, in order."""


def known_stop(trace: RowSource, position: int) -> int:
    """The row before which it is known which rows are repeated as of the trace's end now, where all
    rows before a position have been looked at: the last that may be is a chunk before the end."""
    known = min(position, trace.end_row) // CHUNK - 1
    return max(known * CHUNK, trace.first_row)


def known_rows(
    trace: RowSource,
    stop: int,
    count: Callable[[int, int], int],
    rows: Callable[[int], npt.NDArray[np.int64]],
) -> KnownRows:
    """The rows before one that pass.

    Args:
        trace: whose rows they are.
        stop: what `known_stop` gave.
        count: gives how many pass from one row to before another, of the same chunk.
        rows: gives those of a chunk that pass, in order.
    """
    first, parts = trace.first_row, []
    for number in range(first // CHUNK, -(-stop // CHUNK)):
        begin, end = max(number * CHUNK, first), min((number + 1) * CHUNK, stop)
        if passing := count(begin, end):
            parts.append(KnownPart(begin, passing, partial(_within, rows, number, begin, end)))
    return KnownRows(stop, parts)


def _within(
    rows: Callable[[int], npt.NDArray[np.int64]], number: int, begin: int, end: int
) -> npt.NDArray[np.int64]:
    found = rows(number)
    return found[(found >= begin) & (found < end)]
