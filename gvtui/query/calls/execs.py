"""Finds the outcome of each exec of a trace by the rules of `exec_rules`, as the trace grows."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.outcome import ExecOutcome
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.exec_outcomes import CODE_MASK, ExecOutcomes
from gvtui.query.calls.exec_rules import (
    OUTCOMES,
    Before,
    ExecCode,
    ExecOrder,
    ExecRows,
    Next,
    Sender,
)
from gvtui.query.calls.threadrows import ThreadRows
from gvtui.query.follower import Follower
from gvtui.query.source import group
from gvtui.trace.row import Direction, Flag, Kind
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource

_LOADING_ERRORS = frozenset(
    (errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ELOOP, errno.ENOTDIR, errno.EPERM)
)
"""The errors of execve that loading the program causes; wrong arguments cause others."""

_MAX_WATCHED = 1 << 13
"""How many threads may wait for their next message."""
_LOOK_BACK = 1 << 16
"""How many rows before an exit are searched for a thread's message."""


class _What(IntEnum):
    """How a message is related to execs."""

    OTHER = 0
    ENTER = 1
    EXIT = 2
    """An exit without an error."""
    ERROR = 3
    """An exit with an error."""
    INFO = 4


@dataclass(slots=True)
class _Last:
    """The last message of a thread, if it is related to an exec."""

    row: int
    dropped: int
    what: _What
    is_raw: bool
    sysno: int
    exec: ExecRows | None = None
    before: Before = Before.UNKNOWN


