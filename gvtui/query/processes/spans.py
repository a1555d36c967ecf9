"""Finds the process that had an id at a row: ids are reused, so each has a span of rows."""

from __future__ import annotations

from bisect import bisect_right, insort
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.oneorseveral import OneOrSeveral
from gvtui.query.source import group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    import numpy.typing as npt

    from gvtui.query.numbered import Numbered
    from gvtui.query.processes.process import Process

_MAX_SPANS = 1 << 16
_LATEST = 4
"""How many processes of the same id are searched, newest first."""


class Spans:
    """For each id on each connection, the processes that had it, each with its first row."""

    def __init__(self, processes: Numbered[Process]) -> None:
        """Make it empty.

        Args:
            processes: the processes by number, of which those here are some.
        """
        self._processes = processes
        self._spans: OneOrSeveral[tuple[int, int], tuple[int, int]] = OneOrSeveral()
        """First rows and numbers of processes, by connection and id."""
        self._keys: OneOrSeveral[int, tuple[int, int]] = OneOrSeveral()
        """Connections and ids of each process, by its number."""

    def __contains__(self, key: object) -> bool:
        return key in self._spans

    def begin(self, conn: int, row: int, process: Process) -> None:
        """Assign a connection's rows with the process's id to it, from a row on."""
        key = (conn, process.pid)
        if key not in self._spans and len(self._spans) >= _MAX_SPANS:
            self._drop_oldest()
        if key not in self._keys.of(process.number):
            self._keys.add(process.number, key)
        spans = list(self._spans.of(key))
        insort(spans, (row, process.number), key=_row)
        self._spans.put(key, spans)

    def at(self, conn: int, pid: int, row: int) -> Process | None:
        """The process that had an id at a row; None if not known."""
        spans = self._spans.of((conn, pid))
        if not spans:
            return None
        return self._processes.get(spans[max(0, bisect_right(spans, row, key=_row) - 1)][1])

    def current(self, conn: int, pid: int, start_ns: int = 0) -> Process | None:
        """The process that has an id now; None if there is none."""
        for _, number in reversed(self._spans.of((conn, pid))[-_LATEST:]):
            process = self._processes.get(number)
            if process is None:
                continue
            if not start_ns or not process.start_ns or process.start_ns == start_ns:
                return process
        return None

    def connection_of(self, process: Process) -> int:
        """A connection on which a process had its id; 0 if none is known."""
        return next((conn for conn, _ in self._keys.of(process.number)), 0)

    def _drop_oldest(self) -> None:
        key = self._spans.oldest()
        self._keys.keep((number for _, number in self._spans.pop(key)), key.__ne__)

    def forget(self, numbers: AbstractSet[int]) -> None:
        """Remove processes by their numbers; those that stay cost nothing."""
        touched = {key for number in numbers for key in self._keys.pop(number)}
        self._spans.keep(touched, lambda span: span[1] not in numbers)

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
            spans = self._spans.of((int(rows["conn"][own[0]]), int(rows["pid"][own[0]])))
            had = [self._processes.get(number) for _, number in spans]
            if len(had) == 1 and had[0] is not None:
                yield own, had[0]
            if len(had) < 2:
                continue
            begins = np.array([row for row, _ in spans])
            which = np.maximum(np.searchsorted(begins, own + start, "right") - 1, 0)
            for place in np.unique(which).tolist():
                process = had[place]
                if process is not None:
                    yield own[which == place], process


def _row(span: tuple[int, int]) -> int:
    """The row that a span begins with."""
    return span[0]
