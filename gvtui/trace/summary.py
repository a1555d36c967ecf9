"""The counts of a trace: made when it is written, and again when it is read.

A segment of format 2 ends with a summary, a msgpack map of: `rows` (how many, drops included),
`messages`, `counts` (for each connection: its number, then the fields of `SummaryCounts`, of this segment)
and `others` (in front how many connections are not listed, then their counts added up); and, since
the trace began, `received`, `refused` (a map of limits), `lost` and `losses` (why and when, see
`gvtui.trace.losses`). The header of a segment has as `before` what was counted before it: `counts`
and `others` since the trace began.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.trace.details import int_in, list_in, text_in
from gvtui.trace.losses import Losses
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE, Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

MAX_LISTED = 4096
"""Connections that are told apart; of more, those that ended first are added up."""

_KIND_AT = ROW_DTYPE.fields["kind"][1]  # type: ignore[index]
_FLAGS_AT = ROW_DTYPE.fields["flags"][1]  # type: ignore[index]
_DROP = int(Kind.DROP)
_ODD = (Flag.MALFORMED, Flag.TRUNCATED, Flag.UNKNOWN_TYPE)

_Bytes = bytes
"""The type, where a field of that name hides it."""


@dataclass(slots=True)
class SummaryCounts:
    """The counts of one connection, or of several."""

    messages: int = 0
    bytes: int = 0
    """The size of the messages, headers included; for truncated ones, of the received part."""
    dropped: int = 0
    """How many points the sandbox dropped."""
    malformed: int = 0
    truncated: int = 0
    unknown: int = 0
    """How many messages have a type that gvtui did not know."""

    def add(self, other: SummaryCounts) -> None:
        """Add another's."""
        self.messages += other.messages
        self.bytes += other.bytes
        self.dropped += other.dropped
        self.malformed += other.malformed
        self.truncated += other.truncated
        self.unknown += other.unknown

    @classmethod
    def read(cls, values: Iterable[object]) -> SummaryCounts:
        """The counts from what lies in a log; what is no number counts as 0."""
        known = (value if type(value) is int and 0 <= value < 1 << 63 else 0 for value in values)
        return cls(*[value for value, _ in zip(known, fields(cls), strict=False)])

    def take_rows(self, rows: _Bytes) -> None:
        """Count what the rows of messages say is special of them: all but messages and bytes."""
        kinds, flags = rows[_KIND_AT::ROW_SIZE], rows[_FLAGS_AT::ROW_SIZE]
        if _DROP not in kinds and flags.count(0) == len(flags):
            return
        table = np.frombuffer(rows, ROW_DTYPE)
        self.dropped += int(table["result"][table["kind"] == _DROP].sum())
        self._take_flags(table)

    def _take_flags(self, rows: npt.NDArray[np.void]) -> None:
        flags = rows["flags"]
        self.malformed += int(np.count_nonzero(flags & Flag.MALFORMED))
        self.truncated += int(np.count_nonzero(flags & Flag.TRUNCATED))
        self.unknown += int(np.count_nonzero(flags & Flag.UNKNOWN_TYPE))


@dataclass(slots=True)
class ConnectionCounts:
    """Counts by connection; those of many closed connections are added up."""

    by_conn: dict[int, SummaryCounts] = field(default_factory=dict)
    others: SummaryCounts = field(default_factory=SummaryCounts)
    other_connections: int = 0
    """How many connections were added up."""

    def of(self, conn: int) -> SummaryCounts:
        """The counts of a connection, to be added to."""
        counts = self.by_conn.get(conn)
        if counts is None:
            counts = self.by_conn[conn] = SummaryCounts()
        return counts

    def total(self) -> SummaryCounts:
        """The counts of all."""
        total = SummaryCounts()
        for counts in (*self.by_conn.values(), self.others):
            total.add(counts)
        return total

    def add(self, other: ConnectionCounts) -> None:
        """Add another's."""
        for conn, counts in other.by_conn.items():
            self.of(conn).add(counts)
        self.others.add(other.others)
        self.other_connections += other.other_connections

    def drops_alone(self, shift: int = 0) -> ConnectionCounts:
        """The drops, without what is held in rows; connections get numbers higher by `shift`."""
        drops = ConnectionCounts(other_connections=self.other_connections)
        drops.others.dropped = self.others.dropped
        for conn, counts in self.by_conn.items():
            if counts.dropped:
                drops.of(conn + shift).dropped = counts.dropped
        return drops

    def fold(self, is_open: Iterable[int]) -> None:
        """Add up connections that have ended, the first ones first, where there are far more than
        `MAX_LISTED`."""
        surplus = len(self.by_conn) - MAX_LISTED
        if surplus <= MAX_LISTED:
            # Not for each that ends: this takes time that grows with their number.
            return
        kept = set(is_open)
        for conn in [conn for conn in self.by_conn if conn not in kept][:surplus]:
            self.others.add(self.by_conn.pop(conn))
            self.other_connections += 1

    def packed(self) -> dict[str, Any]:
        """The counts as they lie in a log."""
        listed = [[conn, *astuple(counts)] for conn, counts in self.by_conn.items()]
        return {"counts": listed, "others": [self.other_connections, *astuple(self.others)]}

    @classmethod
    def read(cls, details: object) -> ConnectionCounts:
        """The counts from what lies in a log; what cannot be read is left out."""
        tally = cls()
        for entry in list_in(details, "counts"):
            if isinstance(entry, list) and entry and type(entry[0]) is int:
                tally.by_conn[entry[0]] = SummaryCounts.read(entry[1:])
        if others := list_in(details, "others"):
            number = others[0]
            is_count = type(number) is int and 0 <= number < 1 << 63
            tally.other_connections = number if is_count else 0
            tally.others = SummaryCounts.read(others[1:])
        return tally


