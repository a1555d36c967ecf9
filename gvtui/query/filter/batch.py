"""A batch of rows under test, its derived columns, and the interface to pairs and processes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from gvtui.decode.outcome import NO_FAILURES, RESTARTS
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.trace.row import NO_FD, Direction, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messagetype import WITH_NEW_FD, MessageType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gvtui.query.source import RowSource
    from gvtui.wire.messages import Decoded

    Mask = npt.NDArray[np.bool_]
    Numbers = npt.NDArray[Any]
    Rows = npt.NDArray[np.void]
    Told = tuple[npt.NDArray[np.intp], Sequence[tuple[str, ...]]]
    AgeTest = Callable[[npt.NDArray[np.int64]], Mask]

UNKNOWN = -(1 << 63)
"""The value in a column of numbers for a row that lacks the field."""

_MAX_KEPT = 4096
_MAX_KEPT_BYTES = 4 << 20
"""Messages of a batch that are kept decoded, for the next condition."""


class RunningMark(NamedTuple):
    """A moment: how many calls had begun to run or ceased to, and the time."""

    changes: int
    now_ns: int


class FilterContext(Protocol):
    """Gives conditions the data that is not in the rows themselves.

    It reads the trace in order. Its methods take consecutive rows before `position`, the first of
    which has the id `start`.
    """

    @property
    def position(self) -> int:
        """All rows before this one are known."""

    def advance(self, budget: int) -> int:
        """Read up to `budget` more rows; returns how many, 0 if there are no more."""

    def expect(self, what: str) -> None:
        """Prepare for a field that a filter will ask for, by its name, before rows are read."""

    def now_ns(self) -> int:
        """The present moment, Unix nanoseconds; in a recording that of its newest row."""

    def exec_codes(self, start: int, rows: Rows) -> npt.NDArray[np.int32]:
        """The `ExecCode` of each row, which says what is known of execs whose exits have no error.

        Unlike the other methods it works for all rows of the trace. A code may change once.
        """

    def exec_changes(self) -> int:
        """How many codes of execs have changed so far."""

    def execs_changed_since(self, mark: int) -> list[int] | None:
        """The rows whose code has changed since `exec_changes` gave `mark`; None if too many."""

    def running_mark(self) -> RunningMark:
        """Which calls run now, for `running_changed_since`."""

    def running_changed_since(
        self, mark: RunningMark, tests: Sequence[AgeTest]
    ) -> list[int] | None:
        """The rows of calls that have begun to run or ceased to since `mark`, or whose age passes
        one of the tests at only one of the two moments; None if too many."""

    def latency_ns(self, start: int, rows: Rows) -> npt.NDArray[np.int64]:
        """How long each row's call took, in nanoseconds; -1 if it is not known."""

    def parent_pid(self, start: int, rows: Rows) -> npt.NDArray[np.int64]:
        """The thread group id of the parent of each row's process; -1 if it is not known."""

    def texts(self, what: str, start: int, rows: Rows) -> Told:
        """The distinct texts of something, and for each row the index of its own among them.

        Args:
            what: the name of the field, perhaps with a number in brackets.
            start: as for the other methods.
            rows: likewise.

        Returns:
            The indices, and the texts. An index is -1 if it is not known, and a row has several
            texts where the field has several values, or none.
        """

    def numbers(self, what: str, start: int, rows: Rows) -> npt.NDArray[np.int64]:
        """A number for each row, by the name of the field; `UNKNOWN` if it is not known."""


class NoContext:
    """Knows nothing."""

    position = 0

    def advance(self, budget: int) -> int:
        """Read nothing."""
        return 0

    def expect(self, what: str) -> None:
        """Nothing is prepared."""

    def now_ns(self) -> int:
        """This moment."""
        return time.time_ns()

    def exec_codes(self, start: int, rows: Rows) -> npt.NDArray[np.int32]:
        """Nothing is known."""
        return np.zeros(len(rows), np.int32)

    def exec_changes(self) -> int:
        """Nothing changes."""
        return 0

    def execs_changed_since(self, mark: int) -> list[int] | None:
        """Nothing changes."""
        return []

    def running_mark(self) -> RunningMark:
        """Nothing runs."""
        return RunningMark(0, 0)

    def running_changed_since(
        self, mark: RunningMark, tests: Sequence[AgeTest]
    ) -> list[int] | None:
        """Nothing changes."""
        return []

    def latency_ns(self, start: int, rows: Rows) -> npt.NDArray[np.int64]:
        """Nothing is known."""
        return np.full(len(rows), -1, np.int64)

    def parent_pid(self, start: int, rows: Rows) -> npt.NDArray[np.int64]:
        """Nothing is known."""
        return np.full(len(rows), -1, np.int64)

    def texts(self, what: str, start: int, rows: Rows) -> Told:
        """Nothing is known."""
        return np.full(len(rows), -1, np.intp), []

    def numbers(self, what: str, start: int, rows: Rows) -> npt.NDArray[np.int64]:
        """Nothing is known."""
        return np.full(len(rows), UNKNOWN, np.int64)


class NumberColumn(NamedTuple):
    """A column of numbers: a field of the rows, or one derived from them."""

    name: str
    """The name of the row's field, or of the derived column."""
    unknown: int | None = None
    """The value of a row that lacks it; None if every row has it."""
    derive: Callable[[RowBatch], Numbers] | None = None
    """Computes a derived column."""
    asks_context: bool = False
    """Whether computing it needs the filter's context."""
    follows_execs: bool = False
    """Whether, for an exec's exit, a later row may change it."""
    reads_messages: bool = False
    """Whether computing it decodes messages."""
    follows_calls: bool = False
    """Whether it changes when a call returns, or as time passes."""
    likely: str = ""
    """The row's field that has most of the values of a derived column; "" for none."""


