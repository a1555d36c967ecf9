"""Finds the process that had an id at a row: ids are reused, so each has a span of rows."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    import numpy.typing as npt

    from gvtui.query.processes.process import Process

_MAX_SPANS = 1 << 16
_LATEST = 4
"""How many processes of the same id are searched, newest first."""


class Spans:
    """For each id on each connection, the processes that had it, each with its first row."""

    def __init__(self) -> None:
        self._spans: OrderedDict[tuple[int, int], list[tuple[int, Process]]] = OrderedDict()
        self._keys: dict[int, dict[tuple[int, int], None]] = {}
        """Connections and ids of each process, by its number."""

    def __contains__(self, key: object) -> bool:
        return key in self._spans

    def begin(self, conn: int, row: int, process: Process) -> None:
        """Assign a connection's rows with the process's id to it, from a row on."""
        key = (conn, process.pid)
        if key not in self._spans and len(self._spans) >= _MAX_SPANS:
            self._drop_oldest()
        self._keys.setdefault(process.number, {})[key] = None
        insort(self._spans.setdefault(key, []), (row, process), key=_row)

    def at(self, conn: int, pid: int, row: int) -> Process | None:
        """The process that had an id at a row; None if not known."""
        spans = self._spans.get((conn, pid))
        if not spans:
            return None
        return spans[max(0, bisect_right(spans, row, key=_row) - 1)][1]

    def current(self, conn: int, pid: int, start_ns: int = 0) -> Process | None:
        """The process that has an id now; None if there is none."""
        for _, process in reversed(self._spans.get((conn, pid), [])[-_LATEST:]):
            if not start_ns or not process.start_ns or process.start_ns == start_ns:
                return process
        return None

    def connection_of(self, process: Process) -> int:
        """A connection on which a process had its id; 0 if none is known."""
        return next((conn for conn, _ in self._keys.get(process.number, ())), 0)

    def _drop_oldest(self) -> None:
        key, spans = self._spans.popitem(last=False)
        for _, process in spans:
            keys = self._keys.get(process.number, {})
            keys.pop(key, None)
            if not keys:
                self._keys.pop(process.number, None)

    def forget(self, numbers: AbstractSet[int]) -> None:
        """Remove processes by their numbers; those that stay cost nothing."""
        touched = {key for number in numbers for key in self._keys.pop(number, ())}
        for key in touched:
            kept = [span for span in self._spans[key] if span[1].number not in numbers]
            if kept:
                self._spans[key] = kept
            else:
                del self._spans[key]

    def runs(
        self, start: int, rows: npt.NDArray[np.void]
    ) -> Iterator[tuple[npt.NDArray[np.intp], Process]]:
        """Each known process with the indices of its rows, in order.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
        """
        places = np.flatnonzero(rows["pid"] > 0)
        order, bounds = group(rows["conn"][places], rows["pid"][places])
        places = places[order]
        for begin, end in pairwise(bounds.tolist()):
            own = places[begin:end]
            spans = self._spans.get((int(rows["conn"][own[0]]), int(rows["pid"][own[0]])))
            if not spans:
                continue
            if len(spans) == 1:
                yield own, spans[0][1]
                continue
            begins = np.array([row for row, _ in spans])
            which = np.maximum(np.searchsorted(begins, own + start, "right") - 1, 0)
            for place in np.unique(which).tolist():
                yield own[which == place], spans[place][1]


def _row(span: tuple[int, Process]) -> int:
    """The row that a span begins with."""
    return span[0]
