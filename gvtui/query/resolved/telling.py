"""Finds by their columns which rows of a slice tell what happened to descriptors and folders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.begun import goes_on
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.resolved.effects import CHANGING
from gvtui.query.resolved.raweffects import RAW_CHANGING
from gvtui.query.resolved.rawfds import fd_calls
from gvtui.query.resolved.transfers import array_of
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messagetype import WITH_FD, WITH_PATH, MessageType

LOST, MARK, EXEC, CLOSED, OPENED, NAMED = range(1, 7)
"""What a row may be besides a message of some other effect."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What consecutive rows tell; each column has a value for each of them."""

    about: npt.NDArray[np.bool_]
    """Which calls are about a descriptor that their row has."""
    asked: npt.NDArray[np.bool_]
    """Which raw calls are about the descriptor that is their first argument."""
    acts: npt.NDArray[np.bool_]
    """Which are exits of calls that succeeded and change descriptors or folders."""
    plain: npt.NDArray[np.bool_]
    """Which have an absolute path and change nothing: their column tells all."""
    tells: npt.NDArray[np.bool_]
    """Which have to be looked at one by one, in their order."""
    read: npt.NDArray[np.bool_]
    """Which of those are told by their messages."""
    kinds: npt.NDArray[np.int_]
    """What they are: one of `LOST` to `NAMED`, or 0."""


class TellingRows:
    """Finds such rows, for the calls of one architecture."""

    def __init__(self, architecture: str) -> None:
        numbers = sysnos_by_name(architecture)
        changing = {numbers[name] for name in RAW_CHANGING if name in numbers}
        self._raw_changing = array_of(frozenset(changing))
        self._raw_fd = array_of(fd_calls(architecture))
        self._fchdir = numbers.get("fchdir", -1)

    def find(
        self,
        rows: npt.NDArray[np.void],
        known: npt.NDArray[np.bool_],
        raw: npt.NDArray[np.bool_],
        codes: npt.NDArray[np.int32],
        absolute: npt.NDArray[np.bool_],
    ) -> Telling:
        """Look at rows.

        Args:
            rows: consecutive ones.
            known: which of them are whole messages of known processes.
            raw: which are raw calls that no decoded point tells of.
            codes: for each its `ExecCode`.
            absolute: which have an absolute path.
        """
        types, sysnos, errnos = rows["type"], rows["sysno"], rows["errno"]
        about = known & np.isin(types, WITH_FD) & (rows["fd"] >= 0)
        about |= known & (types == MessageType.SYSCALL_CHDIR) & (sysnos == self._fchdir)
        is_exit = rows["direction"] == Direction.EXIT
        done = known & is_exit & ((errnos == 0) | goes_on(rows))
        acts = done & np.isin(types, CHANGING)
        acts |= done & raw & np.isin(sysnos, self._raw_changing)
        named = known & np.isin(types, WITH_PATH) & (rows["path"] != 0)
        execs = known & (
            (types == MessageType.SENTRY_EXEC)
            | (codes == ExecCode.DONE)
            | (codes == ExecCode.DONE_LATER)
        )
        events = known & (
            (types == MessageType.CONTAINER_START) | (types == MessageType.SENTRY_CLONE)
        )
        lost, marks = rows["kind"] == Kind.DROP, rows["kind"] == Kind.MARK
        plain = named & ~acts & absolute
        is_open, is_close = types == MessageType.SYSCALL_OPEN, types == MessageType.SYSCALL_CLOSE
        return Telling(
            about,
            raw & known & np.isin(sysnos, self._raw_fd),
            acts,
            plain,
            (acts | named | execs | events | lost | marks) & ~(plain & ~execs),
            ((acts & ~is_close) | (named & ~plain) | events) & ~execs,
            np.select(
                [lost, marks, execs, is_close, is_open & acts, is_open & named],
                [LOST, MARK, EXEC, CLOSED, OPENED, NAMED],
            ),
        )
