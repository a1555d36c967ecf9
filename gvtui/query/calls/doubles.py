"""Finds calls that a session reports twice: by a raw point and by a decoded one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.calls.threadrows import ThreadRows
from gvtui.query.source import group
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.source import RowSource

_MAX_CARRIED = 1 << 16
_MOST_APART = (1 << 16) - 1
"""How many rows after the raw row of a call its decoded one may be."""


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


class Twins:
    """The two rows of each side of a call that a session reports twice, by one of them."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self._calls = ThreadRows(trace, _are_of_calls, _MOST_APART)

    def decoded(self, row_id: int) -> int | None:
        """The decoded row that repeats a raw one; None if the trace has none.

        It is the thread's next one, so only that is looked at, and only `_MOST_APART` rows far.
        """
        return self._twin(row_id, self._calls.after, is_raw=True)

    def raw(self, row_id: int) -> int | None:
        """The raw row that a decoded one repeats; None if the trace has none."""
        return self._twin(row_id, self._calls.before, is_raw=False)

    def _twin(
        self, row_id: int, look: Callable[[int, int, int], int | None], *, is_raw: bool
    ) -> int | None:
        row = self._trace.row(row_id)
        if row.direction == Direction.NONE or not row.tid or (row.type == RAW_SYSCALL) != is_raw:
            return None
        found = look(row.conn, row.tid, row_id)
        if found is None:
            return None
        other = self._trace.row(found)
        is_same = (other.direction, other.sysno, other.errno) == (
            row.direction,
            row.sysno,
            row.errno,
        )
        return found if is_same and (other.type == RAW_SYSCALL) != is_raw else None


def _are_of_calls(rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = rows["direction"] != Direction.NONE
    return found