class RowBatch:
    """Consecutive rows of a trace, with a cache of derived columns and decoded messages."""

    def __init__(self, trace: RowSource, rows: Rows, start: int, context: FilterContext) -> None:
        self.trace = trace
        self.rows = rows
        self.start = start
        self.context = context
        self._columns: dict[str, Numbers] = {}
        self._decoded: dict[int, Decoded | None] = {}
        self._decoded_bytes = 0

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> Numbers:
        """A field of the rows, by its name in the row."""
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = np.ascontiguousarray(self.rows[name])
        return column

    def numbers(self, column: NumberColumn) -> Numbers:
        """A column of numbers."""
        if column.derive is None:
            return self.column(column.name)
        numbers = self._columns.get(column.name)
        if numbers is None:
            numbers = self._columns[column.name] = column.derive(self)
        return numbers

    def decoded(self, place: int) -> Decoded | None:
        """A row's decoded message; None if it has none, or one that cannot be read."""
        if place in self._decoded:
            return self._decoded[place]
        decoded = None
        if self.rows["kind"][place] == Kind.MESSAGE:
            try:
                decoded = self.trace.decoded(self.start + place)
            except (WireError, IndexError):
                decoded = None
        self._decoded_bytes += int(self.rows["length"][place])
        if len(self._decoded) < _MAX_KEPT and self._decoded_bytes <= _MAX_KEPT_BYTES:
            self._decoded[place] = decoded
        return decoded


def _on_exits(batch: RowBatch, values: Numbers) -> Numbers:
    return np.where(batch.column("direction") == Direction.EXIT, values, UNKNOWN)


def _number(batch: RowBatch) -> Numbers:
    return np.arange(batch.start, batch.start + len(batch), dtype=np.int64)


def _when(batch: RowBatch) -> Numbers:
    times = batch.column("time_ns")
    return np.where(times != 0, times, batch.rows["recv_ns"])


def _exec_codes(batch: RowBatch) -> Numbers:
    return batch.context.exec_codes(batch.start, batch.rows)


EXEC_CODES = NumberColumn("exec codes", None, _exec_codes)
"""An `ExecCode` for each row."""


def _where_told(batch: RowBatch, values: Numbers) -> Numbers:
    """The values of exits, except those of execs with an unknown outcome."""
    codes = batch.numbers(EXEC_CODES)
    is_told = (codes != ExecCode.ASKED) & (codes != ExecCode.FAILED)
    return np.where(is_told, _on_exits(batch, values), UNKNOWN)


def _result(batch: RowBatch) -> Numbers:
    errors = batch.column("errno").astype(np.int64)
    return _where_told(batch, np.where(errors != 0, -errors, batch.rows["result"]))


def _errno(batch: RowBatch) -> Numbers:
    return _where_told(batch, batch.column("errno").astype(np.int64))


def _restarted(batch: RowBatch) -> Numbers:
    return _on_exits(batch, np.isin(batch.column("errno"), RESTARTS).astype(np.int64))


def _failed(batch: RowBatch) -> Numbers:
    codes, errors = batch.numbers(EXEC_CODES), batch.column("errno")
    failed = ~np.isin(errors, NO_FAILURES) | (codes == ExecCode.FAILED)
    return np.where(codes == ExecCode.ASKED, UNKNOWN, _on_exits(batch, failed.astype(np.int64)))


def _descriptor(batch: RowBatch) -> Numbers:
    types, fds = batch.column("type"), batch.column("fd").astype(np.int64)
    ends = (batch.column("direction") == Direction.EXIT) & (batch.column("kind") == Kind.MESSAGE)
    done = ends & (batch.column("errno") == 0) & (batch.rows["result"] >= 0)
    fds = np.where(done & np.isin(types, WITH_NEW_FD), batch.rows["result"], fds)
    # The descriptor that an openat is given is that of a folder, and not of its file.
    return np.where(ends & ~done & (types == MessageType.SYSCALL_OPEN), NO_FD, fds)


def _dropped(batch: RowBatch) -> Numbers:
    return np.where(batch.column("kind") == Kind.DROP, batch.rows["result"], UNKNOWN)


def _latency(batch: RowBatch) -> Numbers:
    return batch.context.latency_ns(batch.start, batch.rows)


def _parent(batch: RowBatch) -> Numbers:
    return batch.context.parent_pid(batch.start, batch.rows)


def of_context(what: str, *, follows_calls: bool = False) -> NumberColumn:
    """The column of numbers that the context has for a field."""

    def derive(batch: RowBatch) -> Numbers:
        return batch.context.numbers(what, batch.start, batch.rows)

    return NumberColumn(what, UNKNOWN, derive, asks_context=True, follows_calls=follows_calls)


NUMBER = NumberColumn("number", None, _number)
TIME = NumberColumn("when", 0, _when)
RESULT = NumberColumn("of call", UNKNOWN, _result, follows_execs=True)
ERRNO = NumberColumn("error", UNKNOWN, _errno, follows_execs=True)
FAILED = NumberColumn("failed", UNKNOWN, _failed, follows_execs=True)
RESTARTED = NumberColumn("restarted", UNKNOWN, _restarted)
DESCRIPTOR = NumberColumn("descriptor", NO_FD, _descriptor, likely="fd")
DROPPED = NumberColumn("lost", UNKNOWN, _dropped)
LATENCY = NumberColumn("latency", -1, _latency, asks_context=True, follows_execs=True)
AGE = of_context("evt.age", follows_calls=True)
RUNNING = of_context("evt.running", follows_calls=True)
PARENT = NumberColumn("parent", -1, _parent, asks_context=True)
