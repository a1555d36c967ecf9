"""Finds calls that a session reports twice: by a raw point and by a decoded one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import group
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource

_MAX_CARRIED = 1 << 16


class Doubles:
    """Finds decoded rows whose raw twin is the row before them in their thread.

    A sandbox sends the raw point first, then the decoded one, from the same thread: so the twin is
    the row before, with the same sysno, direction and error. Rows must be given in order.
    """

    def __init__(self) -> None:
        self._raw_tails: dict[tuple[int, int], tuple[int, int, int]] = {}

    def mask(self, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """For each of the next rows, whether it repeats the raw row before it."""
        result = np.zeros(len(rows), np.bool_)
        direction, tids = rows["direction"], rows["tid"]
        places = np.flatnonzero((direction != Direction.NONE) & (tids != 0))
        is_raw = rows["type"][places] == RAW_SYSCALL
        if not self._raw_tails and not is_raw.any():
            return result
        order, bounds = group(rows["conn"][places], tids[places])
        places, is_raw = places[order], is_raw[order]
        told = np.stack([direction[places], rows["sysno"][places], rows["errno"][places]], axis=1)
        twin = is_raw[:-1] & ~is_raw[1:] & (told[:-1] == told[1:]).all(axis=1)
        twin[bounds[1:-1] - 1] = False
        result[places[1:][twin]] = True
        for first, end in pairwise(bounds.tolist()):
            row = rows[places[first]]
            thread = (int(row["conn"]), int(row["tid"]))
            tail = self._raw_tails.pop(thread, None)
            if tail == _words(told[first]) and not is_raw[first]:
                result[places[first]] = True
            if is_raw[end - 1]:
                self._raw_tails[thread] = _words(told[end - 1])
        if len(self._raw_tails) > _MAX_CARRIED:
            self._raw_tails.clear()
        return result


def _words(told: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    """Direction, number and error of a row, to be compared with another's."""
    direction, sysno, errno = told.tolist()
    return direction, sysno, errno


def decoded_twin(trace: RowSource, row_id: int) -> int | None:
    """The decoded row that repeats a raw one; None if the trace has none.

    It is the thread's next one, so only that is looked at, and only `MOST_BETWEEN` rows far.
    """
    return _twin(trace, row_id, forward=True)


def raw_twin(trace: RowSource, row_id: int) -> int | None:
    """The raw row that a decoded one repeats; None if the trace has none."""
    return _twin(trace, row_id, forward=False)


def _twin(trace: RowSource, row_id: int, *, forward: bool) -> int | None:
    row = trace.row(row_id)
    if row.direction == Direction.NONE or not row.tid or (row.type == RAW_SYSCALL) != forward:
        return None
    for near, far in pairwise(_DISTANCES):
        if forward:
            start, stop = row_id + near, min(row_id + far, trace.end_row)
        else:
            start, stop = max(row_id - far + 1, trace.first_row), row_id - near + 1
        if start >= stop:
            return None
        rows = trace.rows(start, stop)
        own = np.flatnonzero(
            (rows["tid"] == row.tid) & (rows["conn"] == row.conn) & (rows["direction"] != 0)
        )
        if len(own):
            place = int(own[0 if forward else -1])
            other = trace.row(start + place)
            is_raw = other.type == RAW_SYSCALL
            is_same = (other.direction, other.sysno, other.errno) == (
                row.direction,
                row.sysno,
                row.errno,
            )
            return start + place if is_same and is_raw != forward else None
    return None


MOST_BETWEEN = 1 << 16
"""How many rows of other threads may lie between the raw and the decoded row of one call."""
_DISTANCES = (1, 1 << 4, 1 << 8, 1 << 12, MOST_BETWEEN)
