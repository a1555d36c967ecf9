"""Finds the few messages in which a connection claims a container ID for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.row import EMPTY_STRING, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.claims import Claims

_SHIFT = np.uint64(32)


class Speaking:
    """Reads the rows of a trace once, in their order."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._told: dict[int, set[int]] = {}
        """For each connection the string numbers of containers that it is known to speak for."""

    def forget(self, conn: int) -> None:
        """A connection is not looked at any more."""
        self._told.pop(conn, None)

    def first_places(self, rows: npt.NDArray[np.void]) -> list[int]:
        """Places in `rows` where a connection speaks for a container for the first time."""
        speaks = (rows["kind"] == Kind.MESSAGE) & (rows["container"] != EMPTY_STRING)
        speaks &= rows["conn"] > 0
        places = np.flatnonzero(speaks)
        if not len(places):
            return []
        conns, containers = rows["conn"][places], rows["container"][places]
        pairs = conns.astype(np.uint64) << _SHIFT | containers
        # Messages of one connection come together: most rows repeat the pair of the row before.
        turns = np.flatnonzero(np.concatenate(([True], pairs[1:] != pairs[:-1])))
        _, firsts = np.unique(pairs[turns], return_index=True)
        found = []
        for first in turns[firsts].tolist():
            told = self._told.setdefault(int(conns[first]), set())
            number = int(containers[first])
            if number not in told and not self._claims.is_full(int(conns[first])):
                told.add(number)
                found.append(int(places[first]))
        return found

    def late_places(self, rows: npt.NDArray[np.void], after: int = -1) -> list[int]:
        """Places in `rows`, behind `after`, where a connection speaks that should have ended."""
        found: list[int] = []
        for (conn, _), until in self._claims.waiting.items():
            late = (rows["conn"] == conn) & (rows["kind"] == Kind.MESSAGE)
            late &= rows["recv_ns"] > until
            places = np.flatnonzero(late[after + 1 :]) + after + 1
            _, firsts = np.unique(rows["container"][places], return_index=True)
            found += places[firsts].tolist()
        return found
