"""Counts the messages of each trace point, in all and per second, as the trace grows."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import group
from gvtui.trace.connection import SECOND_NS
from gvtui.trace.marks import SessionMark, read_mark
from gvtui.trace.row import NO_UID, Kind

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from gvtui.trace.reader import Trace

COLUMNS = {
    "group_id": "pid",
    "thread_id": "tid",
    "process_name": "process",
    "container_id": "container",
    "time": "time_ns",
    "credentials": "uid",
}
"""Context fields whose absence can be seen in a row, each with the row's column."""

_CHUNK = 1 << 14
_MAX_POINTS = 4096
"""How many points are counted for each connection: a hostile sandbox could name millions."""
MAX_CONNECTIONS = 4096
"""Connections that are counted apart."""
EARLIER = 0
"""Number that stands for those before them; no connection has it."""
_RATE_SECONDS = 2
"""Over how many whole seconds a rate is averaged, as for the rates of connections."""
_KEPT_SECONDS = 6

Counts = dict[int, int]
"""Numbers of messages by the string number of their point."""


class PointTally:
    """The numbers of messages of one trace by connection and point."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.marks: list[SessionMark] = []
        """The session marks of the trace, oldest first."""
        self._position = trace.first_row
        self._counts: dict[int, Counts] = {}
        self._lacking: dict[int, dict[str, int]] = {}
        self._recent: dict[int, dict[int, Counts]] = {}
        """The counts of each of the newest seconds, by connection."""

    @property
    def complete(self) -> bool:
        """Whether all rows have been counted."""
        return self._position >= self.trace.end_row

    @property
    def is_ahead(self) -> bool:
        """Whether rows have been counted that the trace holds back since: then one begins anew."""
        return self._position > max(self.trace.end_row, self.trace.first_row)

    def advance(self, seconds: float) -> bool:
        """Count more rows for about `seconds`; True if there were any."""
        deadline = perf_counter() + seconds
        began = self._position
        while not self.complete:
            start = max(self._position, self.trace.first_row)
            rows = self.trace.rows(start, min(start + _CHUNK, self.trace.end_row))
            self._count(rows, start)
            self._position = start + max(len(rows), 1)
            if perf_counter() >= deadline:
                break
        return self._position != began

    def _count(self, rows: npt.NDArray[np.void], start: int) -> None:
        for place in np.flatnonzero(rows["kind"] == Kind.MARK).tolist():
            self._take_mark(start + place)
        rows = rows[rows["kind"] == Kind.MESSAGE]
        order, bounds = group(rows["conn"])
        for first, end in pairwise(bounds.tolist()):
            if first == end:
                continue
            part = rows if end - first == len(rows) else rows[order[first:end]]
            conn = int(part["conn"][0])
            _add(self._counts.setdefault(conn, {}), part)
            self._count_seconds(conn, part)
            lacking = self._lacking.setdefault(conn, dict.fromkeys(COLUMNS, 0))
            for field in COLUMNS:
                lacking[field] += count_absent(part, field)
        while len(self._counts) > MAX_CONNECTIONS:
            self._sum_up(next(conn for conn in self._counts if conn != EARLIER))

    def _sum_up(self, conn: int) -> None:
        """Add what an old connection sent to what those before it did."""
        earlier = self._counts.setdefault(EARLIER, {})
        for number, count in self._counts.pop(conn).items():
            if number in earlier or len(earlier) < _MAX_POINTS:
                earlier[number] = earlier.get(number, 0) + count
        self._lacking.pop(conn, None)

    def _count_seconds(self, conn: int, rows: npt.NDArray[np.void]) -> None:
        seconds = rows["recv_ns"] // SECOND_NS
        # A chunk may span an hour, of which only the last seconds matter.
        for second in np.unique(seconds)[-_KEPT_SECONDS:].tolist():
            counts = self._recent.setdefault(second, {}).setdefault(conn, {})
            _add(counts, rows[seconds == second])
        while len(self._recent) > _KEPT_SECONDS:
            del self._recent[min(self._recent)]

    def _take_mark(self, row_id: int) -> None:
        try:
            mark = read_mark(self.trace.details(row_id))
        except IndexError:
            return
        if isinstance(mark, SessionMark):
            self.marks.append(mark)

    def by_point(self, connections: Collection[int] | None = None) -> dict[str, int]:
        """How many messages each point has sent on these connections, or on all."""
        return self._named(_sum(self._counts, connections))

    def rates(self, now_ns: int, connections: Collection[int] | None = None) -> dict[str, float]:
        """Messages per second of each point, over the last two whole seconds before `now_ns`."""
        if not self.complete:
            return {}
        now = now_ns // SECOND_NS
        total: Counts = {}
        for second in range(now - _RATE_SECONDS, now):
            for number, count in _sum(self._recent.get(second, {}), connections).items():
                total[number] = total.get(number, 0) + count
        return {name: count / _RATE_SECONDS for name, count in self._named(total).items()}

    def _named(self, counts: Counts) -> dict[str, int]:
        named: dict[str, int] = {}
        for number, count in counts.items():
            name = self.trace.string(number)
            named[name] = named.get(name, 0) + count
        return named

    def lacks(self, field: str, connections: Collection[int]) -> tuple[int, int] | None:
        """How many messages on these connections lack a context field, and how many there are; None
        unless most lack it."""
        if field not in COLUMNS:
            return None
        absent = sum(self._lacking.get(conn, {}).get(field, 0) for conn in connections)
        total = sum(sum(self._counts.get(conn, {}).values()) for conn in connections)
        return (absent, total) if lack_most(absent, total) else None


def count_absent(messages: npt.NDArray[np.void], field: str) -> int:
    """How many of these rows of messages lack one of `COLUMNS`."""
    column = COLUMNS[field]
    return int(np.count_nonzero(messages[column] == (NO_UID if column == "uid" else 0)))


def lack_most(absent: int, messages: int) -> bool:
    """Whether a field that so many messages lack counts as one that is not collected: some events
    lack it always."""
    return absent * 2 > messages


def _add(counts: Counts, rows: npt.NDArray[np.void]) -> None:
    # Not as many places as there are strings: a connection may have sent a single row.
    found, times = np.unique(rows["point"], return_counts=True)
    for number, count in zip(found.tolist(), times.tolist(), strict=True):
        if number in counts or len(counts) < _MAX_POINTS:
            counts[number] = counts.get(number, 0) + count


def _sum(counts: dict[int, Counts], connections: Collection[int] | None) -> Counts:
    total: Counts = {}
    for conn, each in counts.items():
        if connections is None or conn in connections:
            for number, count in each.items():
                total[number] = total.get(number, 0) + count
    return total
