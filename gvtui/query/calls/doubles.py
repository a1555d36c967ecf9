"""Finds calls that a session reports twice: by a raw point and by a decoded one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.query.calls.threadrows import ThreadRows
from gvtui.query.source import group
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from gvtui.query.source import RowSource

    RowNumbers = npt.NDArray[np.int64]

_MAX_CARRIED = 1 << 16
MOST_APART = (1 << 16) - 1
"""How many rows after the raw row of a call its decoded one may be."""


class Doubles:
    """Finds decoded rows whose raw twin is the row before them in their thread.

    A sandbox sends the raw point first, then the decoded one, from the same thread: so the twin is
    the row before, with the same sysno, direction and error. Rows must be given in order.
    """

    def __init__(self) -> None:
        self._raw_tails: dict[tuple[int, int], _End] = {}
        self._given = 0

    @property
    def alone(self) -> list[int]:
        """The raw rows that are their threads' last ones so far: decoded ones may repeat them."""
        return [tail.row for tail in self._raw_tails.values()]

    def mask(self, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """For each of the next rows, whether it repeats the raw row before it."""
        result = np.zeros(len(rows), np.bool_)
        _, decoded = self.pairs(self._given, rows)
        result[decoded - self._given] = True
        self._given += len(rows)
        return result

    def pairs(self, start: int, rows: npt.NDArray[np.void]) -> tuple[RowNumbers, RowNumbers]:
        """The rows that repeat the raw row before them among the next rows, in no order.

        Args:
            start: row id of the first of `rows`.
            rows: the next rows, in order.

        Returns:
            The ids of the raw rows, which may be before `start`, and of the decoded ones.
        """
        direction, tids = rows["direction"], rows["tid"]
        places = np.flatnonzero((direction != Direction.NONE) & (tids != 0))
        is_raw = rows["type"][places] == RAW_SYSCALL
        if not len(places) or (not self._raw_tails and not is_raw.any()):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        order, bounds = group(rows["conn"][places], tids[places])
        places, is_raw = places[order], is_raw[order]
        told = [column[places] for column in (direction, rows["sysno"], rows["errno"])]
        twin = is_raw[:-1] & ~is_raw[1:]
        for column in told:
            twin &= column[:-1] == column[1:]
        twin[bounds[1:-1] - 1] = False
        raw, decoded = places[:-1][twin] + start, places[1:][twin] + start
        earlier: list[tuple[int, int]] = []
        firsts, lasts = bounds[:-1], bounds[1:] - 1
        threads = zip(
            rows["conn"][places[firsts]].tolist(), tids[places[firsts]].tolist(), strict=True
        )
        for thread, first, last in zip(
            threads,
            _ends(firsts, start, places, is_raw, told),
            _ends(lasts, start, places, is_raw, told),
            strict=True,
        ):
            tail = self._raw_tails.pop(thread, None)
            if tail is not None and not first.is_raw and tail.words == first.words:
                earlier.append((tail.row, first.row))
            if last.is_raw:
                self._raw_tails[thread] = last
        if len(self._raw_tails) > _MAX_CARRIED:
            self._raw_tails.clear()
        if earlier:
            more = np.array(earlier, np.int64)
            raw, decoded = np.append(raw, more[:, 0]), np.append(decoded, more[:, 1])
        return raw, decoded


class _End(NamedTuple):
    """The first or the last row of a thread among some rows."""

    row: int
    is_raw: bool
    words: tuple[int, int, int]
    """Direction, number and error, to be compared with another's."""


def _ends(
    at: npt.NDArray[np.intp],
    start: int,
    places: npt.NDArray[np.intp],
    is_raw: npt.NDArray[np.bool_],
    told: Sequence[npt.NDArray[np.int64]],
) -> Iterator[_End]:
    words = zip(*(column[at].tolist() for column in told), strict=True)
    rows = (places[at] + start).tolist()
    return map(_End, rows, is_raw[at].tolist(), words)


class Twins:
    """The two rows of each side of a call that a session reports twice, by one of them."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self._calls = ThreadRows(trace, _are_of_calls, MOST_APART)

    def decoded(self, row_id: int) -> int | None:
        """The decoded row that repeats a raw one; None if the trace has none.

        It is the thread's next one, so only that is looked at, and only `MOST_APART` rows far.
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
