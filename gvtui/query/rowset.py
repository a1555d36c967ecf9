"""A set of rows of a trace: a bit for each row, on a shelf."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.shelf import Shelf
from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt


class RowSet:
    """Ids of rows. Each can be added at once, wherever it lies among the others."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Make an empty set; what is not in memory goes to a file in one of `folders`."""
        self._chunks = Shelf(np.uint8, folders)
        self._counts: dict[int, int] = {}
        """How many rows of each chunk are in the set."""
        self._numbers: list[int] = []
        """The chunks that have any, in order."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, row: int) -> bool:
        chunk = self._chunks.get(row // CHUNK)
        return chunk is not None and bool(chunk[row % CHUNK >> 3] >> (row & 7) & 1)

    def add(self, row: int) -> None:
        """Add a row; nothing happens if the set has it."""
        if row in self:
            return
        number = row // CHUNK
        chunk = self._chunks.edit(number)
        if chunk is None:
            chunk = self._chunks.put(number, np.zeros(CHUNK // 8, np.uint8))
            self._counts[number] = 0
            insort(self._numbers, number)
        chunk[row % CHUNK >> 3] |= 1 << (row & 7)
        self._counts[number] += 1
        self._size += 1

    def add_all(self, rows: npt.NDArray[np.int64]) -> None:
        """Add many rows at once, each once, in any order; fast where they are near each other."""
        if not len(rows):
            return
        numbers = rows // CHUNK
        for number in range(int(numbers.min()), int(numbers.max()) + 1):
            places = rows[numbers == number] - number * CHUNK
            if not len(places):
                continue
            chunk = self._chunks.edit(number)
            if chunk is None:
                chunk = self._chunks.put(number, np.zeros(CHUNK // 8, np.uint8))
                self._counts[number] = 0
                insort(self._numbers, number)
            bits = np.unpackbits(chunk, bitorder="little")
            added = len(places) - int(np.count_nonzero(bits[places]))
            bits[places] = 1
            chunk[:] = np.packbits(bits, bitorder="little")
            self._size += added
            self._counts[number] += added

    def discard(self, row: int) -> None:
        """Remove a row; nothing happens if the set does not have it."""
        if row not in self:
            return
        number = row // CHUNK
        chunk = self._chunks.edit(number)
        assert chunk is not None
        chunk[row % CHUNK >> 3] &= ~(1 << (row & 7)) & 0xFF
        self._counts[number] -= 1
        self._size -= 1

    def after(self, row: int) -> int | None:
        """The first row of the set that comes after a row; None if none does."""
        for number in self._numbers[bisect_left(self._numbers, row // CHUNK) :]:
            rows = self.rows_in(number)
            place = int(np.searchsorted(rows, row, "right"))
            if place < len(rows):
                return int(rows[place])
        return None

    def before(self, row: int) -> int | None:
        """The last row of the set that comes before a row; None if none does."""
        for number in reversed(self._numbers[: bisect_right(self._numbers, row // CHUNK)]):
            rows = self.rows_in(number)
            place = int(np.searchsorted(rows, row))
            if place:
                return int(rows[place - 1])
        return None

    def count_before(self, row: int) -> int:
        """How many rows of the set come before a row."""
        number = row // CHUNK
        found = sum(self._counts[each] for each in self._numbers if each < number)
        if number in self._counts:
            found += int(np.searchsorted(self.rows_in(number), row))
        return found

    def packed(self, first: int, stop: int) -> Iterator[bytes]:
        """A bit for each row of some chunks, chunk after chunk: from the first, to before the
        other."""
        for number in range(first, stop):
            chunk = self._chunks.get(number)
            yield bytes(CHUNK // 8) if chunk is None else chunk.tobytes()

    def take_packed(self, first: int, packed: Iterable[bytes]) -> None:
        """Fill the empty set with what `packed` gave, from the first chunk on.

        Raises:
            ValueError: a chunk has another size.
        """
        for number, bits in enumerate(packed, first):
            chunk = np.frombuffer(bits, np.uint8).copy()
            if len(chunk) != CHUNK // 8:
                raise ValueError(f"a chunk of {len(chunk)} bytes")
            count = int(np.bitwise_count(chunk).sum())
            if count:
                self._chunks.put(number, chunk)
                self._numbers.append(number)
                self._counts[number] = count
                self._size += count

    def count(self, start: int, stop: int) -> int:
        """How many rows of the set there are from one row to before another."""
        if start % CHUNK == 0 and stop - start == CHUNK:
            return self._counts.get(start // CHUNK, 0)
        return self.count_before(stop) - self.count_before(start)

    def others_in(self, number: int) -> npt.NDArray[np.int64]:
        """The rows of a chunk that are not in the set, in order."""
        chunk = self._chunks.get(number)
        if chunk is None:
            return np.arange(number * CHUNK, (number + 1) * CHUNK)
        return np.flatnonzero(np.unpackbits(chunk, bitorder="little") == 0) + number * CHUNK

    def let_go(self, before: int) -> None:
        """Remove all rows that come before a row."""
        while self._numbers and (self._numbers[0] + 1) * CHUNK <= before:
            number = self._numbers.pop(0)
            self._chunks.drop(number)
            self._size -= self._counts.pop(number)
        if not self._numbers or self._numbers[0] * CHUNK >= before:
            return
        number = self._numbers[0]
        chunk = self._chunks.edit(number)
        assert chunk is not None
        bits = np.unpackbits(chunk, bitorder="little")
        gone = int(np.count_nonzero(bits[: before % CHUNK]))
        if gone:
            bits[: before % CHUNK] = 0
            chunk[:] = np.packbits(bits, bitorder="little")
            self._counts[number] -= gone
            self._size -= gone

    def rows_in(self, number: int) -> npt.NDArray[np.int64]:
        """The rows of a chunk that are in the set, in order."""
        chunk = self._chunks.get(number)
        if chunk is None:
            return np.empty(0, np.int64)
        return np.flatnonzero(np.unpackbits(chunk, bitorder="little")) + number * CHUNK
