"""Knows which points are asked for `is_exec_session`, which gVisor does not send where it is false.

A session's trace mark tells it of each point. Where there is none, messages do: one that has the
field proves it of its point, and one of an exec session's process that lacks it proves the
contrary. gvtui asks all points of a session for the same, so a point that has proved nothing yet
is taken to be as the others of its connection, if these are all alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.document import SessionError, parse_document
from gvtui.wire.header import WireError
from gvtui.wire.messages import Unknown

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource
    from gvtui.trace.marks import SessionMark

FIELD = "is_exec_session"
"""The context field, by its name in sessions and in messages."""

WITHOUT = frozenset({"sentry/exit_notify_parent"})
"""Points that cannot have it, as gVisor's own list of 2026-09 tells."""

_MAX_CONNECTIONS = 1 << 14


class AskedPoints:
    """Which points of each connection are asked for `is_exec_session`, as far as known."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self.version = 0
        """Grows when more becomes known: answers for rows of before may change then."""
        self._told: dict[int, dict[str, bool]] = {}
        """By connection, what its session asks of each of its points."""
        self._proved: dict[int, dict[int, bool]] = {}
        """By connection, what messages have proved of points, by their string numbers."""

    def note(self, row: int, mark: SessionMark) -> None:
        """Take up what a trace mark, at a row, tells of a connection's session."""
        if not mark.pid or not mark.session:
            return
        try:
            session = parse_document(mark.session).session
        except SessionError:
            return
        if session.ignore_missing:
            # An older runsc has skipped the field without a word.
            return
        for connection in reversed(list(self._trace.connections.values())):
            if connection.peer_pid == mark.pid and 0 <= connection.first_row < row:
                points = {point.name: FIELD in point.context_fields for point in session.points}
                if len(self._told) < _MAX_CONNECTIONS:
                    self._told[connection.conn] = points
                    self.version += 1
                return

    def look(
        self, start: int, rows: npt.NDArray[np.void], places: npt.NDArray[np.intp], conn: int
    ) -> None:
        """See which points send the field for a process of an exec session.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
            places: the indices of those of the process.
            conn: their connection.
        """
        if conn in self._told:
            return
        points = rows["point"][places]
        if conn not in self._proved and len(self._proved) >= _MAX_CONNECTIONS:
            return
        proved = self._proved.setdefault(conn, {})
        for point, first in zip(*np.unique(points, return_index=True), strict=True):
            if int(point) in proved or self._trace.string(int(point)) in WITHOUT:
                continue
            try:
                message = self._trace.decoded(start + int(places[first])).message
            except (WireError, IndexError):
                continue
            if not isinstance(message, Unknown):
                proved[int(point)] = message.context_data.is_exec_session  # type: ignore[attr-defined]
                self.version += 1

    def asks_all(self, conn: int) -> bool:
        """Whether all points of a connection that can have the field are known to be asked for
        it."""
        told = self._told.get(conn)
        if told is not None:
            return bool(told) and all(told[name] for name in told if name not in WITHOUT)
        proved = self._proved.get(conn, {})
        return bool(proved) and all(proved.values())

    def asks(self, conn: int, point: int) -> bool:
        """Whether a point of a connection, by its string number, is known to be asked for it."""
        name = self._trace.string(point)
        if name in WITHOUT:
            return False
        told = self._told.get(conn)
        if told is not None:
            return told.get(name, False)
        proved = self._proved.get(conn, {})
        return proved.get(point, self.asks_all(conn))

    def mask(
        self, rows: npt.NDArray[np.void], places: npt.NDArray[np.intp], conn: int
    ) -> npt.NDArray[np.bool_]:
        """For some rows of a connection whether their points are known to be asked for it."""
        distinct, which = np.unique(rows["point"][places], return_inverse=True)
        answers = np.array([self.asks(conn, int(point)) for point in distinct], np.bool_)
        found: npt.NDArray[np.bool_] = answers[which]
        return found
