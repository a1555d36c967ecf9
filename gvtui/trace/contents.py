"""What the connections in one segment of a flight recorder have sent."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.row import ROW_DTYPE, Kind
from gvtui.trace.summary import ConnectionCounts, numbered, tally_of
from gvtui.trace.thinned import ThinnedMark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from gvtui.trace.segment import Segment

    Rows = npt.NDArray[np.void]

_CHUNK = 1 << 16


def chunks(segment: Segment) -> Iterator[tuple[int, Rows]]:
    """The rows of a segment, many at once, each with the id of the first; what a drop belongs to
    comes with it."""
    start, end = segment.first_row, segment.first_row + segment.rows
    while start < end:
        rows = np.empty(min(_CHUNK, end - start), ROW_DTYPE)
        rows = rows[: segment.read(start, rows)]
        if len(rows) > 1 and rows["kind"][-1] == Kind.DROP:
            rows = rows[:-1]
        if not len(rows):
            return
        yield start, rows
        start += len(rows)


@dataclass(slots=True)
class Contents:
    """What the connections in a segment, or in a piece, have sent."""

    tally: ConnectionCounts = field(default_factory=ConnectionCounts)
    by_conn: dict[int, int] = field(default_factory=dict)
    """Bytes of the messages of each connection that has rows."""
    times: dict[int, tuple[int, int]] = field(default_factory=dict)
    """When the first and the last row of each came, Unix nanoseconds."""
    standing: frozenset[int] = frozenset()
    """The connections that its header has, where somebody has looked."""
    first_ns: int = 0
    """When its first row came."""
    last_ns: int = 0
    """When its last row came."""
    checksum: int | None = None
    """CRC-32 of its rows; None where it is not asked for."""

    @classmethod
    def of(cls, segment: Segment) -> Contents:
        """Those of a segment."""
        contents = cls()
        for _, rows in chunks(segment):
            contents.take(rows)
        return contents

    def take(self, rows: Rows) -> None:
        """Count rows, which come after all that were counted."""
        if self.checksum is not None:
            self.checksum = zlib.crc32(rows.view(np.uint8).data, self.checksum)
        tally_of(rows, self.tally)
        self.first_ns = self.first_ns or int(rows["recv_ns"][0])
        self.last_ns = int(rows["recv_ns"][-1]) or self.last_ns
        rows = rows[rows["recv_ns"] > 0]
        conns, places = numbered(rows["conn"])
        first, last = np.full(len(conns), len(rows)), np.zeros(len(conns), np.int64)
        order = np.arange(len(rows))
        last[places] = order
        first[places[::-1]] = order[::-1]
        for place in np.flatnonzero(first < len(rows)).tolist():
            conn = conns[place]
            came, ended = rows["recv_ns"][[first[place], last[place]]].tolist()
            self.times[conn] = self.times.get(conn, (came, 0))[0], ended

    def without(self, keeps: Callable[[int], bool]) -> ThinnedMark:
        """All that other connections sent than those that stay."""
        gone = [conn for conn in self.tally.by_conn if not keeps(conn)]
        counts = ConnectionCounts()
        for conn in gone:
            counts.of(conn).add(self.tally.by_conn[conn])
        times = [self.times[conn] for conn in gone if conn in self.times]
        from_ns, to_ns = (
            (min(came for came, _ in times), max(ended for _, ended in times)) if times else (0, 0)
        )
        return ThinnedMark(counts, from_ns, to_ns)
