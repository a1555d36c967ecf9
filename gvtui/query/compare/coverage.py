"""What one side can tell at all: which points were on, and what was dropped in its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.document import SessionError, parse_document
from gvtui.query.activity.calls import points_of
from gvtui.query.follower import Follower
from gvtui.query.source import groups
from gvtui.trace.marks import SessionMark, read_mark
from gvtui.trace.row import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.filter.compile import Filter
    from gvtui.trace.reader import Trace

_MAX_NOTED = 1 << 16
"""How many drops, and pairs of a connection and a point, are noted."""
_MAX_SESSIONS = 1 << 8


class SideCoverage(Follower):
    """Reads which points sent messages, and where, on the connections of one side."""

    def __init__(self, trace: Trace, scope: Filter | None = None) -> None:
        """Read from the first row on.

        Args:
            trace: what is read.
            scope: passes the rows of the side's containers and window; None for all.
        """
        super().__init__(trace)
        self._details = trace.details
        self._scope = scope
        self._first = self._last = -1
        self._conns: set[int] = set()
        self._spans: dict[tuple[int, int], list[int]] = {}
        self._drops: list[tuple[int, int, int]] = []
        self._sessions: list[tuple[int, str, frozenset[str]]] = []
        self.is_cut = False
        """Whether more was to note than there is room for, so that nothing is known for certain."""

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        message = rows["kind"] == Kind.MESSAGE
        scope = message
        if self._scope is not None:
            scope = message & self._scope.mask(self._trace, rows, start)
        places = np.flatnonzero(scope)
        if len(places):
            self._first = self._first if self._first >= 0 else start + int(places[0])
            self._last = start + int(places[-1])
            self._conns.update(np.unique(rows["conn"][places]).tolist())
        for own in groups(np.flatnonzero(message), rows["conn"], rows["point"]):
            key = (int(rows["conn"][own[0]]), int(rows["point"][own[0]]))
            span = self._spans.get(key)
            if span is not None:
                span[1] = start + int(own[-1])
            elif len(self._spans) < _MAX_NOTED:
                self._spans[key] = [start + int(own[0]), start + int(own[-1])]
            else:
                self.is_cut = True
        for place in np.flatnonzero(rows["kind"] == Kind.DROP).tolist():
            if len(self._drops) >= _MAX_NOTED:
                self.is_cut = True
                break
            row = rows[place]
            self._drops.append((start + place, int(row["conn"]), int(row["result"])))
        for place in np.flatnonzero(rows["kind"] == Kind.MARK).tolist():
            self._note(start + place)

    def _note(self, row: int) -> None:
        try:
            mark = read_mark(self._details(row))
        except IndexError:
            return
        if not isinstance(mark, SessionMark) or not mark.session:
            return
        if len(self._sessions) >= _MAX_SESSIONS:
            self.is_cut = True
            return
        try:
            points = parse_document(mark.session).session.point_names
        except SessionError:
            points = frozenset()
        self._sessions.append((row, mark.container_id, frozenset(points)))

    @property
    def dropped(self) -> int:
        """How many points were dropped in the side's rows, or right after them, as told."""
        total = 0
        told_after: set[int] = set()
        for row, conn, count in self._drops:
            if conn not in self._conns or row < self._first or conn in told_after:
                continue
            if row > self._last:
                # Of what came before, until the window's end.
                told_after.add(conn)
            total += count
        return total

    def points(self) -> frozenset[str]:
        """The points that were on in all of the side's rows, as messages and sessions tell."""
        found: frozenset[str] | None = None
        for conn in self._conns:
            own = {
                self._trace.string(point)
                for (of, point), (first, last) in self._spans.items()
                if of == conn and first <= self._last and last >= self._first
            }
            own |= self._session_of(conn)
            found = frozenset(own) if found is None else found & own
        return found or frozenset()

    def _session_of(self, conn: int) -> frozenset[str]:
        """The points of the sessions that were in force on a connection, as far as marks tell."""
        container = self._trace.connections.container(conn)
        own = [(row, points) for row, of, points in self._sessions if of == container]
        before = [points for row, points in own if row <= self._first][-1:]
        during = [points for row, points in own if self._first < row <= self._last]
        # A mark is written when its session has begun to send.
        before = before or during[:1]
        found = [*before, *during]
        return frozenset.intersection(*found) if found else frozenset()


def traces(points: frozenset[str], names: tuple[str, ...], architecture: str) -> bool:
    """Whether one of these points tells of one of these calls or events."""
    return any(point in points for name in names for point in points_of(name, architecture))
