"""The condition on a process: its thread group id, container and start time.

A row has the id and the container. Only the message has the start time, if the session collects it.
An id is reused only after its process has ended, so along the rows of an id the start time changes
only now and then: bisection finds the changes by decoding a few messages.
"""

from __future__ import annotations

import weakref
from bisect import bisect_left
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.query.filter.conditions import Cost
from gvtui.query.filter.texts import TextCondition
from gvtui.trace.containers import container_of
from gvtui.trace.row import Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gvtui.query.filter.batch import Mask, RowBatch
    from gvtui.query.filter.texts import TextColumn
    from gvtui.query.filter.values import ProcessValue
    from gvtui.query.source import RowSource
    from gvtui.wire.messages import Decoded

    Places = npt.NDArray[np.intp]
    Starts = npt.NDArray[np.int64]

_MAX_REMEMBERED = 1 << 16


def start_of(decoded: Decoded) -> int:
    """The start time of a message's process, Unix nanoseconds; 0 if the message lacks it."""
    message: Any = decoded.message
    if isinstance(message, Unknown):
        return 0
    start_ns: int = message.context_data.thread_group_start_time_ns
    return start_ns


def row_process(trace: RowSource, row_id: int) -> tuple[str, int, int]:
    """The container, thread group id and start time of a row's process, from its message.

    If the message has no container, the connection's is given. "" and 0 stand for unknown values.

    Raises:
        IndexError: the trace does not have the row.
    """
    row = trace.row(row_id)
    decoded = None
    if row.kind == Kind.MESSAGE:
        with suppress(WireError):
            decoded = trace.decoded(row_id)
    return (
        container_of(trace, row_id),
        max(row.pid, 0),
        start_of(decoded) if decoded is not None else 0,
    )


class ProcessCondition:
    """Tests whether a row belongs to one of several processes."""

    cost = Cost.STRINGS
    is_local = False

    def __init__(
        self, values: Sequence[ProcessValue], containers: TextColumn, *, is_negated: bool
    ) -> None:
        """Make the condition.

        Args:
            values: the processes.
            containers: the column with the rows' containers.
            is_negated: whether it holds for the rows of all other processes.
        """
        self._is_negated = is_negated
        self._values = [
            (
                value,
                None
                if value.container is None
                else TextCondition(containers, value.container.__eq__),
            )
            for value in values
        ]
        self._starts = StartTimes()

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Compare the ids, and for equal ids the containers and start times."""
        pids = batch.column("pid")
        answer: Mask = np.zeros(len(batch), np.bool_)
        for value, container in self._values:
            own: Mask = pids == value.pid
            if not own.any():
                continue
            if container is not None:
                own &= container.holds(batch, own)
            if value.start is not None:
                places = np.flatnonzero(own)
                starts = self._starts.of(batch, places, value.pid)
                low, high, _ = value.start
                own[places] = (starts != 0) & (starts >= low) & (starts <= high)
            answer |= own
        return (pids > 0) & ~answer if self._is_negated else answer


class StartTimes:
    """Finds the start times of rows' processes.

    A row whose message lacks the start time has that of the nearest earlier row of the same id; the
    first rows of an id have that of the first row with one.
    """

    def __init__(self) -> None:
        self._trace: weakref.ref[RowSource] | None = None
        self._says: dict[tuple[int, int], bool] = {}
        """Whether the messages of a point on a connection have start times, as its session says."""
        self._facts: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """By connection and id, the rows at which the start time changes, with the new one."""
        self._count = 0
        """How many of these facts are cached."""

    def of(self, batch: RowBatch, places: Places, pid: int) -> Starts:
        """The start times at ascending indices of a batch, whose rows all have the same id."""
        if self._trace is None or self._trace() is not batch.trace:
            self._trace = weakref.ref(batch.trace)
            self._says, self._facts, self._count = {}, {}, 0
        # Only for these rows: a derived column would be made for the whole batch.
        conns = batch.rows["conn"][places]
        if len(conns) and (conns == conns[0]).all():
            return self._of_one(batch, places, int(conns[0]), pid)
        starts = np.zeros(len(places), np.int64)
        for conn in np.unique(conns).tolist():
            own = conns == conn
            starts[own] = self._of_one(batch, places[own], conn, pid)
        return starts

    def _of_one(self, batch: RowBatch, places: Places, conn: int, pid: int) -> Starts:
        saying = places[self._say(batch, places, conn)]
        facts = self._facts.setdefault((conn, pid), [])
        known = bisect_left(facts, (batch.start, 0))
        before = facts[known - 1][1] if known else 0
        told = _bisected(batch, saying, before)
        saying, told = saying[told != 0], told[told != 0]
        if not len(saying):
            return np.full(len(places), before, np.int64)
        for index in np.flatnonzero(np.diff(told, prepend=before)).tolist():
            self._remember(facts, (batch.start + int(saying[index]), int(told[index])))
        which = np.searchsorted(saying, places, "right") - 1
        return np.where(which < 0, before or told[0], told[which])

    def _remember(self, facts: list[tuple[int, int]], fact: tuple[int, int]) -> None:
        place = bisect_left(facts, fact)
        if facts[place : place + 1] == [fact]:
            return
        if self._count >= _MAX_REMEMBERED:
            self._facts, self._count = {}, 0
        facts.insert(place, fact)
        self._count += 1

    def _say(self, batch: RowBatch, places: Places, conn: int) -> Mask:
        """For each index, whether the message has a start time."""
        points = batch.rows["point"][places]
        distinct, firsts, which = np.unique(points, return_index=True, return_inverse=True)
        says = np.zeros(len(distinct), np.bool_)
        for index, point in enumerate(distinct.tolist()):
            known = self._says.get((conn, point))
            if known is None:
                known = _start_at(batch, int(places[firsts[index]])) != 0
                if len(self._says) >= _MAX_REMEMBERED:
                    self._says.clear()
                self._says[conn, point] = known
            says[index] = known
        answer: Mask = says[which]
        return answer


def _start_at(batch: RowBatch, place: int) -> int:
    decoded = batch.decoded(place)
    return start_of(decoded) if decoded is not None else 0


def _bisected(batch: RowBatch, places: Places, before: int) -> Starts:
    """The start times at indices whose messages have them; equal ends mean an equal range.

    `before` is the start time at an earlier row; 0 if it is not known.
    """
    starts = np.zeros(len(places), np.int64)
    if not len(places):
        return starts
    last = len(places) - 1
    end = _start_at(batch, int(places[last]))
    first = end if end == before else _start_at(batch, int(places[0]))
    parts = [(0, last, first, end)]
    while parts:
        low, high, first, end = parts.pop()
        if first == end:
            starts[low : high + 1] = first
        elif high - low < 2:
            starts[low], starts[high] = first, end
        else:
            middle = (low + high) // 2
            between = _start_at(batch, int(places[middle]))
            parts += [(low, middle, first, between), (middle, high, between, end)]
    return starts
