"""Finds the architecture of a trace's sandboxes from their messages."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.names import architecture_of_call
from gvtui.points.syscalls import ARCHITECTURES, UNKNOWN_ARCHITECTURE, names_by_sysno
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

_ENOUGH = 1 << 20
"""How many rows are read before giving up."""

_SHIFT = 32


class Told:
    """Reads a trace's rows until the architecture is known.

    A decoded call has its sysno beside its message type: openat is 257 on x86_64 and 56 on arm64.
    That is certain. The sysno of a raw call counts only if just one architecture has it and the
    call succeeded, because a program may call any number.
    """

    def __init__(self, noted: str) -> None:
        """Start with the architecture noted in the trace's header; "" for none."""
        self._noted = noted if noted in ARCHITECTURES else ""
        self._sure = ""
        self._likely = ""
        self._looked = 0

    @property
    def architecture(self) -> str:
        """One of `ARCHITECTURES`, or `UNKNOWN_ARCHITECTURE`."""
        return self._sure or self._noted or self._likely or UNKNOWN_ARCHITECTURE

    @property
    def is_settled(self) -> bool:
        """Whether further rows cannot change the answer."""
        is_sure = self._sure and self._sure == (self._noted or self._sure)
        return bool(is_sure) or self._looked >= _ENOUGH

    def take(self, rows: npt.NDArray[np.void]) -> None:
        """Read more rows.

        The noted architecture is accepted as soon as one message confirms it, so that one of
        several sandboxes cannot change the names of the others' calls.
        """
        if self.is_settled:
            return
        self._looked += len(rows)
        rows = rows[(rows["kind"] == Kind.MESSAGE) & (rows["direction"] != Direction.NONE)]
        decoded = rows[(rows["type"] != RAW_SYSCALL) & (rows["sysno"] >= 0)]
        keys = decoded["type"].astype(np.int64) << _SHIFT | decoded["sysno"]
        counts: dict[str, int] = {}
        found, times = np.unique(keys, return_counts=True)
        for key, count in zip(found.tolist(), times.tolist(), strict=True):
            told = architecture_of_call(key >> _SHIFT, key & (1 << _SHIFT) - 1)
            if told is not None:
                counts[told] = counts.get(told, 0) + count
        if self._noted in counts:
            self._sure = self._noted
        elif counts and not self._sure:
            self._sure = max(counts, key=lambda name: counts[name])
        if not self._likely and not self._sure:
            self._likely = _of_raw(rows[rows["type"] == RAW_SYSCALL])


def _of_raw(rows: npt.NDArray[np.void]) -> str:
    done = rows[(rows["direction"] == Direction.EXIT) & (rows["errno"] != errno.ENOSYS)]
    numbers = set(np.unique(done["sysno"]).tolist())
    x86_64, arm64 = (names_by_sysno(each).keys() for each in ARCHITECTURES)
    only = {"x86_64": numbers & (x86_64 - arm64), "arm64": numbers & (arm64 - x86_64)}
    told = [name for name, found in only.items() if found]
    return told[0] if len(told) == 1 else ""
