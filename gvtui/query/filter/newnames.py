"""The names of processes on the rows of an exec that is done: those of the new program.

gVisor sends the former name in `sentry/execve` and in the exit of the exec. A program is called as
its file by the path that the exec was given, cut at 15 bytes; a program that execveat was given as
a descriptor is called by the descriptor's number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.filter.batch import EXEC_CODES
from gvtui.trace.row import LOST_STRING, Direction, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import RAW_SYSCALL, Unknown
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.filter.batch import Mask, RowBatch

_MOST_BYTES = 15
"""TASK_COMM_LEN of Linux, less the zero at its end."""
_MAX_APART = 1 << 12
"""How many rows before and after an exec's row the other rows of its process are searched."""


def new_names(batch: RowBatch) -> dict[int, str]:
    """The places of a batch with rows of execs that are done, each with the new program's name; ""
    where nothing tells it."""
    rows = batch.rows
    # Outcomes are looked for only where there are execs: finding them reads all rows before.
    asked = (rows["kind"] == Kind.MESSAGE) & _of_exec(batch, rows)
    is_exec = asked & (rows["type"] == MessageType.SENTRY_EXEC)
    if (asked & (rows["direction"] == Direction.EXIT)).any():
        codes = batch.numbers(EXEC_CODES)
        is_exec |= (codes == ExecCode.DONE) | (codes == ExecCode.DONE_LATER)
    return {place: _new_name(batch, place) for place in np.flatnonzero(is_exec).tolist()}


def _new_name(batch: RowBatch, place: int) -> str:
    row, number = batch.rows[place], batch.start + place
    begin = max(batch.trace.first_row, number - _MAX_APART)
    before = batch.trace.rows(begin, number + 1)
    own = _of_thread(before, row) & (before["type"] == MessageType.SYSCALL_EXECVE)
    asked = np.flatnonzero(own)
    if len(asked):
        return _cut(_called(batch, begin + int(asked[-1])))
    after = batch.trace.rows(number + 1, number + 1 + _MAX_APART)
    is_later = _of_process(after, row) & ~_of_exec(batch, after)
    later = np.flatnonzero(is_later & (after["process"] > LOST_STRING))
    if len(later):
        return batch.trace.string(int(after["process"][later[0]]))
    is_told = row["type"] == MessageType.SENTRY_EXEC and int(row["path"]) > LOST_STRING
    return _cut(batch.trace.string(int(row["path"]))) if is_told else ""


def _called(batch: RowBatch, number: int) -> str:
    """The path, or descriptor, that the exec of a row was given; "" if it cannot be read."""
    try:
        message: Any = batch.trace.decoded(number).message
    except (WireError, IndexError):
        return ""
    if isinstance(message, Unknown):
        return ""
    return message.pathname or str(message.fd)


def _cut(path: str) -> str:
    name = path.rpartition("/")[2].encode("utf-8", "surrogateescape")[:_MOST_BYTES]
    return name.decode("utf-8", "surrogateescape")


def _of_process(rows: npt.NDArray[np.void], row: np.void) -> Mask:
    own: Mask = (rows["kind"] == Kind.MESSAGE) & (rows["conn"] == row["conn"])
    own &= rows["pid"] == row["pid"]
    return own


def _of_thread(rows: npt.NDArray[np.void], row: np.void) -> Mask:
    own = _of_process(rows, row)
    own &= rows["tid"] == row["tid"]
    return own


def _of_exec(batch: RowBatch, rows: npt.NDArray[np.void]) -> Mask:
    numbers = sysnos_by_name(batch.trace.architecture)
    execs = [numbers[name] for name in ("execve", "execveat") if name in numbers]
    types = rows["type"]
    found: Mask = np.isin(types, (MessageType.SENTRY_EXEC, MessageType.SYSCALL_EXECVE))
    found |= (types == RAW_SYSCALL) & np.isin(rows["sysno"], execs)
    return found
