"""What stood before a row: who was connected, and what marks had told, for a copy that begins there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gvtui.trace.carried import CarriedMark, carried_in
from gvtui.trace.connections import MONITOR_STOPPED
from gvtui.trace.details import int_in, list_in
from gvtui.trace.excerpts import DisputeMark
from gvtui.trace.living import TELLING, Living
from gvtui.trace.marks import BinaryMark, GapMark, LostMark, SessionMark, read_mark
from gvtui.trace.names import NamesMark, named
from gvtui.trace.procfs import ProcessesMark
from gvtui.trace.records import DamagedError, LogKind
from gvtui.trace.row import Flag, Kind, Row
from gvtui.trace.summary import ConnectionCounts
from gvtui.trace.thinned import ThinnedMark

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.trace.marks import Mark
    from gvtui.trace.reader import Trace

_CHUNK = 1 << 16
_UINT32 = 0xFFFFFFFF
_HALF = 1 << 31
_MOST_PROCESSES_BYTES = 4 << 20
"""Bytes of what is told anew of processes, all connections together."""


class Retold(NamedTuple):
    """A record that a copy begins with."""

    kind: LogKind
    conn: int
    recv_ns: int
    details: dict[str, Any]
    row: int
    """The row that it comes from; -1 where there is none."""


@dataclass(slots=True)
class _Connected:
    """A connection that stands."""

    opened_ns: int
    details: dict[str, Any]
    row: int
    dropped: int = 0
    """The last dropped count that a message has told."""
    told_ns: int = 0
    marks: dict[str, list[Retold]] = field(default_factory=dict)
    """The newest marks of each kind that a later reader needs."""


class Standing:
    """What a trace tells before a row."""

    def __init__(self, trace: Trace, row: int, *, is_stopped: bool = False) -> None:
        """Read the rows before one.

        Args:
            trace: the trace; it stays the caller's.
            row: the row; with the trace's first one, what a flight recorder's header tells is all.
            is_stopped: whether what the end of the monitor has closed stands still.

        Raises:
            OSError: a log cannot be read.
        """
        self._trace = trace
        self._is_stopped = is_stopped
        self._open: dict[int, _Connected] = {}
        self._sessions: dict[str, Retold] = {}
        self._living = Living()
        self._before = ConnectionCounts()
        self._is_at_first = row <= trace.first_row
        self._begin()
        for start in range(trace.first_row, row, _CHUNK):
            self._take(start, trace.rows(start, min(start + _CHUNK, row)))

    def records(self, now_ns: int) -> Iterator[Retold]:
        """The records that a copy begins with, in the order in which they came.

        Args:
            now_ns: when the copy begins: processes are told as of then.
        """
        told: list[Retold] = list(self._standing_sessions())
        for conn, known in self._open.items():
            counted = self._before.of(conn).dropped if self._is_at_first else 0
            details = {
                **known.details,
                "dropped_before": known.dropped,
                "drops_before": counted,
                "dropped_told_ns": known.told_ns,
            }
            told.append(Retold(LogKind.OPENED, conn, known.opened_ns, details, known.row))
            for marks in known.marks.values():
                told += marks
        told.sort(key=lambda each: (each.row, each.recv_ns))
        yield from told
        for conn, mark in self._living.marks(_MOST_PROCESSES_BYTES):
            if conn in self._open:
                yield Retold(LogKind.MARK, conn, now_ns, mark.details(), -1)

    def _standing_sessions(self) -> Iterator[Retold]:
        connections = self._trace.connections
        known = {connections.container(conn) for conn in self._open}
        pids = {int_in(each.details, "peer_pid") for each in self._open.values()}
        for each in self._sessions.values():
            mark = SessionMark.read(each.details)
            if mark.container_id in known or (mark.pid and mark.pid in pids):
                # A gap before the copy is none in it.
                details = replace(mark, gap_start_ns=0, gap_end_ns=0).details()
                yield each._replace(details=details)

    def _begin(self) -> None:
        """Take in what a flight recorder tells of the rows that it has let go."""
        trace = self._trace
        if not trace.first_row:
            return
        head = trace.oldest_head()
        self._before = ConnectionCounts.read(head.get("before"))
        for entry in list_in(head, "connections"):
            if isinstance(entry, list) and list(map(type, entry)) == [int, int, dict, int]:
                conn, opened_ns, details, dropped = entry
                known = _Connected(opened_ns, details, -1, dropped & _UINT32, opened_ns)
                self._open[conn] = known
                for container in trace.connections.claims.apart.get(conn, ()):
                    mark = DisputeMark(container).details()
                    known.marks.setdefault(container, []).append(
                        Retold(LogKind.MARK, conn, opened_ns, mark, -1)
                    )
        for conn, carried in carried_in(head):
            self._living.carry(conn, carried)

    def _take(self, start: int, rows: npt.NDArray[np.void]) -> None:
        is_event = np.isin(rows["type"], TELLING) & (rows["flags"] == 0)
        wanted = (rows["kind"] != Kind.MESSAGE) | is_event | _tells_drops(rows)
        for place in np.flatnonzero(wanted).tolist():
            row = Row(*rows[place].item())
            if row.kind in (Kind.MESSAGE, Kind.DROP):
                self._take_drops(row)
            if row.kind != Kind.DROP:
                self._take_row(start + place, row)

    def _take_row(self, row_id: int, row: Row) -> None:
        conn = row.conn
        if row.kind == Kind.MESSAGE:
            if row.flags or row.type not in TELLING:
                return
            try:
                self._living.take(conn, row.type, self._trace.payload(row_id))
            except DamagedError:
                return
        elif row.kind == Kind.OPENED:
            details = self._trace.details(row_id)
            dropped = max(0, int_in(details, "dropped_before")) & _UINT32
            told_ns = max(0, int_in(details, "dropped_told_ns")) or row.recv_ns
            self._open[conn] = _Connected(row.recv_ns, details, row_id, dropped, told_ns)
        elif row.kind == Kind.CLOSED:
            if self._is_stopped and self._trace.details(row_id).get("reason") == MONITOR_STOPPED:
                return
            self._open.pop(conn, None)
            self._living.forget(conn)
        elif row.kind == Kind.MARK:
            self._take_mark(row_id, conn, row.recv_ns)

    def _take_mark(self, row: int, conn: int, recv_ns: int) -> None:
        details = self._trace.details(row)
        mark = read_mark(details)
        told = Retold(LogKind.MARK, conn, recv_ns, details, row)
        if isinstance(mark, SessionMark):
            self._sessions[mark.container_id] = told
            return
        known = self._open.get(conn)
        if known is None:
            return
        if isinstance(mark, NamesMark):
            known.details = named(known.details, mark)
        elif isinstance(mark, ProcessesMark):
            self._living.listed(conn, mark)
            is_first = mark.part <= 1
            parts = [] if is_first else known.marks.get(mark.kind, [])
            known.marks[mark.kind] = [*parts, told]
        elif isinstance(mark, CarriedMark):
            self._living.carry(conn, mark)
        elif isinstance(mark, BinaryMark):
            known.marks[mark.kind] = [told]
        elif isinstance(mark, DisputeMark):
            known.marks[f"{mark.kind} {mark.container_id}"] = [told]

    def _take_drops(self, row: Row) -> None:
        """Follow the dropped count as whoever makes the rows does."""
        known = self._open.get(row.conn)
        step = (row.dropped - known.dropped) & _UINT32 if known is not None else 0
        if known is not None and 0 < step < _HALF:
            known.dropped, known.told_ns = row.dropped, row.recv_ns


def _tells_drops(rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Which rows of messages tell another count of drops than the one before on their connection."""
    # A message whose header cannot be read tells none.
    tells = (rows["kind"] == Kind.MESSAGE) & (rows["conn"] > 0)
    tells &= (rows["dropped"] > 0) | (rows["flags"] & Flag.MALFORMED == 0)
    places = np.flatnonzero(tells)
    places = places[np.argsort(rows["conn"][places], kind="stable")]
    own = rows[["conn", "dropped"]][places]
    changes = np.zeros(len(rows), np.bool_)
    if len(places):
        differs = (own["conn"][1:] != own["conn"][:-1]) | (
            own["dropped"][1:] != own["dropped"][:-1]
        )
        changes[places[np.concatenate(([True], differs))]] = True
    return changes


