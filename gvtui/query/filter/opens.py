"""Tells how calls open files: for reading, for writing, or also to create them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.filter.batch import UNKNOWN, NumberColumn
from gvtui.trace.row import Kind
from gvtui.wire.messages import RAW_SYSCALL, Unknown
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.filter.batch import Numbers, RowBatch

_FLAGS_AT = {"open": "arg2", "openat": "arg3"}
"""Where raw calls have their flags. Those of openat2 are in the program's memory."""
_CREAT = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def _opens(batch: RowBatch) -> Numbers:
    """The flags of each row that opens a file; `UNKNOWN` for others."""
    numbers = sysnos_by_name(batch.trace.architecture)
    names = {numbers[name]: name for name in (*_FLAGS_AT, "creat") if name in numbers}
    types, sysnos = batch.column("type"), batch.column("sysno")
    opens = (types == MessageType.SYSCALL_OPEN) | (
        (types == RAW_SYSCALL) & np.isin(sysnos, list(names))
    )
    opens &= batch.column("kind") == Kind.MESSAGE
    found = np.full(len(batch), UNKNOWN, np.int64)
    for place in np.flatnonzero(opens).tolist():
        decoded = batch.decoded(place)
        if decoded is None or isinstance(decoded.message, Unknown):
            continue
        message: Any = decoded.message
        name = names.get(int(sysnos[place]), "")
        if name == "creat":
            found[place] = _CREAT
        elif types[place] == MessageType.SYSCALL_OPEN:
            found[place] = message.flags
        else:
            found[place] = getattr(message, _FLAGS_AT[name]) & 0xFFFFFFFF
    return found


_FLAGS = NumberColumn("flags of open", UNKNOWN, _opens)


def _column(name: str, passes: Callable[[Numbers], Any]) -> NumberColumn:
    def derive(batch: RowBatch) -> Numbers:
        flags = batch.numbers(_FLAGS)
        return np.where(flags == UNKNOWN, UNKNOWN, passes(flags))

    return NumberColumn(name, UNKNOWN, derive, reads_messages=True)


def _access(flags: Numbers) -> Numbers:
    return flags & os.O_ACCMODE


READS = _column("opens to read", lambda flags: np.isin(_access(flags), (os.O_RDONLY, os.O_RDWR)))
WRITES = _column("opens to write", lambda flags: np.isin(_access(flags), (os.O_WRONLY, os.O_RDWR)))
CREATES = _column("opens to create", lambda flags: (flags & os.O_CREAT) != 0)
