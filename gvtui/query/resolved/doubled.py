"""Finds raw rows whose call has a decoded row too.

A sandbox sends the raw point first. What a session reports does not change while its connection
lasts, so once a connection has sent a decoded row, all its raw rows of the same side and system
call have decoded ones. Only the very first raw row may come before this is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

DOUBLED = -(1 << 31)
"""In the column of a raw row: its call has a decoded row too."""
_MAX_KNOWN = 1 << 16


class Doubled:
    """For each connection, which sides of which calls have decoded points."""

    def __init__(self) -> None:
        self._decoded: dict[int, None] = {}
        self._array = np.empty(0, np.int64)
        self._unsure: dict[int, int] = {}
        self._unsure_rows: dict[int, None] = {}
        """In their order."""
        self._late: list[int] = []

    def mask(
        self, start: int, rows: npt.NDArray[np.void], is_raw: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Which of the next rows are raw ones whose call has a decoded row too.

        Args:
            start: row id of the first of `rows`.
            rows: the next rows, in order.
            is_raw: which of them are raw ones.
        """
        result = np.zeros(len(rows), np.bool_)
        self.learn(rows)
        if not is_raw.any():
            return result
        raw = np.flatnonzero(is_raw)
        keys = _keys(rows[raw])
        result[raw] = np.isin(keys, self._array)
        raw, keys = raw[~result[raw]], keys[~result[raw]]
        for place in sorted(np.unique(keys, return_index=True)[1].tolist()):
            key = int(keys[place])
            if key not in self._unsure and len(self._unsure) < _MAX_KNOWN:
                self._unsure[key] = row = start + int(raw[place])
                self._unsure_rows[row] = None
        return result

    def is_unsure(self, row: int) -> bool:
        """Whether `take_late` may tell this row, which was given before."""
        return row in self._unsure_rows

    def unsure_rows(self, start: int, count: int) -> list[int]:
        """Those of `count` rows from `start` on that `take_late` may tell, the latest first."""
        found = []
        for row in reversed(self._unsure_rows):
            if row < start:
                break
            if row < start + count:
                found.append(row)
        return found

    def learn(self, rows: npt.NDArray[np.void]) -> None:
        """Note which decoded rows there are among some rows."""
        is_call = (rows["kind"] == Kind.MESSAGE) & (rows["direction"] != Direction.NONE)
        decoded = np.flatnonzero(is_call & (rows["type"] != RAW_SYSCALL))
        if len(decoded):
            for key in np.unique(_keys(rows[decoded])).tolist():
                if key not in self._decoded:
                    self._learn(key)

    def take_late(self) -> list[int]:
        """Raw rows given before of which it is only known now that they have decoded ones."""
        late, self._late = self._late, []
        return late

    def _learn(self, key: int) -> None:
        if len(self._decoded) >= _MAX_KNOWN:
            del self._decoded[next(iter(self._decoded))]
        self._decoded[key] = None
        self._array = np.array(list(self._decoded), np.int64)
        row = self._unsure.pop(key, None)
        if row is not None:
            self._unsure_rows.pop(row, None)
            self._late.append(row)


def _keys(rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    side = (rows["direction"] == Direction.EXIT).astype(np.int64)
    sysno = rows["sysno"].astype(np.int64) & 0x7FFFFFFF
    keys: npt.NDArray[np.int64] = rows["conn"].astype(np.int64) << 32 | sysno << 1 | side
    return keys
