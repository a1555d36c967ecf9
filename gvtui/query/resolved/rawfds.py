"""The descriptors that raw calls are about: their rows do not have them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.numbers import int32
from gvtui.decode.raw_table import ARGUMENTS
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.resolved.effects import CHANGING
from gvtui.query.resolved.raweffects import RAW_CHANGING
from gvtui.trace.row import NO_FD
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import WITH_FD, WITH_PATH

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.resolved.slicemessages import SliceMessages
    from gvtui.trace.row import Row


_FOLDER_OR_FILE = ("utimensat", "futimesat")
"""Calls whose first argument is that of a folder, or, where the path is NULL, of the file itself;
see utimensat(2)."""


@cache
def fd_calls(architecture: str) -> frozenset[int]:
    """The calls whose first argument is, or may be, the descriptor that they are about."""
    return frozenset(
        number
        for name, number in sysnos_by_name(architecture).items()
        if name in _FOLDER_OR_FILE
        or (name != "close_range" and any(form == "fd" for _, form in ARGUMENTS.get(name, ())[:1]))
    )


@cache
def _with_path(architecture: str) -> frozenset[int]:
    names = sysnos_by_name(architecture)
    return frozenset(names[name] for name in _FOLDER_OR_FILE if name in names)


@cache
def _about(architecture: str) -> frozenset[int]:
    names = sysnos_by_name(architecture)
    return fd_calls(architecture) | {names[name] for name in RAW_CHANGING if name in names}


def may_be_about(row: Row, architecture: str) -> bool:
    """Whether a row of a call can be about a descriptor or a file, by its kind."""
    if row.type == RAW_SYSCALL:
        return row.sysno in _about(architecture)
    return row.type in (*CHANGING, *WITH_FD, *WITH_PATH)


def first_arguments(
    messages: SliceMessages, asked: npt.NDArray[np.bool_], architecture: str
) -> npt.NDArray[np.int64]:
    """The descriptors that some raw rows are about, by their first arguments, in order; `NO_FD`
    where the message cannot be read, or names a path instead.

    Args:
        messages: those of a slice of rows, these among them.
        asked: which of the rows are wanted.
        architecture: the machine's, which says which call a number is.
    """
    places = np.flatnonzero(asked)
    out = np.full(len(places), NO_FD, np.int64)
    with_path = _with_path(architecture)
    for index, place in enumerate(places.tolist()):
        message = messages.get(place)
        if message is not None and not (message.sysno in with_path and message.arg2):
            out[index] = int32(message.arg1)
    return out
