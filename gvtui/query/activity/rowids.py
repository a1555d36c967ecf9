"""The ids of many rows in little memory, to test which of consecutive rows are among them."""

from __future__ import annotations

import zlib
from array import array
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

_FEW = 512
"""Up to how many rows of a chunk are stored as numbers; more are a bit for each row, compressed."""
_PLAIN, _BITS = b"n", b"b"
"""The first byte of a packed chunk: numbers, or bits."""


class RowIds:
    """Ids of rows, which may be added in any order; ascending ones are fastest."""

    def __init__(self, rows: Sequence[int] = ()) -> None:
        """Begin with these rows."""
        self._chunks: dict[int, bytes] = {}
        self._number = -1
        """The chunk that rows are added to."""
        self._fresh = array("H")
        self.add(rows)

    def add(self, rows: Iterable[int]) -> None:
        """Add rows; those that are there stay."""
        for number, own in groupby(rows, lambda row: row // CHUNK):
            if number != self._number:
                self._close()
                self._fresh = array("H", self._places(number).astype(np.uint16).tobytes())
                self._number = number
            self._fresh.extend(row % CHUNK for row in own)

    def mask(self, start: int, count: int) -> npt.NDArray[np.bool_]:
        """Which of `count` rows from `start` on are there."""
        found = np.zeros(count, np.bool_)
        for number in range(start // CHUNK, (start + count - 1) // CHUNK + 1 if count else 0):
            places = self._places(number) + (number * CHUNK - start)
            found[places[(places >= 0) & (places < count)]] = True
        return found

    def count_before(self, row: int) -> int:
        """How many of them come before a row."""
        numbers = {*self._chunks, self._number} - {-1}
        return sum(
            int(np.count_nonzero(self._places(number) + number * CHUNK < row))
            for number in numbers
            if number * CHUNK < row
        )

    def _places(self, number: int) -> npt.NDArray[np.int64]:
        """The places of rows in a chunk, in order."""
        if number == self._number:
            return np.unique(np.frombuffer(self._fresh.tobytes(), np.uint16)).astype(np.int64)
        packed = self._chunks.get(number, b"")
        if packed[:1] != _BITS:
            return np.frombuffer(packed[1:], np.uint16).astype(np.int64)
        bits = np.frombuffer(zlib.decompress(packed[1:]), np.uint8)
        return np.flatnonzero(np.unpackbits(bits, bitorder="little"))

    def _close(self) -> None:
        """Pack the rows of the chunk that rows were added to."""
        if self._number < 0:
            return
        places = self._places(self._number)
        if len(places) < _FEW:
            packed = _PLAIN + places.astype(np.uint16).tobytes()
        else:
            bits = np.zeros(CHUNK, np.bool_)
            bits[places] = True
            packed = _BITS + zlib.compress(np.packbits(bits, bitorder="little").tobytes(), 1)
        self._chunks[self._number] = packed
