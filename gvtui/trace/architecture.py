"""The architecture of the sandboxes of a trace, told by what they sent."""

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
"""Rows that are looked at, where nothing tells."""

_SHIFT = 32


class Told:
    """Reads a trace's rows until they have told the architecture.

    A message that decodes its call has the call's number beside its type: openat is 257 on x86_64
    and 56 on arm64. That is sure. Numbers of raw calls tell it only where one architecture alone has
    that call, and it did something: a program may ask for any number.
    """

    def __init__(self, noted: str) -> None:
        """Begin with what the trace notes of the machine it was recorded on; "" for nothing."""
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
        """Whether further rows change nothing."""
        is_sure = self._sure and self._sure == (self._noted or self._sure)
        return bool(is_sure) or self._looked >= _ENOUGH

    def take(self, rows: npt.NDArray[np.void]) -> None:
        """Look at more rows.

        What is noted is believed as soon as one message bears it out: of several sandboxes one
        alone cannot give the calls of the others other names.
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
