"""Tells which processes open more descriptors than they close.

For each process its life so far is cut into equal spans, and for each span the fewest descriptors
are noted that it had open. Where that number has risen from span to span, descriptors are left
open: what is opened and closed again does not raise it, however much of it there is, and neither
does what was opened once at the start.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.numbered import Numbered
from gvtui.query.resolved.changes import FilesChange
from gvtui.query.source import groups

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.resolved.changes import FilesChanges

_PROCESS, _ROW, _OPEN = map(FilesChange._fields.index, ("process", "row", "open"))

_MOST_SPANS = 8
_FIRST_SPAN = 64
"""How many rows of the trace the first spans have; they get longer as the trace goes on."""
_RISES = 3
"""How often the number has to have risen in succession."""
_LEAST = 8
"""By how much at least in these spans together."""
_MAX_PROCESSES = 1 << 16


class _Floors:
    """The fewest open descriptors of one process in each span of its life."""

    __slots__ = ("floors", "now", "span", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.span = _FIRST_SPAN
        self.now = 0
        self.floors = [0]

    def note(self, rows: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> None:
        """From each of some rows on, which ascend, so many descriptors are open."""
        at = 0
        while at < len(rows):
            self.go_on(int(rows[at]))
            # All that is in the same span.
            end = self.start + len(self.floors) * self.span
            stop = max(int(np.searchsorted(rows, end)), at + 1)
            self.floors[-1] = min(self.floors[-1], int(counts[at:stop].min()))
            self.now = int(counts[stop - 1])
            at = stop

    def go_on(self, row: int) -> None:
        """Begin the spans up to that of a row; nothing has changed in between."""
        place = max(row - self.start, 0) // self.span
        while place >= _MOST_SPANS:
            # The span at the end may be half a one.
            pairs = range(0, len(self.floors), 2)
            self.floors = [min(self.floors[at : at + 2]) for at in pairs]
            self.span *= 2
            place = max(row - self.start, 0) // self.span
        self.floors += [self.now] * (place + 1 - len(self.floors))

    @property
    def rises(self) -> bool:
        """Whether the number has risen in each of the latest spans that are over."""
        last = self.floors[:-1][-_RISES - 1 :]
        is_long = len(last) > _RISES
        up = all(before < after for before, after in pairwise(last))
        is_kept = self.floors[-1] >= self.floors[-2] if is_long else False
        return is_kept and up and last[-1] - last[0] >= _LEAST


class DescriptorGrowth:
    """The open descriptors of processes over their lives."""

    def __init__(self) -> None:
        self._known: dict[int, _Floors] = {}
        self._ending: list[tuple[int, int]] = []
        self._ended: Numbered[tuple[int, bool]] = Numbered()
        """For processes that have ended, what they had open then, and whether it had grown."""

    def take(self, changes: FilesChanges) -> None:
        """Take up what has changed, then the ends of processes."""
        told = changes.columns()
        for own in groups(np.arange(len(told)), told[:, _PROCESS]):
            process = int(told[own[0], _PROCESS])
            rows = told[own, _ROW]
            floors = self._known.get(process)
            if floors is None:
                if len(self._known) >= _MAX_PROCESSES:
                    del self._known[next(iter(self._known))]
                floors = self._known[process] = _Floors(max(int(rows[0]), 0))
            floors.note(np.maximum.accumulate(rows), told[own, _OPEN])
        for process, row in self._ending:
            self._end(process, row)
        self._ending.clear()

    def end(self, process: int, row: int) -> None:
        """A process has ended, at a row; its last changes are taken up next."""
        self._ending.append((process, row))

    def _end(self, process: int, row: int) -> None:
        grown = self.grows(process, row)
        floors = self._known.pop(process, None)
        if floors is not None and floors.now:
            if len(self._ended) >= _MAX_PROCESSES:
                self._ended.pop(self._ended.oldest())
            self._ended.put(process, (floors.now, grown))

    def at_end(self, process: int) -> int:
        """How many descriptors a process had open when it ended; 0 if it has not, or if it is not
        known."""
        return (self._ended.get(process) or (0, False))[0]

    def growing(self, row: int) -> int:
        """How many processes grow, or had grown when they ended; the row is as for `grows`."""
        living = sum(self.grows(process, row) for process in list(self._known))
        return living + sum(grown for _, grown in self._ended)

    def grows(self, process: int, row: int) -> bool:
        """Whether a process has opened more than it closed for a while, or had when it ended.

        Args:
            process: its number.
            row: the row up to which everything has been taken up.
        """
        floors = self._known.get(process)
        if floors is None:
            return (self._ended.get(process) or (0, False))[1]
        floors.go_on(row)
        return floors.rises
