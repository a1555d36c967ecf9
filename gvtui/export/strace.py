"""Exports system calls as text, one line each, as `strace -f -ttt` writes them.

`110   1795455436.533277 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3`: the thread, when the call began
in seconds since 1970, and the call. Where other lines come between a call's enter and its exit, it has
two: the first ends in `<unfinished ...>`, the second begins with `<... openat resumed>`. A call that
has not returned, or whose exit is not in the trace, has the first alone. Of raw and decoded points of
one call the decoded ones have the lines.

A clone or an exec of which only the event is in the trace has the line of the call, and so has the
start of a container. The thread of an exec that is done is the one that goes on: the first of its
process. The result of a clone is the child's id in the sandbox, as in the first column, where the
event tells it, also where the program saw another one in its PID namespace.

As soon as the trace has more than one sandbox, the sandbox stands in front of the thread, unless the
selection is one of a single sandbox.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.escape import escape
from gvtui.decode.ids import SHORT_ID, called, cut_name
from gvtui.decode.outcome import ExecOutcome
from gvtui.decode.strace import (
    EXECUTING,
    NEVER,
    SPAWNING,
    call_line,
    event_line,
    program_arguments,
    told_by_event,
    with_flags,
)
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.doubles import Twins
from gvtui.trace.marks import LostMark, read_mark
from gvtui.trace.row import Direction, Flag, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import sentry_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.decode.strace import CallLine
    from gvtui.export.selection import Chunk, Selection
    from gvtui.trace.row import Row

_MICROSECOND_NS = 1000
_SECOND_US = 1_000_000

_NEAR = 256
"""How many rows a call may be long to be looked at for lines between its enter and its exit."""
_MAX_BEGUN = 1 << 16
"""How many calls are kept whose first line is written."""
_FAR = 1 << 12
"""How many rows are searched for an event's call, and for a call's event."""

_HAS_LINE = (Kind.MESSAGE, Kind.DROP, Kind.MARK)


class StraceExport:
    """Writes the chosen rows of a trace as strace writes calls."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._trace = selection.trace
        self._twins = Twins(self._trace)
        self._begun: dict[int, int] = {}
        """How many arguments the first line of each call has that has one, by the enter's row."""
        numbers = sysnos_by_name(self._trace.architecture)
        self._spawning = {numbers[name] for name in SPAWNING if name in numbers}
        self._executing = {numbers[name] for name in EXECUTING if name in numbers}
        selection.joins_points = True

    def lines(self, start: int, stop: int) -> Iterator[str]:
        """Lines, without their ends, of the rows from `start` to before `stop`."""
        self._selection.look_ahead()
        for chunk in self._selection.chunks(start, stop):
            for row_id in chunk.row_ids():
                yield from self._lines(row_id, chunk)

    def whole(self, row_id: int) -> str | None:
        """The line of a row; of a system call, that of all that the trace has of it.

        None for a row that has no line.
        """
        row = self._trace.row(row_id)
        if row.kind == Kind.MESSAGE and row.direction != Direction.NONE:
            twin = self._twins.decoded(row_id)
            row_id = row_id if twin is None else twin
            if row.direction == Direction.ENTER:
                found = self._other_side(row_id, None)
                row_id = row_id if found is None else found
            head, line = self._call(row_id, None)
            return head + (line if isinstance(line, str) else line.whole)
        return next(self._other_lines(row_id, row, None), None)

    def _lines(self, row_id: int, chunk: Chunk) -> Iterator[str]:
        row = self._trace.row(row_id)
        if row.kind != Kind.MESSAGE or row.direction == Direction.NONE:
            yield from self._other_lines(row_id, row, chunk)
            return
        twin = self._twins.decoded(row_id)
        if twin is not None and self._is_chosen(twin, chunk):
            return
        if row.direction == Direction.ENTER:
            yield from self._enter_line(row_id, row, chunk)
            return
        enter = self._other_side(row_id, chunk)
        told = self._begun.pop(enter, None) if enter is not None else None
        head, line = self._call(row_id, chunk, is_second=told is not None)
        if isinstance(line, str):
            yield head + line
        elif told is None:
            yield head + line.whole
        elif line.result != NEVER:
            yield head + line.resumed(told)
        if not isinstance(line, str):
            yield from (f"{head}--- {note} ---" for note in line.notes)

    def _enter_line(self, row_id: int, row: Row, chunk: Chunk) -> Iterator[str]:
        found = self._other_side(row_id, chunk)
        is_chosen = found is not None and self._is_chosen(found, chunk)
        if found is not None and is_chosen:
            # The thread that executes a program goes on as another one, unless it is the first; and
            # of a raw point the program is known later.
            is_exec = row.sysno in self._executing
            has_one = is_exec and (row.tid != row.pid != 0 or row.type == RAW_SYSCALL)
            if has_one or self._is_next(row_id, found, chunk):
                return
        head, line = self._call(row_id, chunk)
        if isinstance(line, str):
            yield head + line
        elif found is not None and not is_chosen:
            yield head + line.whole
        else:
            if len(self._begun) >= _MAX_BEGUN:
                del self._begun[next(iter(self._begun))]
            self._begun[row_id] = line.told
            yield head + line.begun

    def _other_lines(self, row_id: int, row: Row, chunk: Chunk | None) -> Iterator[str]:
        trace, head = self._trace, self._head(row_id, row, row.tid)
        if row.kind == Kind.DROP:
            yield f"{head}--- {row.result} points dropped ---"
        elif row.kind == Kind.MARK:
            mark = read_mark(trace.details(row_id))
            if isinstance(mark, LostMark):
                yield f"{head}--- {escape(mark.text)} ---"
        elif row.kind == Kind.MESSAGE:
            try:
                decoded = trace.decoded(row_id)
            except WireError as error:
                yield f"{head}--- {_broken(row, error)} ---"
                return
            call = told_by_event(decoded)
            if call and not self._has_call(row_id, row, chunk):
                if row.type == MessageType.SENTRY_EXEC:
                    head = self._head(row_id, row, row.pid or row.tid)
                yield head + call
            yield head + event_line(decoded, architecture=trace.architecture)

    def _call(
        self, row_id: int, chunk: Chunk | None, *, is_second: bool = False
    ) -> tuple[str, CallLine | str]:
        """The beginning of a call's line, and its pieces; words in place of them for a message
        that cannot be read."""
        trace, row = self._trace, self._trace.row(row_id)
        partner, enter, began = None, None, row
        try:
            if row.direction == Direction.EXIT:
                partner = self._other_side(row_id, chunk)
            if partner is not None:
                enter = trace.decoded(partner)
                began = row if is_second else trace.row(partner)
            decoded = trace.decoded(row_id)
        except WireError as error:
            return self._head(row_id, row, row.tid), f"--- {_broken(row, error)} ---"
        outcome = self._selection.pairs.execs.outcome(row_id)
        line = call_line(decoded, architecture=trace.architecture, enter=enter, outcome=outcome)
        tid = began.tid
        if row.direction == Direction.EXIT and not row.errno:
            if row.sysno in self._executing:
                tid = row.tid
            if row.sysno in self._executing and outcome in (None, ExecOutcome.DONE):
                tid = row.pid or row.tid
                if row.type == RAW_SYSCALL and (enter is None or enter.kind is decoded.kind):
                    line = self._with_program(row_id, row, partner, line)
            if row.sysno in self._spawning and row.result > 0 and partner is not None:
                line = self._with_child(row_id, row, partner, line)
        return self._head(row_id, began, tid), line

    def _with_child(self, row_id: int, row: Row, partner: int, line: CallLine) -> CallLine:
        """The line of a clone with the child's id in the sandbox, where an event tells it."""
        start = max(partner, row_id - _FAR, self._trace.first_row)
        rows = self._trace.rows(start, row_id)
        own = (rows["type"] == MessageType.SENTRY_CLONE) & (rows["kind"] == Kind.MESSAGE)
        own &= (rows["conn"] == row.conn) & (rows["tid"] == row.tid)
        for place in np.flatnonzero(own)[-1:].tolist() if row.tid else ():
            try:
                message = self._trace.decoded(start + place).message
            except WireError:
                break
            if isinstance(message, sentry_pb2.CloneInfo) and message.created_thread_id > 0:
                line = with_flags(line, message.flags)
                return replace(line, result=str(message.created_thread_id))
        return line

    def _with_program(self, row_id: int, row: Row, partner: int | None, line: CallLine) -> CallLine:
        """The line of a raw exec with path and words, where an event tells them.

        The event comes before the exit or, from a newer sandbox, behind it.
        """
        first = row_id if partner is None else partner
        start = max(first, row_id - _FAR, self._trace.first_row)
        rows = self._trace.rows(start, min(row_id + _FAR, self._trace.end_row))
        own = (rows["conn"] == row.conn) & (rows["tid"] == row.tid)
        for place in np.flatnonzero(own).tolist() if row.tid else ():
            if rows["type"][place] == MessageType.SENTRY_EXEC:
                try:
                    arguments = program_arguments(self._trace.decoded(start + place))
                except WireError:
                    break
                return replace(line, name="execve", arguments=arguments or line.arguments)
            if start + place > row_id and rows["direction"][place] != Direction.NONE:
                break
        return line

    def _has_call(self, row_id: int, row: Row, chunk: Chunk | None) -> bool:
        """Whether the call that an event tells of has lines of its own."""
        if row.type not in (MessageType.SENTRY_CLONE, MessageType.SENTRY_EXEC) or not row.tid:
            return False
        start = max(row_id - _FAR, self._trace.first_row)
        rows = self._trace.rows(start, row_id)
        own = (rows["conn"] == row.conn) & (rows["tid"] == row.tid)
        places = np.flatnonzero(own & (rows["direction"] != Direction.NONE))
        if not len(places):
            return False
        last = start + int(places[-1])
        call = self._trace.row(last)
        if row.type == MessageType.SENTRY_CLONE:
            if call.direction != Direction.ENTER or call.sysno not in self._spawning:
                return False
        elif call.sysno not in self._executing:
            return False
        if chunk is None or self._is_chosen(last, chunk):
            return True
        other = self._selection.pairs.partner(last)
        return other is not None and self._is_chosen(other, chunk)

    def _other_side(self, row_id: int, chunk: Chunk | None) -> int | None:
        """The row that the other side of a call has its line from: of the decoded point if there is
        one that is chosen, also where this side has a raw point alone."""
        pairs = self._selection.pairs
        other = pairs.partner(row_id)
        if other is None and self._trace.row(row_id).type != RAW_SYSCALL:
            twin = self._twins.raw(row_id)
            other = pairs.partner(twin) if twin is not None else None
        if other is None:
            return None
        twin = self._twins.decoded(other)
        if twin is not None and (chunk is None or self._is_chosen(twin, chunk)):
            return twin
        return other

    def _is_next(self, enter: int, found: int, chunk: Chunk) -> bool:
        """Whether no line comes between the enter and the exit of a call."""
        if found - enter > _NEAR:
            return False
        row = self._trace.row(enter)
        rows = self._trace.rows(enter + 1, found)
        # The thread's own events stand in front of its call.
        is_own = (rows["conn"] == row.conn) & (rows["tid"] == row.tid) & (rows["tid"] != 0)
        is_own &= (rows["direction"] == Direction.NONE) | (rows["sysno"] == row.sysno)
        has_line = np.isin(rows["kind"], _HAS_LINE) & ~is_own
        return not any(
            self._is_chosen(enter + 1 + place, chunk) for place in np.flatnonzero(has_line).tolist()
        )

    def _is_chosen(self, row_id: int, chunk: Chunk) -> bool:
        if not self._selection.is_filtered:
            return True
        place = row_id - chunk.start
        if chunk.chosen is not None and 0 <= place < len(chunk.chosen):
            return bool(chunk.chosen[place])
        return self._selection.includes(row_id)

    def _head(self, row_id: int, began: Row, tid: int) -> str:
        seconds, micros = divmod(began.when_ns // _MICROSECOND_NS, _SECOND_US)
        head = f"{tid:<5} {seconds}.{micros:06} "
        trace = self._trace
        if trace.connections.are_of_many and not self._selection.is_of_one:
            number = f"#{began.conn}" if began.conn else ""
            name = called(trace.connections, began.conn, trace.container_of(row_id))
            shown = escape(cut_name(name, SHORT_ID)) or number
            return f"{shown:<{SHORT_ID}} {head}"
        return head


def _broken(row: Row, error: WireError) -> str:
    what = "truncated" if row.flags & Flag.TRUNCATED else "malformed"
    return f"{what} message: {error}"