@dataclass(slots=True)
class Reception:
    """What happened to all messages received since a trace began, as the monitor counts it.

    The receiver adds to it; the writer puts it into the summary.
    """

    received: int = 0
    """How many messages were received from the sockets."""
    lost: int = 0
    """How many of these could not be written."""
    refused: dict[str, int] = field(default_factory=dict)
    """How many of these each limit refused, by the limit's name."""
    losses: Losses = field(default_factory=Losses)
    """Why and when messages were lost."""

    @property
    def refused_messages(self) -> int:
        """Messages that were refused, for whatever limit."""
        return sum(self.refused.values())


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary at the end of a segment."""

    rows: int
    """Rows of the segment, those of drops included."""
    tally: ConnectionCounts
    """Of this segment."""
    reception: Reception | None
    """Since the trace began; None where nobody counted what came, as in a copy."""

    def details(self) -> dict[str, Any]:
        """The summary as it lies in a log."""
        packed: dict[str, Any] = {"rows": self.rows, "messages": self.tally.total().messages}
        packed |= self.tally.packed()
        if self.reception is not None:
            packed |= {
                "received": self.reception.received,
                "lost": self.reception.lost,
                "refused": dict(self.reception.refused),
                "losses": self.reception.losses.pack(),
            }
        return packed

    @classmethod
    def read(cls, details: dict[str, Any]) -> Summary:
        """The summary from what lies in a log."""
        reception = None
        if "received" in details:
            told = details.get("refused")
            refused = {
                text_in({"": reason}, "", 100): count
                for reason, count in (told.items() if isinstance(told, dict) else ())
                if type(count) is int and count >= 0
            }
            received, lost = (max(0, int_in(details, name)) for name in ("received", "lost"))
            reception = Reception(received, lost, refused, Losses.read(list_in(details, "losses")))
        return cls(max(0, int_in(details, "rows")), ConnectionCounts.read(details), reception)


def numbered(
    conns: npt.NDArray[np.unsignedinteger],
) -> tuple[Sequence[int], npt.NDArray[np.integer]]:
    """The connections of rows, and for each row the place of its own among them; some may have no
    row."""
    most = int(conns.max()) if len(conns) else -1
    if most < len(conns):
        # Most numbers are small: then nothing need be sorted.
        return range(most + 1), conns
    found, places = np.unique(conns, return_inverse=True)
    return found.tolist(), places


def tally_of(rows: npt.NDArray[np.void], tally: ConnectionCounts) -> None:
    """Count rows by their connections."""
    if not len(rows):
        return
    conns, places = numbered(rows["conn"])

    def summed(chosen: npt.NDArray[np.bool_], values: npt.NDArray[np.int64] | None = None) -> Any:  # noqa: ANN401
        sums = np.zeros(len(conns), np.int64)
        if values is None:
            sums += np.bincount(places[chosen], minlength=len(conns))
        else:
            np.add.at(sums, places[chosen], values[chosen])
        return sums.tolist()

    kinds, flags = rows["kind"], rows["flags"]
    is_message = kinds == Kind.MESSAGE
    sizes = np.bincount(places, rows["length"] * is_message, len(conns)).astype(np.int64)
    columns = (
        summed(np.ones(len(rows), np.bool_)),
        summed(is_message),
        sizes.tolist(),
        summed(kinds == Kind.DROP, rows["result"]),
        *(summed(flags & flag != 0) for flag in _ODD),
    )
    for conn, count, *sums in zip(conns, *columns, strict=True):
        if conn and count:
            tally.of(conn).add(SummaryCounts(*sums))
