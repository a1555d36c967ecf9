"""What the drops and marks in each chunk of a trace tell, found once.

That does not depend on the row that a recording is shown as of; so whoever wants it again needs to read
none of these rows, except for those of the last chunk, which may lie on both sides of that row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Self

import numpy as np

from gvtui.query.shelf import Shelf
from gvtui.trace.row import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource

_OF_DROPS, _OF_MARK = 5, 2
"""How many numbers stand for the drops of one connection, and for a mark."""
_HALF = 1 << 32
"""A sum of drops is put away as two numbers, since it may have more than 64 bits."""


@dataclass(slots=True)
class Drops:
    """The drops of one connection."""

    points: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def join(self, later: Drops) -> None:
        """Add those of later rows."""
        self.points += later.points
        self.first_ns = self.first_ns or later.first_ns
        self.last_ns = later.last_ns


@dataclass(slots=True)
class GapsTold:
    """What the drops and marks among consecutive rows tell."""

    drops: dict[int, Drops] = field(default_factory=dict)
    """Those of each connection, in the order of their first ones."""
    marks: list[tuple[int, int]] = field(default_factory=list)
    """The row of each mark, and its connection."""

    @classmethod
    def of(cls, start: int, rows: npt.NDArray[np.void]) -> Self:
        """What rows tell, of which the first has the id `start`."""
        found = cls()
        kinds = np.ascontiguousarray(rows["kind"])
        dropped = rows[kinds == Kind.DROP]
        columns = (dropped[name].tolist() for name in ("conn", "result", "time_ns", "recv_ns"))
        for conn, points, time_ns, recv_ns in zip(*columns, strict=True):
            when = time_ns or recv_ns
            found.drops.setdefault(conn, Drops()).join(Drops(points, when, when))
        places = np.flatnonzero(kinds == Kind.MARK)
        conns = rows["conn"][places]
        found.marks = list(zip((places + start).tolist(), conns.tolist(), strict=True))
        return found

    def __len__(self) -> int:
        """How many drops and marks there are, those of a connection as one."""
        return len(self.drops) + len(self.marks)

    def join(self, later: GapsTold) -> None:
        """Add what the rows behind these ones tell."""
        for conn, drops in later.drops.items():
            self.drops.setdefault(conn, Drops()).join(drops)
        self.marks += later.marks

    def packed(self) -> npt.NDArray[np.int64]:
        """All of this as numbers, for `unpacked`."""
        drops = (
            (conn, *divmod(each.points, _HALF), each.first_ns, each.last_ns)
            for conn, each in self.drops.items()
        )
        numbers = [len(self.drops), *chain(*drops), *chain(*self.marks)]
        return np.array(numbers, np.int64)

    @classmethod
    def unpacked(cls, packed: npt.NDArray[np.int64]) -> Self:
        """What `packed` gave as numbers."""
        stop = 1 + int(packed[0]) * _OF_DROPS
        found = cls()
        for conn, high, low, first, last in packed[1:stop].reshape(-1, _OF_DROPS).tolist():
            found.drops[conn] = Drops(high * _HALF + low, first, last)
        found.marks = [(row, conn) for row, conn in packed[stop:].reshape(-1, _OF_MARK).tolist()]
        return found


class KnownGaps:
    """What the drops and marks of a trace tell, chunk by chunk."""

    def __init__(self, trace: RowSource) -> None:
        """Make it; nothing is known yet."""
        self.trace = trace
        """Whose they are."""
        self._told = Shelf(np.int64, trace.side_folders)
        self._nothing: set[int] = set()

    def put(self, start: int, told: GapsTold) -> None:
        """Note what the rows tell from one to the end of its chunk."""
        if told:
            self._told.put(start, told.packed())
        else:
            self._nothing.add(start)

    def get(self, start: int) -> GapsTold | None:
        """What the rows tell from one to the end of its chunk; None if it is not known."""
        if start in self._nothing:
            return GapsTold()
        packed = self._told.get(start)
        return GapsTold.unpacked(packed) if packed is not None else None
