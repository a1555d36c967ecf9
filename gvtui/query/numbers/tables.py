"""Sorts statistics into tables by any column; makes only the lines that are read."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.numbers.statistics import Line, Statistics

MAX_LINES = 2000
"""How many lines a table by process or by path has at most."""


class By(Enum):
    """The subject of a table's lines."""

    SYSCALL = "syscalls"
    PROCESS = "processes"
    PATH = "paths"
    ERRNO = "errors"
    EVENT = "events"
    DESCRIPTOR = "fds"
    REMOTE = "hosts"

    @property
    def needs_descriptors(self) -> bool:
        """Whether the statistics have to count by descriptor."""
        return self in (By.DESCRIPTOR, By.REMOTE)


class TableOrder(Enum):
    """The column by which a table is sorted."""

    NAME = "name"
    CALLS = "calls"
    ERRORS = "errors"
    TOTAL = "total"
    MEAN = "mean"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    MAX = "max"
    READ = "read"
    WRITTEN = "written"


_ATTRIBUTES = {
    TableOrder.CALLS: "calls",
    TableOrder.ERRORS: "errors",
    TableOrder.TOTAL: "total_ns",
    TableOrder.MEAN: "mean_ns",
    TableOrder.P50: "p50_ns",
    TableOrder.P95: "p95_ns",
    TableOrder.P99: "p99_ns",
    TableOrder.MAX: "max_ns",
    TableOrder.READ: "bytes_in",
    TableOrder.WRITTEN: "bytes_out",
}

_SUMMED = (
    TableOrder.CALLS,
    TableOrder.ERRORS,
    TableOrder.MAX,
    TableOrder.READ,
    TableOrder.WRITTEN,
)
_KEYED = (By.PROCESS, By.PATH, By.DESCRIPTOR, By.REMOTE)
"""Tables that may have so many lines that only those on the screen are made."""


class Table:
    """A sorted table, with the numbers of the moment when it was made."""

    def __init__(
        self, statistics: Statistics, by: By, order: TableOrder, *, is_ascending: bool = False
    ) -> None:
        self._statistics = statistics
        self.by = by
        self._lines: list[Line] = []
        self._keys: list[int] = []
        self.left_out = 0
        """How many lines are left out, because of `MAX_LINES` or a forgotten process."""
        if by in _KEYED:
            if statistics.counts_descriptors or not by.needs_descriptors:
                self._sort_columns(order, is_ascending)
        else:
            self._lines = _sorted(self._small(), order, is_ascending)

    def __len__(self) -> int:
        return len(self._keys) or len(self._lines)

    def __getitem__(self, place: int) -> Line:
        """The line at an index; a process's line lacks its filter, see `filter_text`."""
        if not self._keys:
            return self._lines[place]
        statistics, key = self._statistics, self._keys[place]
        if self.by is By.PROCESS:
            return statistics.process_line(key, filtered=False)
        if self.by is By.DESCRIPTOR:
            return statistics.descriptor_line(key)
        return statistics.remote_line(key) if self.by is By.REMOTE else statistics.path_line(key)

    def key(self, place: int) -> int | str:
        """The key of a line's subject, which does not depend on the sort order."""
        return self._keys[place] if self._keys else self._lines[place].label

    def place_of(self, key: int | str) -> int | None:
        """The index of the line with a key; None if there is none."""
        keys = [self.key(place) for place in range(len(self))]
        return keys.index(key) if key in keys else None

    def filter_text(self, place: int) -> str:
        """The filter for the rows behind a line; "" if there is none."""
        if self._keys and self.by is By.PROCESS:
            return self._statistics.process_line(self._keys[place]).filter_text
        return self[place].filter_text

    def _small(self) -> list[Line]:
        if self.by is By.ERRNO:
            return self._statistics.by_errno()
        if self.by is By.SYSCALL:
            return self._statistics.by_syscall()
        return [line for line in self._statistics.by_syscall(events=True) if not line.is_call]

    def _columns(self) -> dict[str, npt.NDArray[np.int64]]:
        if self.by is By.PROCESS:
            return self._statistics.process_columns()
        if self.by is By.DESCRIPTOR:
            return self._statistics.descriptor_columns()
        if self.by is By.REMOTE:
            return self._statistics.remote_columns()
        return self._statistics.path_columns()

    def _sort_columns(self, order: TableOrder, is_ascending: bool) -> None:
        columns = self._columns()
        values = _values(columns, order)
        by_size = np.lexsort((columns["key"], values if is_ascending else -values))
        chosen = columns["key"][by_size[:MAX_LINES]].tolist()
        if self.by is By.PROCESS:
            chosen = [key for key in chosen if self._statistics.knows_process(key)]
        self.left_out = len(by_size) - len(chosen)
        self._keys = chosen
        if order is TableOrder.NAME:
            names = {key: self[place].label for place, key in enumerate(chosen)}
            self._keys = sorted(chosen, key=names.__getitem__, reverse=not is_ascending)


def _values(columns: dict[str, npt.NDArray[np.int64]], order: TableOrder) -> npt.NDArray[np.int64]:
    if order in _SUMMED:
        return columns[_ATTRIBUTES[order]]
    if order is TableOrder.MEAN:
        return columns["total_ns"] // np.maximum(columns["timed"], 1)
    totals = columns["total_ns"]
    # Without durations, sort by the number of calls.
    return totals if totals.any() else columns["calls"]


def _sorted(lines: list[Line], order: TableOrder, is_ascending: bool) -> list[Line]:
    if order is TableOrder.NAME:
        return sorted(lines, key=lambda line: line.label, reverse=not is_ascending)
    attribute = _ATTRIBUTES[order]
    sign = 1 if is_ascending else -1

    def rank(line: Line) -> tuple[int, int, str]:
        return sign * (getattr(line, attribute) or 0), -line.calls, line.label

    return sorted(lines, key=rank)
