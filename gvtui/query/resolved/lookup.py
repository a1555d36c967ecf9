"""Answers what rows are about: paths, descriptors, bytes and whole calls, by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gvtui.decode.outcome import BEGUN, RESTARTS, ExecOutcome
from gvtui.decode.task_flags import NEW_NAMESPACES
from gvtui.points.names import event_type, point_name
from gvtui.query.calls.call import Unpaired
from gvtui.query.calls.doubles import Twins
from gvtui.query.resolved.call import Happened, Outcome, ResolvedCall
from gvtui.query.resolved.description import FdKind
from gvtui.query.resolved.doubled import DOUBLED
from gvtui.query.resolved.happened import happened
from gvtui.query.resolved.resolver import Resolver
from gvtui.query.source import groups
from gvtui.trace.row import LOST_STRING, NO_FD, Direction, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import RAW_SYSCALL, Unknown
from gvtui.wire.messagetype import WITH_ADDRESS, WITH_NEW_FD, MessageType
from gvtui.wire.sockaddr import parse_sockaddr

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.processes.processes import Processes
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.query.resolved.description import Description
    from gvtui.query.source import RowSource
    from gvtui.trace.row import Row

_Number = TypeVar("_Number", np.uint8, np.int32)

_EXECS = (MessageType.SENTRY_EXEC, MessageType.SYSCALL_EXECVE)
_CLONE_THREAD = 0x10000
_SOCKETS = [kind for kind in FdKind if kind.is_socket]


class Resolved:
    """What happened, for rows that have been read; `advance` reads further ones.

    Rows from `position` on are not known yet: their answers are "not known".
    """

    def __init__(self, trace: RowSource, pairs: Pairs, processes: Processes) -> None:
        self._trace = trace
        self._pairs = pairs
        self._processes = processes
        self._twins = Twins(trace)
        self.resolver = Resolver(trace, pairs, processes)
        self.texts = self.resolver.texts
        self.descriptions = self.resolver.descriptions
        self.files = self.resolver.files

    @property
    def processes(self) -> ProcessTree:
        """The processes of the trace."""
        return self._processes.tree

    @property
    def architecture(self) -> str:
        """That of the trace."""
        return self._trace.architecture

    @property
    def position(self) -> int:
        """All rows before this one are known."""
        return self.resolver.position

    def advance(self, budget: int) -> int:
        """Read up to so many more of the rows that pairs and processes have read; how many."""
        return self.resolver.advance(budget)

    def doubles(self, start: int, count: int) -> npt.NDArray[np.bool_]:
        """Which rows from `start` on are raw ones whose call has a decoded row too: leave them out
        to count each call once."""
        found: npt.NDArray[np.bool_] = self.resolver.column.slice(start, count) == DOUBLED
        return found

    def description_numbers(self, start: int, count: int) -> npt.NDArray[np.int64]:
        """The number of the description that each row is about; 0 if there is none, or it is not
        known."""
        column = self.resolver.column.slice(start, count).astype(np.int64)
        return np.maximum(column, 0)

    def paths(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """For each row the number in `texts` of the path or name that it is about; 0 for none.

        For a row with a path that is the absolute path, or the relative one where its folder is
        not known; for a row about a descriptor what the descriptor was called at that row: for a
        file what the sandbox told of it, else the path by which it was opened, for a socket its
        addresses, the client's first.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
        """
        return self._names(start, rows, self.resolver.column.slice(start, len(rows)))

    def _names(
        self, start: int, rows: npt.NDArray[np.void], numbers: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.int64]:
        """What rows are about, as `paths` has it, by what a column has for them."""
        column = numbers.astype(np.int64)
        out = self.own_names(rows, column)
        about = (column > 0) & (out == 0)
        then = self.names_then(start, column, about)
        own = np.flatnonzero(about)
        out[own] = self.names_of(column[own], tells_name(rows["type"][own]), then[own])
        return out

    def own_names(
        self, rows: npt.NDArray[np.void], column: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """The numbers in `texts` of the absolute paths that rows tell by themselves, which nothing
        changes any more; 0 for others.

        Args:
            rows: some rows.
            column: what a column has for them.
        """
        out = np.where((column < 0) & (column != DOUBLED), -column, 0)
        tells = (column > 0) & tells_name(rows["type"])
        out[tells] = self.resolver.told_paths(rows["path"][tells])
        return out

    def names_then(
        self, start: int, column: npt.NDArray[np.int64], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """The numbers in `texts` of the addresses that the sockets of consecutive rows had then; 0
        for what had none, and for rows that are not asked for."""
        out = np.zeros(len(column), np.int64)
        # A socket has other names at other rows.
        for place in np.flatnonzero(asked & self._are_sockets(column)).tolist():
            out[place] = self.descriptions.address_at(int(column[place]), start + place)
        return out

    def names_of(
        self,
        numbers: npt.NDArray[np.int64],
        tells: npt.NDArray[np.bool_],
        then: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int64]:
        """The numbers in `texts` of what descriptions are called, as far as is known now.

        Args:
            numbers: their numbers.
            tells: for each whether it is asked for a row that may tell the name, see `tells_name`.
            then: what `names_then` gave for it.
        """
        is_socket = self._are_sockets(numbers)
        out = np.where(is_socket, then, _of(self.descriptions.name_column(), np.int32, numbers))
        told = self.told_paths(numbers)
        is_told = tells & (told > 0) & ~is_socket
        out[is_told] = told[is_told]
        for own in groups(np.flatnonzero(out == 0), numbers):
            out[own] = self.descriptions.told_text(int(numbers[own[0]]))
        return out

    def _are_sockets(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = np.isin(self.kinds_of(numbers), _SOCKETS)
        return found

    def path_of(self, start: int, rows: npt.NDArray[np.void]) -> list[str]:
        """The texts of `paths`, one for each row; "" where there is none."""
        return [self.texts.text(number) for number in self.paths(start, rows).tolist()]

    def told_paths(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """The numbers in `texts` of the absolute paths that the sandbox last said that some
        descriptions are, by their numbers; 0 where it did not."""
        return _of(self.descriptions.told_column(), np.int32, numbers)

    def kinds(self, start: int, count: int) -> npt.NDArray[np.uint8]:
        """The `FdKind` of the description that each row is about; 0 if not known."""
        return self.kinds_of(self.description_numbers(start, count))

    def kinds_of(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The `FdKind` of descriptions by their numbers; 0 if not known."""
        return _of(self.descriptions.kind_column(), np.uint8, numbers)

    def second_sides(
        self, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]] | None:
        """What the second descriptor of each row's call is, as sendfile has one: the numbers of the
        descriptions, 0 for rows without one, the numbers in `texts` of their names, and their
        kinds. None if no row has one.

        The bytes of such a call are those of `moves` in the other direction.
        """
        numbers = self.resolver.others.slice(start, len(rows))
        if not numbers.any():
            return None
        wide = numbers.astype(np.int64)
        return wide, self._names(start, rows, numbers), self.kinds_of(wide)

    def moves(
        self, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """How many bytes the call of each row read and wrote: on its exit, each call once."""
        return self.resolver.bytes.moves(rows, self.resolver.column.slice(start, len(rows)))

    def restarted(self, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """Which rows are exits of calls that a signal interrupted: no failures."""
        found: npt.NDArray[np.bool_] = (rows["direction"] == Direction.EXIT) & np.isin(
            rows["errno"], RESTARTS
        )
        return found

    def happened(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """The `Happened` flags of each row: on the exit of a call that succeeded, or on an event.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
        """
        count = len(rows)
        how = _of(self.descriptions.how_column(), np.uint8, self.description_numbers(start, count))
        return happened(
            rows,
            self.doubles(start, count),
            self._programs(start, rows),
            self._children(start, rows),
            how,
            self._trace.architecture,
        )

    def string(self, number: int) -> str:
        """A text of the trace by its number in the rows; "" if it was lost."""
        return "" if number == LOST_STRING else self._trace.string(number)

    def call(self, row: int) -> ResolvedCall | None:
        """The call of a row, raw or decoded, enter or exit; None for a row of no call."""
        try:
            held = self._trace.row(row)
        except IndexError:
            return None
        if held.kind != Kind.MESSAGE or held.direction == Direction.NONE:
            return None
        row, raw = self._sides(row, held)
        pair = self._pairs.call(row)
        enter, exit_ = (pair.enter, pair.exit) if pair is not None else (row, None)
        last = exit_ if exit_ is not None else row
        told_row = self._trace.row(last)
        process = self._processes.tree.spans.at(told_row.conn, told_row.pid, last)
        outcome, errno = self._outcome(last, told_row)
        message = self._message(last)
        number = int(self.description_numbers(last, 1)[0])
        if not number and enter is not None:
            number = int(self.description_numbers(enter, 1)[0])
        description = self.descriptions.get(number)
        rows = self._trace.rows(last, last + 1)
        came, went = self.moves(last, rows)
        kind = self._name(told_row)
        return ResolvedCall(
            name=kind,
            sysno=told_row.sysno,
            conn=told_row.conn,
            pid=told_row.pid,
            tid=told_row.tid,
            process=process,
            enter=enter,
            exit=exit_,
            raw_enter=raw[0],
            raw_exit=raw[1],
            outcome=outcome,
            errno=errno,
            result=told_row.result if outcome is Outcome.RETURNED else None,
            duration_ns=pair.duration_ns if pair is not None else None,
            fd=self._fd(told_row, description, message),
            description=description,
            path=self._path(enter, last),
            given=str(getattr(message, "pathname", "")) if message is not None else "",
            address=self._address(told_row, message),
            bytes_in=int(came[0]),
            bytes_out=int(went[0]),
            happened=Happened(int(self.happened(last, rows)[0])),
        )

    def open_count(self, process: int) -> int:
        """How many descriptors a process, by its number, has open now, or had when it ended, as
        far as known."""
        files = self.files.get(process)
        growth = self.resolver.growth
        return len(files.table.entries) if files is not None else growth.at_end(process)

    def grows(self, process: int) -> bool:
        """Whether a process has opened more descriptors than it closed for a while."""
        return self.resolver.growth.grows(process, self.position)

    def growing(self) -> int:
        """How many processes have opened more descriptors than they closed for a while."""
        return self.resolver.growth.growing(self.position)

    def descriptors(self, process: int) -> Iterator[tuple[int, Description]]:
        """The open descriptors of a process by its number, in their order, as far as known."""
        files = self.files.get(process)
        for fd, entry in sorted(files.table.entries.items()) if files is not None else ():
            description = self.descriptions.get(entry.description)
            if description is not None:
                yield fd, description

    def _sides(self, row: int, held: Row) -> tuple[int, tuple[int | None, int | None]]:
        """The decoded row of a call that has raw rows too, and its raw enter and exit."""
        if held.type == RAW_SYSCALL:
            if not self.doubles(row, 1)[0]:
                return row, (None, None)
            twin = self._twins.decoded(row)
            if twin is None:
                return row, (None, None)
            row = twin
        pair = self._pairs.call(row)
        enter, exit_ = (pair.enter, pair.exit) if pair is not None else (row, None)
        raw = [self._twins.raw(side) if side is not None else None for side in (enter, exit_)]
        return row, (raw[0], raw[1])

    def _outcome(self, row: int, held: Row) -> tuple[Outcome, int]:
        if held.direction == Direction.ENTER:
            is_running = self._pairs.reason(row) is Unpaired.IN_FLIGHT
            return (Outcome.RUNNING if is_running else Outcome.NOT_SEEN), 0
        if held.errno in RESTARTS:
            return Outcome.RESTARTED, held.errno
        if held.errno == BEGUN:
            return Outcome.BEGUN, held.errno
        if held.errno:
            return Outcome.FAILED, held.errno
        of_exec = self._pairs.execs.outcome(row)
        if of_exec is ExecOutcome.FAILED:
            return Outcome.FAILED, 0
        return (Outcome.ASKED if of_exec is ExecOutcome.ASKED else Outcome.RETURNED), 0

    def _path(self, enter: int | None, last: int) -> str:
        for row in (last, enter):
            if row is not None:
                found = self.path_of(row, self._trace.rows(row, row + 1))
                if found and found[0]:
                    return found[0]
        return ""

    @staticmethod
    def _fd(row: Row, description: Description | None, message: Any) -> int | None:  # noqa: ANN401
        is_made = description is not None and description.fd == row.result
        if is_made and row.direction == Direction.EXIT and not row.errno:
            is_new = row.type in WITH_NEW_FD
            if is_new or (row.type == RAW_SYSCALL and description is not None):
                return row.result
        if row.type == RAW_SYSCALL and message is not None and description is not None:
            return int(message.arg1)
        return (
            row.fd
            if row.fd not in (NO_FD, -1, -100) and row.type != MessageType.SYSCALL_OPEN
            else None
        )

    @staticmethod
    def _address(row: Row, message: Any) -> str:  # noqa: ANN401
        if message is None or row.type not in WITH_ADDRESS or not message.address:
            return ""
        # What lies at the address when accept is called is not the peer's.
        if row.type == MessageType.SYSCALL_ACCEPT and row.direction == Direction.ENTER:
            return ""
        return parse_sockaddr(message.address).text

    def _name(self, row: Row) -> str:
        architecture = self._trace.architecture
        return event_type(point_name(row.type, row.sysno, "E", architecture), architecture)

    def _programs(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """The rows that show that a program ran, one for each program."""
        out = np.zeros(len(rows), np.bool_)
        tells = (rows["kind"] == Kind.MESSAGE) & np.isin(rows["type"], _EXECS)
        for place in np.flatnonzero(tells).tolist():
            row = rows[place]
            process = self._processes.tree.spans.at(
                int(row["conn"]), int(row["pid"]), start + place
            )
            if process is not None:
                out[place] = any(entry.row == start + place for entry in process.programs)
        return out

    def _children(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """What the rows did that show that a process, not a thread, was created: `sentry/clone`."""
        out = np.zeros(len(rows), np.int32)
        tells = (rows["kind"] == Kind.MESSAGE) & (rows["type"] == MessageType.SENTRY_CLONE)
        for place in np.flatnonzero(tells).tolist():
            message = self._message(start + place)
            if message is None or message.flags & _CLONE_THREAD:
                continue
            is_apart = message.flags & NEW_NAMESPACES
            out[place] = Happened.CREATED_PROCESS | (is_apart and Happened.CHANGED_NAMESPACE)
        return out

    def _message(self, row: int) -> Any:  # noqa: ANN401
        try:
            message = self._trace.decoded(row).message
        except (WireError, IndexError):
            return None
        return None if isinstance(message, Unknown) else message


def tells_name(types: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]:
    """Whether messages of these types may tell what their descriptor is."""
    found: npt.NDArray[np.bool_] = ~np.isin(types, (*WITH_ADDRESS, MessageType.SYSCALL_OPEN))
    return found


def _of(
    values: array[int] | bytearray, kind: type[_Number], numbers: npt.NDArray[np.int64]
) -> npt.NDArray[_Number]:
    """The values of descriptions by number; that of number 0 for what has none."""
    found: npt.NDArray[_Number] = np.frombuffer(bytes(values), kind)[np.maximum(numbers, 0)]
    return found