class Execs(Follower):
    """The outcomes of execs by row, updated as the trace grows.

    A later row may tell an outcome, so an answer can change once, from asked to done or failed:
    `LateOutcomes` reports that. The answers for a whole trace do not depend on the sizes of the
    slices in which it was read.

    Uses four bytes of disk for each row of a chunk with execs, and a bounded amount of memory.
    """

    def __init__(self, trace: RowSource) -> None:
        super().__init__(trace)
        numbers = sysnos_by_name(trace.architecture)
        self._execve = numbers.get("execve", -1)
        self._sysnos = np.array(
            [numbers[name] for name in ("execve", "execveat") if name in numbers], np.int32
        )
        self.outcomes = ExecOutcomes(trace)
        """The outcomes, with those that became known late."""
        self._threads: dict[int, _Last] = {}
        self._messages = ThreadRows(trace, _are_messages, _LOOK_BACK)

    def bring_up(self, stop: int) -> None:
        """Read all existing rows before `stop`."""
        while (missing := stop - self.position) > 0:
            if not self.advance(missing):
                break

    def codes(self, start: int, count: int) -> npt.NDArray[np.int32]:
        """A `ExecCode` for each row from `start` on."""
        self.bring_up(start + count)
        return self.outcomes.codes.slice(start, count) & CODE_MASK

    def codes_of(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """A `ExecCode` for each of these rows; an id below zero stands for no row."""
        return self.outcomes.codes.take(ids) & CODE_MASK

    def code(self, row: int) -> ExecCode:
        """The `ExecCode` of one row."""
        self.bring_up(row + 1)
        return self.outcomes.code(row)

    def twin(self, row: int) -> int | None:
        """The raw exit just before a decoded exit of the same exec without an error."""
        return self.outcomes.twin(row)

    def outcome(self, row: int) -> ExecOutcome | None:
        """The outcome of the exec whose exit a row is; None for any other row."""
        code = self.code(row)
        if code is not ExecCode.NONE:
            return OUTCOMES[code]
        try:
            held = self._trace.row(row)
        except IndexError:
            return None
        is_exec = held.type == MessageType.SYSCALL_EXECVE or (
            held.type == RAW_SYSCALL and held.sysno in self._sysnos.tolist()
        )
        is_failed = is_exec and held.direction == Direction.EXIT and held.errno != 0
        return ExecOutcome.FAILED if is_failed else None

    def first_open(self, start: int) -> int | None:
        """The first row from `start` on whose outcome the next message of its thread may still
        tell.

        Only rows that have been read count; None if there is none.
        """
        rows = (
            row
            for last in self._threads.values()
            if last.exec is not None and last.exec.code is ExecCode.ASKED
            for row in last.exec.rows
            if row >= start
        )
        return min(rows, default=None)

    def first_unnoted(self, start: int) -> int | None:
        """The first row from `start` on whose outcome the mark of its sandbox's binary may still
        tell.

        None if there is none, or if the mark exists or is overdue.
        """
        if self.position <= self._trace.first_row:
            return None
        now_ns = self._trace.row(self.position - 1).recv_ns
        return self.outcomes.first_unnoted(start, now_ns)

    def _begin(self) -> None:
        first = self._trace.first_row
        if first > self.position:
            # Rows that were removed before being read may have been anything.
            for last in self._threads.values():
                self.outcomes.went_on(last.exec, Next.LOST)
            self._threads.clear()
        self.outcomes.codes.let_go(first)

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        is_message = rows["kind"] == Kind.MESSAGE
        bad = is_message & (rows["flags"] & (Flag.MALFORMED | Flag.TRUNCATED) != 0)
        readable = is_message & ~bad
        is_call = readable & (rows["direction"] != Direction.NONE)
        is_exec = is_call & (
            (rows["type"] == MessageType.SYSCALL_EXECVE)
            | ((rows["type"] == RAW_SYSCALL) & np.isin(rows["sysno"], self._sysnos))
        )
        is_info = readable & (rows["type"] == MessageType.SENTRY_EXEC)
        controls = bad | np.isin(rows["kind"], (Kind.OPENED, Kind.CLOSED, Kind.MARK))
        tells = is_exec | is_info
        if not self._threads and not tells.any() and not controls.any():
            return
        what = np.full(len(rows), _What.OTHER, np.int8)
        what[is_info] = _What.INFO
        is_exit = rows["direction"] == Direction.EXIT
        what[is_exec & ~is_exit] = _What.ENTER
        what[is_exec & is_exit] = np.where(
            rows["errno"][is_exec & is_exit] != 0, _What.ERROR, _What.EXIT
        )
        places, before = self._steps(rows, readable, what)
        loose = np.flatnonzero(tells & (rows["tid"] <= 0))
        steps = sorted(
            [
                *zip(places.tolist(), before.tolist(), strict=True),
                *((place, -1) for place in loose.tolist()),
                *((place, -1) for place in np.flatnonzero(controls).tolist()),
            ]
        )
        if not steps:
            return
        names = ("kind", "recv_ns", "flags", "conn", "tid", "dropped", "errno", "type", "sysno")
        chosen = [place for place, _ in steps]
        columns = [rows[name][chosen].tolist() for name in names]
        dropped_before = rows["dropped"][[place for _, place in steps]].tolist()
        for (
            place,
            former,
        ), kind, recv_ns, flags, conn, tid, dropped, error, type_, sysno, earlier in zip(
            steps, *columns, dropped_before, strict=True
        ):
            row = start + place
            if kind == Kind.CLOSED:
                self._closed(conn)
            elif kind == Kind.MARK:
                self.outcomes.marked(row, conn)
            elif kind == Kind.OPENED:
                self.outcomes.opened(row, conn, recv_ns)
            elif flags & (Flag.MALFORMED | Flag.TRUNCATED):
                self.outcomes.sender(conn).lost_at = row
            else:
                last = _Last(row, dropped, _What(int(what[place])), type_ == RAW_SYSCALL, sysno)
                if last.what is _What.ERROR and sysno == self._execve and error in _LOADING_ERRORS:
                    self.outcomes.prove(self.outcomes.sender(conn), ExecOrder.OLD)
                if tid <= 0:
                    self._without_thread(conn, last)
                    continue
                of_slice = (start + former, earlier) if former >= 0 else None
                self._step(conn, tid, last, of_slice)

    def _steps(
        self,
        rows: npt.NDArray[np.void],
        readable: npt.NDArray[np.bool_],
        what: npt.NDArray[np.int8],
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The messages to read one by one, and the message of the same thread before each.

        These are related to an exec, or follow such a message. An index of -1 stands for no message
        in this slice.
        """
        keys = (rows["conn"].astype(np.int64) << 32) | rows["tid"].astype(np.int64)
        has_thread = readable & (rows["tid"] > 0)
        tells = has_thread & (what != _What.OTHER)
        wanted = np.unique(np.concatenate((keys[tells], _array(self._threads))))
        places = np.flatnonzero(has_thread)
        places = places[np.isin(keys[places], wanted)]
        order, bounds = group(rows["conn"][places], rows["tid"][places])
        places = places[order]
        before = np.full(len(places), -1, np.intp)
        before[1:] = places[:-1]
        before[bounds[:-1]] = -1
        firsts = before < 0
        follows = what[before] != _What.OTHER
        chosen = (what[places] != _What.OTHER) | (~firsts & follows)
        chosen |= firsts & np.isin(keys[places], _array(self._threads))
        return places[chosen], before[chosen]

    def _step(self, conn: int, tid: int, now: _Last, of_slice: tuple[int, int] | None) -> None:
        """Read a message of a thread; `of_slice` is the one before it, with its drops."""
        key = _key(conn, tid)
        connection = self.outcomes.sender(conn)
        former = self._threads.pop(key, None)
        is_whole = former is not None and self._nothing_lost(connection, former.row, former, now)
        if now.what is _What.EXIT and former is not None and is_whole and _is_twin(former, now):
            now.exec = former.exec
            assert now.exec is not None
            self.outcomes.repeated(connection, now.exec, now.row, former.row)
            self._watch(key, now)
            return
        if now.what is _What.INFO:
            self.outcomes.point_is_on(connection)
        if former is not None:
            after = Next.INFO if now.what is _What.INFO else Next.OTHER
            self.outcomes.went_on(former.exec, after if is_whole else Next.LOST, connection)
        if now.what is _What.INFO:
            if former is None or not is_whole:
                now.before = self._of_other(connection, now, former, of_slice, conn, tid)
            elif former.what is _What.ENTER:
                now.before = Before.INFO_IN_CALL
            elif former.what is _What.EXIT:
                now.before = Before.DOUBTFUL_INFO
            else:
                now.before = Before.INFO
            if now.before is Before.OTHER:
                now.before = Before.INFO
            elif now.before is Before.UNKNOWN:
                now.before = Before.DOUBTFUL_INFO
        elif now.what is _What.EXIT:
            if former is not None and is_whole and former.what is _What.INFO:
                before = former.before
            else:
                before = self._of_other(connection, now, former, of_slice, conn, tid)
            now.exec = ExecRows([now.row], before)
            self.outcomes.began(connection, now.exec)
        if now.what is not _What.OTHER:
            self._watch(key, now)

    def _of_other(
        self,
        connection: Sender,
        now: _Last,
        former: _Last | None,
        of_slice: tuple[int, int] | None,
        conn: int,
        tid: int,
    ) -> Before:
        """Which kind of other message came before, as far as this is known."""
        if former is not None:
            is_whole = self._nothing_lost(connection, former.row, former, now)
            return Before.OTHER if is_whole else Before.UNKNOWN
        if of_slice is None:
            earlier = self._messages.before(conn, tid, now.row)
            if earlier is None:
                return Before.UNKNOWN
            of_slice = earlier, self._trace.row(earlier).dropped
        row, dropped = of_slice
        is_whole = connection.lost_at < row and dropped == now.dropped
        return Before.OTHER if is_whole else Before.UNKNOWN

    @staticmethod
    def _nothing_lost(connection: Sender, row: int, former: _Last, now: _Last) -> bool:
        return connection.lost_at < row and former.dropped == now.dropped

    def _without_thread(self, conn: int, now: _Last) -> None:
        if now.what is _What.EXIT:
            self.outcomes.began(
                self.outcomes.sender(conn), ExecRows([now.row], Before.UNKNOWN, Next.LOST)
            )

    def _closed(self, conn: int) -> None:
        self.outcomes.closed(conn)
        for key in [key for key in self._threads if key >> 32 == conn]:
            del self._threads[key]

    def _watch(self, key: int, last: _Last) -> None:
        if len(self._threads) >= _MAX_WATCHED:
            self.outcomes.went_on(self._threads.pop(next(iter(self._threads))).exec, Next.LOST)
        self._threads[key] = last


class LateOutcomes:
    """Tells a reader of rows which rows that it has already read have got an outcome since."""

    def __init__(self, execs: Execs) -> None:
        self._execs = execs
        self._mark = execs.outcomes.changes()

    def before(self, row: int) -> list[int]:
        """The rows before `row`, the reader's position, that have changed since the last call.

        Call it after getting the codes of the next rows and before using them. If there were more
        changes than are kept, the rest is not reported.
        """
        changed = self._execs.outcomes.changed_since(self._mark) or []
        self._mark = self._execs.outcomes.changes()
        return [other for other in changed if other < row]


def _are_messages(rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = rows["kind"] == Kind.MESSAGE
    return found


def _key(conn: int, tid: int) -> int:
    return conn << 32 | tid


def _array(keys: dict[int, _Last]) -> npt.NDArray[np.int64]:
    return np.fromiter(keys, np.int64, len(keys))


def _is_twin(former: _Last, now: _Last) -> bool:
    """Whether a decoded exit repeats the raw one before it."""
    return (
        former.what is _What.EXIT and former.is_raw and not now.is_raw and former.sysno == now.sysno
    )
