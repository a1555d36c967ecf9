"""A view: the rows that pass a filter, found step by step, with positions for scrolling."""

from __future__ import annotations

import bisect
import time
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.query.filter.compile import Filter
    from gvtui.query.helpers.ahead import Ahead
    from gvtui.query.knownrows import KnownPart, KnownRows
    from gvtui.query.source import RowSource

SLICE = 1 << 14
"""How many rows are filtered in one step: few enough for the processor's cache."""
_FIRST_SLICE = 1 << 9
_SHORTEST_SECONDS = 1e-6
_CHUNK = 1 << 16
_MAX_DISTANCE = (1 << 32) - 1


def _size(fitting: float, most: int) -> int:
    """How many rows a slice gets of which so many fit into its time."""
    return int(min(max(fitting, _FIRST_SLICE), most, SLICE))


class _Chunk:
    """Row ids in ascending order, stored as distances from a base, four bytes each."""

    __slots__ = ("_ids", "_number", "_shelf", "base", "count", "position")

    def __init__(
        self, shelf: Shelf, number: int, position: int, base: int, known: KnownPart | None = None
    ) -> None:
        """Make a chunk whose distances are stored on a shelf, under its number; those that are
        known, once somebody asks for them."""
        self._shelf, self._number = shelf, number
        self.position = position
        """The position of its first row, counted from the view's beginning."""
        self.base = base
        self.count = known.passing if known is not None else 0
        self._ids = known.ids if known is not None else None
        if known is None:
            shelf.put(number, np.empty(64, np.uint32))

    def _settle(self) -> None:
        """Have the distances on the shelf."""
        ids = self._ids
        if ids is not None:
            self._shelf.put(self._number, (ids() - self.base).astype(np.uint32))
            self._ids = None

    @property
    def distances(self) -> npt.NDArray[np.uint32]:
        """The distances, perhaps with unused room after them."""
        self._settle()
        distances = self._shelf.get(self._number)
        assert distances is not None
        return distances

    def leave(self) -> None:
        """Remove the distances from the shelf."""
        self._shelf.drop(self._number)

    def take(self, ids: npt.NDArray[np.int64]) -> int:
        """Append as many ids as there is room for; returns how many."""
        room = max(0, min(len(ids), _CHUNK - self.count))
        if room and int(ids[room - 1]) - self.base > _MAX_DISTANCE:
            room = int(np.searchsorted(ids[:room], self.base + _MAX_DISTANCE, "right"))
        self._settle()
        distances = self._shelf.edit(self._number)
        assert distances is not None
        size = len(distances)
        if self.count + room > size:
            while self.count + room > size:
                size *= 2
            grown = np.empty(size, np.uint32)
            grown[: self.count] = distances[: self.count]
            distances = self._shelf.put(self._number, grown)
        distances[self.count : self.count + room] = ids[:room] - self.base
        self.count += room
        return room

    def put(self, row_id: int) -> None:
        """Insert a row id, which is not below the base."""
        place = self.place_of(row_id)
        kept = self.distances[: self.count]
        self._shelf.put(self._number, np.insert(kept, place, row_id - self.base))
        self.count += 1

    def remove(self, row_id: int) -> None:
        """Remove a row id that the chunk has."""
        kept = self.distances[: self.count]
        self._shelf.put(self._number, np.delete(kept, self.place_of(row_id)))
        self.count -= 1

    def ids(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        return self.distances[start:stop].astype(np.int64) + self.base

    def place_of(self, row_id: int) -> int:
        """How many of its rows are before `row_id`."""
        distance = min(max(row_id - self.base, 0), _MAX_DISTANCE + 1)
        return int(np.searchsorted(self.distances[: self.count], distance))


class RowView:
    """Rows of a trace that pass a filter, in order.

    Positions are 0 to `count - 1`. New rows are appended, so a row keeps its position until the
    trace removes old rows; then all positions decrease by as much as `removed` increases. Only a
    row whose answer depends on later rows, such as the exit of an exec or the raw row of a call,
    may be inserted or removed in between, soon after it was read. Call `advance` to take up changes: the trace's `refresh`
    alone does not change the view. Memory does not grow with the rows: most ids are on disk.
    """

    def __init__(
        self,
        trace: RowSource,
        filter: Filter | None = None,  # noqa: A002
        ahead: Ahead | None = None,
        known: KnownRows | None = None,
    ) -> None:
        """Make it; nothing more is filtered yet than is known.

        Args:
            trace: the trace.
            filter: which rows pass; None for all.
            ahead: lets other processes test rows too; ended by `close`.
            known: which of the first rows pass the filter, where that is known.
        """
        self._trace = trace
        self._ahead = ahead
        self._filter = filter if filter is not None and filter.text.strip() else None
        self._first = trace.first_row
        self._end = trace.end_row
        self._scanned = trace.first_row
        self._chunks: list[_Chunk] = []
        self._shelf = Shelf(np.uint32, trace.side_folders)
        self._next_chunk = 0
        self._found = 0
        self._slice = _FIRST_SLICE
        self._reading = _FIRST_SLICE
        """As `_slice`, for rows that the context must read first."""
        self._changes = self._filter.changes() if self._filter is not None else None
        self.removed = 0
        """How many positions were removed at the front since the view was made."""
        if known is not None:
            for part in known.parts:
                self._chunks.append(self._new_chunk(self._found, part.base, part))
                self._found += part.passing
            self._scanned = max(self._scanned, known.stop)

    @property
    def count(self) -> int:
        """How many rows are known to pass."""
        if self._filter is None:
            return self._end - self._first
        return self._found - self.removed

    def __len__(self) -> int:
        return self.count

    @property
    def total(self) -> int:
        """How many rows the trace has."""
        return self._end - self._first

    @property
    def progress(self) -> float:
        """The filtered share of the trace, from 0 to 1."""
        if self._filter is None or self.total == 0:
            return 1.0
        return (self._scanned - self._first) / self.total

    @property
    def complete(self) -> bool:
        """Whether all rows have been filtered."""
        return self._filter is None or self._scanned >= self._end

    def advance(self, budget_seconds: float) -> bool:
        """Take up changes of the trace, and filter rows for about the given time.

        Returns:
            Whether anything changed, even if only the progress.
        """
        before = (self._first, self._end, self._scanned)
        self._follow()
        has_changed = False
        if self._filter is not None:
            self._scan(self._filter, budget_seconds)
            has_changed = self._ask_again(self._filter)
        return has_changed or before != (self._first, self._end, self._scanned)

    def close(self) -> None:
        """End what other processes do for it."""
        if self._ahead is not None:
            self._ahead.close()

    def _follow(self) -> None:
        """Note which rows the trace has now, and drop the ids of removed ones."""
        first = self._trace.first_row
        self._end = self._trace.end_row
        if first == self._first:
            return
        if self._filter is None:
            self.removed += first - self._first
        else:
            self.removed += self.position_of(first)
            while self._chunks and self.removed >= self._chunks[0].position + self._chunks[0].count:
                self._chunks.pop(0).leave()
        self._first = first
        self._scanned = max(self._scanned, first)

    def _ask_again(self, condition: Filter) -> bool:
        """Insert or remove rows whose answer has changed; returns whether there were any."""
        rows = condition.changed_since(self._changes) if self._changes is not None else []
        self._changes = condition.changes()
        if rows is None:
            self._chunks, self._found, self._scanned = [], self.removed, self._first
            self._shelf.clear()
            return True
        has_changed = False
        for row_id in sorted(rows):
            if not self._first <= row_id < self._scanned:
                continue
            passes = condition.matches(self._trace, row_id)
            if passes != self._has(row_id):
                has_changed = True
                if passes:
                    self._put(row_id)
                else:
                    self._remove(row_id)
        return has_changed

    def _has(self, row_id: int) -> bool:
        index = self._chunk_for(row_id)
        if index < 0:
            return False
        chunk = self._chunks[index]
        place = chunk.place_of(row_id)
        return place < chunk.count and int(chunk.distances[place]) + chunk.base == row_id

    def __contains__(self, row_id: object) -> bool:
        if not isinstance(row_id, int):
            return False
        if self._filter is None:
            return self._first <= row_id < self._end
        return row_id >= self._first and self._has(row_id)

    def _put(self, row_id: int) -> None:
        index = self._chunk_for(row_id)
        if index < 0:
            index = 0
            position = self._chunks[0].position if self._chunks else self._found
            self._chunks.insert(0, self._new_chunk(position, row_id))
        self._chunks[index].put(row_id)
        self._shift(index, 1)

    def _remove(self, row_id: int) -> None:
        index = self._chunk_for(row_id)
        self._chunks[index].remove(row_id)
        self._shift(index, -1)
        if not self._chunks[index].count:
            self._chunks.pop(index).leave()

    def _new_chunk(self, position: int, base: int, known: KnownPart | None = None) -> _Chunk:
        self._next_chunk += 1
        return _Chunk(self._shelf, self._next_chunk, position, base, known)

    def _shift(self, index: int, by: int) -> None:
        """Adjust positions after a chunk has gained or lost a row."""
        self._found += by
        for chunk in self._chunks[index + 1 :]:
            chunk.position += by

    def _scan(self, condition: Filter, budget_seconds: float) -> None:
        deadline = time.monotonic() + budget_seconds
        started = time.monotonic()
        while self._scanned < self._end:
            stop = min(self._scanned + self._slice, self._end)
            known = condition.known_rows(self._scanned, stop)
            stop = min(self._scanned + (known or self._reading), self._end)
            may_pass = None
            is_tested_here = True
            if self._ahead is not None:
                stop, may_pass = self._ahead.look(self._scanned, stop)
                is_tested_here = may_pass is None
            rows = self._trace.rows(self._scanned, stop)
            if not len(rows):
                break
            if self._ahead is not None and is_tested_here:
                may_pass = self._ahead.test(rows, self._scanned)
            mask = condition.mask(self._trace, rows, self._scanned, may_pass)
            self._add(np.flatnonzero(mask) + self._scanned)
            for row_id in condition.late:
                if self._has(row_id):
                    self._remove(row_id)
            self._scanned += len(rows)
            now = time.monotonic()
            took, left, started = now - started, deadline - now, now
            if self._ahead is not None and is_tested_here:
                self._ahead.took(took, len(rows), self._scanned)
            pace = len(rows) / max(took, _SHORTEST_SECONDS)
            # The next slice gets half of the remaining time, because some rows take longer than
            # others.
            self._slice = _size(pace * left / 2, 4 * self._slice)
            if not known:
                # To read on costs something for each slice, however short: one that fills the time
                # does more than two short ones.
                left = left if left > took / 2 else 0
                self._reading = _size(pace * (left or budget_seconds), 2 * self._reading)
            if left <= 0:
                break

    def _add(self, ids: npt.NDArray[np.int64]) -> None:
        while len(ids):
            if not self._chunks or not (taken := self._chunks[-1].take(ids)):
                self._chunks.append(self._new_chunk(self._found, int(ids[0])))
                taken = self._chunks[-1].take(ids)
            self._found += taken
            ids = ids[taken:]

    def __getitem__(self, position: int) -> int:
        """The row id at a position; a negative position counts from the end.

        Raises:
            IndexError: there is no such position.
        """
        count = self.count
        place = position + count if position < 0 else position
        if not 0 <= place < count:
            raise IndexError(f"no position {position} in a view of {count} rows")
        if self._filter is None:
            return self._first + place
        chunk = self._chunk_at(place + self.removed)
        return chunk.base + int(chunk.distances[place + self.removed - chunk.position])

    def __iter__(self) -> Iterator[int]:
        for start in range(0, self.count, _CHUNK):
            yield from self.slice(start, start + _CHUNK).tolist()

    def slice(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """The row ids at positions from `start` to before `stop`, as far as they exist."""
        start, stop = max(start, 0), min(stop, self.count)
        if stop <= start:
            return np.empty(0, np.int64)
        if self._filter is None:
            return np.arange(self._first + start, self._first + stop, dtype=np.int64)
        start, stop = start + self.removed, stop + self.removed
        parts = []
        for chunk in self._chunks[self._index_at(start) :]:
            if chunk.position >= stop:
                break
            low = max(start - chunk.position, 0)
            parts.append(chunk.ids(low, min(stop - chunk.position, chunk.count)))
        return np.concatenate(parts)

    def position_of(self, row_id: int) -> int:
        """The position of a row, or of the next row in the view; `count` if there is none."""
        if self._filter is None:
            return min(max(row_id - self._first, 0), self.count)
        index = self._chunk_for(row_id)
        if index < 0:
            return 0
        chunk = self._chunks[index]
        return max(chunk.position + chunk.place_of(row_id) - self.removed, 0)

    def _chunk_for(self, row_id: int) -> int:
        """The index of the chunk that a row would be in; -1 if all begin after it."""
        return bisect.bisect_right(self._chunks, row_id, key=lambda chunk: chunk.base) - 1

    def _index_at(self, position: int) -> int:
        return bisect.bisect_right(self._chunks, position, key=lambda chunk: chunk.position) - 1

    def _chunk_at(self, position: int) -> _Chunk:
        return self._chunks[self._index_at(position)]
