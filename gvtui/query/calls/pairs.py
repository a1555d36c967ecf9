"""Pairs the enter and exit rows of system calls, and computes how long calls took.

The messages of one thread come in order. Each thread has two layers, raw points and decoded ones,
since a session may have both for the same call (`E raw, E decoded, X raw, X decoded`). In a layer,
calls nest like brackets: an exit closes the newest open enter of the same message type and sysno.
Enters that are newer than that one have lost their exits.

If points were dropped in between, an enter is not paired once its thread has sent something else,
because its own exit may be among the lost points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.call import Call, OpenCall, Unpaired
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.calls.execs import Execs
from gvtui.query.calls.open_calls import (
    CLOSED,
    NO_ENTER,
    NO_EXIT,
    NO_THREAD,
    NOT_A_CALL,
    OPEN,
    THREAD_ENDED,
    OpenCalls,
    OpenEnter,
)
from gvtui.query.column import RowColumn
from gvtui.query.follower import Follower
from gvtui.query.source import CHUNK, group
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from gvtui.query.source import RowSource

UNKNOWN_NS = -1
"""The duration of a call without partner, or whose session does not collect the time."""

_MAX_KINDS = 1 << 12
"""Above all numbers of message types and system calls."""
_MAX_TWINS_APART = 1 << 16
"""How many rows between a raw and a decoded row of one call are searched."""


def _kind(message_type: int, sysno: int) -> tuple[int, int]:
    """The place of a kind of call among those of which exits have been seen."""
    is_raw = message_type == RAW_SYSCALL
    return int(is_raw), min(max(sysno if is_raw else message_type, 0), _MAX_KINDS - 1)


_REASONS = {
    NOT_A_CALL: Unpaired.NOT_A_CALL,
    NO_ENTER: Unpaired.ENTER_NOT_SEEN,
    NO_EXIT: Unpaired.EXIT_NOT_SEEN,
    THREAD_ENDED: Unpaired.THREAD_ENDED,
    CLOSED: Unpaired.CONNECTION_CLOSED,
    NO_THREAD: Unpaired.NO_THREAD_ID,
}


class Pairs(Follower):
    """The pairs of enter and exit rows of a trace, updated as the trace grows.

    Uses four bytes of disk for each row of the trace, and a bounded amount of memory.
    """

    def __init__(self, trace: RowSource) -> None:
        super().__init__(trace)
        self.missing_fields: set[str] = set()
        """Context fields whose absence leaves calls without partner (`thread_id`) or duration
        (`time`)."""
        self.execs = Execs(trace)
        """The outcomes of execs."""
        self._column = RowColumn(trace.side_folders)
        numbers = sysnos_by_name(trace.architecture)
        self._exec_sysnos = [numbers[name] for name in ("execve", "execveat") if name in numbers]
        self._has_exits = np.zeros((2, _MAX_KINDS), np.bool_)
        """Message types, and system calls of raw points, of which an exit has been seen."""
        self._open = OpenCalls(self._column, set(self._exec_sysnos))

    def _begin(self) -> None:
        self._column.let_go(self._trace.first_row)

    def partner(self, row: int) -> int | None:
        """The row of a call's other side; None if there is none, or it has been removed."""
        distance = self._column.get(row) if row >= self._trace.first_row else 0
        if distance == 0 or distance <= NO_THREAD:
            return None
        other = row + distance
        return other if other >= self._trace.first_row else None

    def reason(self, row: int) -> Unpaired | None:
        """Why a row has no partner; None if it has one."""
        if row >= self.position:
            return Unpaired.NOT_READ
        if row < self._trace.first_row:
            return Unpaired.GONE
        value = self._column.get(row)
        if value == OPEN:
            held = self._trace.row(row)
            key = held.tid * 2 + (held.type == RAW_SYSCALL)
            running = self._open.running(held.conn, key)
            if running is not None and running.row == row:
                newest = self._open.newest(held.conn, key)
                if not self._goes_on(held.conn, held.tid, row, newest):
                    return Unpaired.IN_FLIGHT
            return Unpaired.EXIT_NOT_SEEN
        if value in _REASONS:
            return _REASONS[value]
        return None if row + value >= self._trace.first_row else Unpaired.GONE

    def call(self, row: int) -> Call | None:
        """The call of a row; None if the row belongs to none."""
        try:
            held = self._trace.row(row)
        except IndexError:
            return None
        if held.direction == Direction.NONE:
            return None
        other = self.partner(row)
        duration = self.duration_ns(row)
        if held.direction == Direction.ENTER:
            return Call(row, other, duration)
        return Call(other, row, duration)

    def duration_ns(self, row: int) -> int | None:
        """How long a row's call took, by the sandbox's clock; None if it is not known."""
        duration = int(self.durations(row, self._trace.rows(row, row + 1))[0])
        return None if duration == UNKNOWN_NS else duration

    def partners(self, start: int, count: int) -> npt.NDArray[np.int64]:
        """The partners of the rows from `start` on; -1 for none or a removed one."""
        distance = self._column.slice(start, count).astype(np.int64)
        ids = np.arange(start, start + count) + distance
        has = (distance != 0) & (distance > NO_THREAD) & (ids >= self._trace.first_row)
        return np.where(has, ids, -1)

    def durations(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """How long the rows' calls took, in nanoseconds, for enter and exit rows alike.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.

        Returns:
            One value for each row; `UNKNOWN_NS` if it is not known: times of receipt are never
            used. The duration of an exec is not known if its exit was sent before the program was
            loaded.
        """
        times = rows["time_ns"]
        partners = self.partners(start, len(rows))
        other = self.gather("time_ns", times, start, partners)
        enters = rows["direction"] == Direction.ENTER
        known = (partners >= 0) & (times > 0) & (other > 0)
        known &= ~self._says_nothing(start, rows, partners)
        spans = np.where(enters, other, times) - np.where(enters, times, other)
        return np.where(known & (spans >= 0), spans, UNKNOWN_NS)

    def _says_nothing(
        self, start: int, rows: npt.NDArray[np.void], partners: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """For each row, whether the exit of its call does not tell when the call ended."""
        enters = rows["direction"] == Direction.ENTER
        has_exit = enters & (partners >= 0) & np.isin(rows["sysno"], self._exec_sysnos)
        stop = start + len(rows)
        if has_exit.any():
            stop = max(stop, int(partners[has_exit].max()) + 1)
        self.execs.bring_up(stop)
        codes = self.execs.codes(start, len(rows))
        codes[has_exit] = self.execs.codes_of(partners[has_exit])
        says_nothing: npt.NDArray[np.bool_] = (codes != ExecCode.NONE) & (codes != ExecCode.DONE)
        return says_nothing

    def gather(
        self,
        name: str,
        column: npt.NDArray[np.generic],
        start: int,
        ids: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int64]:
        """A field of the rows `ids`; 0 for rows that the trace does not have.

        Args:
            name: the field.
            column: its values for the rows from `start` on, where most of `ids` are.
            start: row id of the column's first value.
            ids: the ids of the rows; -1 for none.
        """
        places = ids - start
        inside = (places >= 0) & (places < len(column))
        out = np.zeros(len(ids), np.int64)
        within = np.flatnonzero(inside)
        out[within] = column[places[within]]
        for place in np.flatnonzero(~inside & (ids >= 0)).tolist():
            try:
                out[place] = getattr(self._trace.row(int(ids[place])), name)
            except IndexError:
                continue
        return out

    def fold_mask(
        self,
        start: int,
        rows: npt.NDArray[np.void],
        matched: npt.NDArray[np.bool_] | None = None,
        earlier: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]] | None = None,
    ) -> npt.NDArray[np.bool_]:
        """For each row, whether to show it when each call is one row.

        A call is shown at its enter; an exit is shown only if its enter is not. The answer for a
        row never changes after the row has been read, so a view grows only at its end.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows, all before `position`.
            matched: for each row, whether it passes the filter; None if all do.
            earlier: tells for rows before `start` whether they passed the filter; None if all did.
        """
        shown = np.ones(len(rows), np.bool_) if matched is None else matched.copy()
        partners = self.partners(start, len(rows))
        folded = np.flatnonzero((rows["direction"] == Direction.EXIT) & (partners >= 0) & shown)
        enters = partners[folded]
        inside = enters >= start
        has_enter = np.ones(len(folded), np.bool_)
        if matched is not None:
            has_enter[inside] = matched[enters[inside] - start]
        if earlier is not None and not inside.all():
            has_enter[~inside] = earlier(enters[~inside])
        shown[folded[has_enter]] = False
        return shown

    def in_flight(self) -> list[OpenCall]:
        """Calls that have not returned, oldest first; raw and decoded points of a call count
        once."""
        return sorted(self.each_running(), key=lambda call: call.row)

    def each_running(self, *, with_ended: bool = False) -> Iterator[OpenCall]:
        """The same in no order, one by one: there may be very many.

        Args:
            with_ended: whether to give also the calls in which threads were when their connection
                ended, of very many the latest.
        """
        running = [(*each, self._open.newest(*each[:2]), 0) for each in self._open]
        ended = list(self._open.cut_off) if with_ended else []
        seen = set()
        # Decoded points of a call come before raw ones.
        for conn, key, call, newest, end_row in sorted(
            ended + running, key=lambda each: each[1] & 1
        ):
            tid = key >> 1
            if (conn, tid, call.sysno) in seen or self._goes_on(conn, tid, call.row, newest):
                continue
            try:
                row = self._trace.row(call.row)
                until_ns = self._trace.row(end_row).recv_ns if end_row else 0
            except IndexError:
                continue
            seen.add((conn, tid, call.sysno))
            yield OpenCall(
                call.row,
                conn,
                call.pid,
                tid,
                call.message_type,
                call.sysno,
                row.recv_ns or row.time_ns,
                bool(self._has_exits[_kind(call.message_type, call.sysno)]),
                until_ns,
            )

    def _goes_on(self, conn: int, tid: int, first: int, last: int) -> bool:
        """Whether a thread sent something between two rows; True if they are too far apart."""
        if last <= first + 1 or last - first > _MAX_TWINS_APART:
            return last > first + 1
        rows = self._trace.rows(first + 1, last)
        own = (rows["conn"] == conn) & (rows["tid"] == tid) & (rows["direction"] != Direction.NONE)
        return bool(own.any())

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        self.execs.bring_up(start + len(rows))
        direction, types, tids = rows["direction"], rows["type"], rows["tid"]
        is_call = direction != Direction.NONE
        offset = start % CHUNK
        column = self._column.chunk(start // CHUNK)[offset : offset + len(rows)]
        column[direction == Direction.ENTER] = OPEN
        column[direction == Direction.EXIT] = NO_ENTER
        column[is_call & (tids == 0)] = NO_THREAD
        is_exit, is_raw = direction == Direction.EXIT, types == RAW_SYSCALL
        for place, kinds in enumerate((types[is_exit & ~is_raw], rows["sysno"][is_exit & is_raw])):
            self._has_exits[place, np.clip(kinds, 0, _MAX_KINDS - 1)] = True
        if (is_call & (tids == 0)).any():
            self.missing_fields.add("thread_id")
        if (is_call & (rows["time_ns"] <= 0)).any():
            self.missing_fields.add("time")

        places = np.flatnonzero(is_call & (tids != 0))
        layers = types[places] == RAW_SYSCALL
        ends = np.flatnonzero(
            (types == MessageType.SENTRY_TASK_EXIT) & (rows["kind"] == Kind.MESSAGE) & (tids != 0)
        )
        if len(ends):
            places = np.concatenate((places, ends, ends))
            none = np.zeros(len(ends), np.bool_)
            layers = np.concatenate((layers, none, ~none))
            by_row = np.argsort(places, kind="stable")
            places, layers = places[by_row], layers[by_row]
        order, bounds = group(rows["conn"][places], tids[places], layers)
        places, layers = places[order], layers[order]
        side, kinds, numbers = direction[places], types[places], rows["sysno"][places]
        adjacent = (
            (side[:-1] == Direction.ENTER)
            & (side[1:] == Direction.EXIT)
            & (kinds[:-1] == kinds[1:])
            & (numbers[:-1] == numbers[1:])
        )
        adjacent[bounds[1:-1] - 1] = False
        first = np.flatnonzero(adjacent)
        enters, exits = places[first], places[first + 1]
        column[enters] = exits - enters
        column[exits] = enters - exits

        left = np.ones(len(places), np.bool_)
        left[first] = left[first + 1] = False
        is_first = np.zeros(len(places), np.bool_)
        is_first[bounds[:-1]] = True
        remaining = np.flatnonzero(left)
        controls = np.flatnonzero((rows["kind"] == Kind.DROP) | (rows["kind"] == Kind.CLOSED))
        self._settle(
            start,
            rows,
            sorted(
                [
                    *zip(
                        places[remaining].tolist(),
                        layers[remaining].tolist(),
                        is_first[remaining].tolist(),
                        strict=True,
                    ),
                    *((place, False, False) for place in controls.tolist()),
                ]
            ),
        )
        if self._open and len(places):
            lasts = bounds[1:] - 1
            newest = places[lasts]
            for conn, tid, layer, place in zip(
                rows["conn"][newest].tolist(),
                tids[newest].tolist(),
                layers[lasts].tolist(),
                newest.tolist(),
                strict=True,
            ):
                self._open.note_newest(conn, tid * 2 + layer, start + place)

    def _newest_rows(self, start: int, rows: npt.NDArray[np.void], conn: int) -> dict[int, int]:
        """The newest row of each of a connection's threads in a slice."""
        own = np.flatnonzero((rows["conn"] == conn) & (rows["direction"] != Direction.NONE))[::-1]
        tids, firsts = np.unique(rows["tid"][own], return_index=True)
        newest = (own[firsts] + start).tolist()
        return dict(zip(tids.tolist(), newest, strict=True))

    def _settle(
        self, start: int, rows: npt.NDArray[np.void], events: list[tuple[int, bool, bool]]
    ) -> None:
        """Process the rows that do not pair with their neighbour, in the order of the trace."""
        places = [place for place, _, _ in events]
        names = ("kind", "direction", "conn", "tid", "errno", "type", "sysno", "pid")
        columns = [rows[name][places].tolist() for name in names]
        for event, kind, direction, conn, tid, errno, *what in zip(events, *columns, strict=True):
            place, layer, is_first = event
            key = tid * 2 + layer
            call = OpenEnter(start + place, *what)
            if kind == Kind.DROP:
                self._open.dropped(conn, call.row)
            elif kind == Kind.CLOSED:
                newest = self._newest_rows(start, rows, conn) if self._open else {}
                self._open.connection_closed(conn, call.row, newest)
            elif direction == Direction.ENTER:
                self._open.enter(conn, key, call)
            elif direction == Direction.EXIT:
                self._open.exit(conn, key, call, failed=errno != 0, is_first=is_first)
            else:
                self._open.thread_ended(conn, key)
