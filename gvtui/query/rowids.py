"""The ids of many rows in little memory, to test which of consecutive rows are among them."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

_MANY = 1 << 11
"""From how many rows of a chunk on they are a bit for each row, compressed."""


class RowIds:
    """Ids of rows, which may be added in any order; ascending ones are fastest."""

    def __init__(self, rows: Iterable[int] = ()) -> None:
        """Begin with these rows."""
        self._dense: dict[int, bytes] = {}
        """Chunks with many rows, as bits."""
        self._chunks = array("I")
        """The numbers of the other chunks, in order."""
        self._begins = array("I")
        """Where the places of each of them begin."""
        self._places = array("H")
        """The places of rows within their chunks."""
        self.add(rows)

    def add(self, rows: Iterable[int]) -> None:
        """Add rows; those that are there stay."""
        ordered = sorted(rows)
        at = 0
        while at < len(ordered):
            number = ordered[at] // CHUNK
            base = number * CHUNK
            stop = bisect_left(ordered, base + CHUNK, at)
            self._add(number, [row - base for row in ordered[at:stop]])
            at = stop

    def join(self, other: RowIds) -> None:
        """Add the rows of another one."""
        for number in sorted({*other._dense, *other._chunks}):
            self._add(number, other._of(number).tolist())

    def _add(self, number: int, places: list[int]) -> None:
        last = self._chunks[-1] if self._chunks else -1
        if number < last:
            # The others are in order, so that they are found.
            self._keep_bits(number, places)
            return
        if number != last:
            self._pack()
            self._chunks.append(number)
            self._begins.append(len(self._places))
        self._places.extend(places)

    def _pack(self) -> None:
        """Make the last chunk bits, if it has many rows."""
        if not self._chunks or len(self._places) - self._begins[-1] < _MANY:
            return
        self._keep_bits(self._chunks[-1])
        self._chunks.pop()
        del self._places[self._begins.pop() :]

    def _keep_bits(self, number: int, further: Iterable[int] = ()) -> None:
        """Have a chunk as bits, with further places."""
        bits = np.zeros(CHUNK, np.bool_)
        bits[self._of(number)] = True
        bits[list(further)] = True
        self._dense[number] = zlib.compress(np.packbits(bits, bitorder="little").tobytes(), 1)

    def mask(self, start: int, count: int) -> npt.NDArray[np.bool_]:
        """Which of `count` rows from `start` on are there."""
        found = np.zeros(count, np.bool_)
        for number in range(start // CHUNK, (start + count - 1) // CHUNK + 1 if count else 0):
            places = self._of(number) + (number * CHUNK - start)
            found[places[(places >= 0) & (places < count)]] = True
        return found

    def count_before(self, row: int) -> int:
        """How many of them come before a row."""
        return sum(
            int(np.count_nonzero(self._of(number) + number * CHUNK < row))
            for number in {*self._dense, *self._chunks}
            if number * CHUNK < row
        )

    def _of(self, number: int) -> npt.NDArray[np.int64]:
        """The places of rows in a chunk, each once, in order."""
        index = bisect_left(self._chunks, number)
        found = np.empty(0, np.int64)
        if index < len(self._chunks) and self._chunks[index] == number:
            ends = self._begins[index + 1 : index + 2] or [len(self._places)]
            own = self._places[self._begins[index] : ends[0]]
            found = np.unique(np.frombuffer(own.tobytes(), np.uint16)).astype(np.int64)
        packed = self._dense.get(number)
        if packed is None:
            return found
        bits = np.frombuffer(zlib.decompress(packed), np.uint8)
        dense = np.flatnonzero(np.unpackbits(bits, bitorder="little"))
        return np.union1d(dense, found) if len(found) else dense