def overlapping(
    trace: Trace, first: int, stop: int, from_ns: int, to_ns: int
) -> Iterator[tuple[int, Mark]]:
    """Marks outside of some rows that tell of gaps, of losses, or of what was let go within their
    time.

    Args:
        trace: the trace.
        first: the first of the rows.
        stop: the row after the last one.
        from_ns: when their time begins; 0 for the trace's beginning.
        to_ns: when it ends; 0 for the trace's end.

    Yields:
        The row of each, and the mark.
    """
    for begin, end in ((trace.first_row, first), (stop, trace.end_row)):
        for start in range(begin, end, _CHUNK):
            rows = trace.rows(start, min(start + _CHUNK, end))
            for place in np.flatnonzero(rows["kind"] == Kind.MARK).tolist():
                row = start + place
                mark = read_mark(trace.details(row))
                since, until = _span_of(mark, int(rows["recv_ns"][place]))
                if since and until > from_ns and (not to_ns or since < to_ns):
                    yield row, mark


def _span_of(mark: Mark, recv_ns: int) -> tuple[int, int]:
    """The time of a gap, of a loss, or of what was let go; zeros for any other mark."""
    if isinstance(mark, GapMark):
        return mark.start_ns, mark.end_ns
    if isinstance(mark, SessionMark):
        return mark.gap_start_ns, mark.gap_end_ns
    if isinstance(mark, LostMark):
        return mark.since_ns, mark.until_ns or recv_ns
    if isinstance(mark, ThinnedMark):
        # The time ends behind the last message.
        return mark.from_ns, mark.to_ns + 1
    return 0, 0
