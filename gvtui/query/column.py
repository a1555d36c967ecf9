"""A column with one 32-bit number for each row of a trace, kept as long as the row."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.shelf import Shelf
from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

CHUNK_BYTES = CHUNK * np.dtype(np.int32).itemsize


class RowColumn:
    """A 32-bit number for each row, in chunks that can be freed; few of them are in memory."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Make an empty column; chunks that are not in memory go to files in one of `folders`."""
        self._chunks = Shelf(np.int32, folders)

    def chunk(self, number: int) -> npt.NDArray[np.int32]:
        """A chunk to write to, until anything else is written to the column."""
        chunk = self._chunks.edit(number)
        return self._chunks.put(number, np.zeros(CHUNK, np.int32)) if chunk is None else chunk

    def get(self, row: int) -> int:
        """A row's number; 0 if the column has none."""
        chunk = self._chunks.get(row // CHUNK)
        return 0 if chunk is None else int(chunk[row % CHUNK])

    def put(self, row: int, value: int) -> None:
        """Change a row's number, if its chunk still exists."""
        chunk = self._chunks.edit(row // CHUNK)
        if chunk is not None:
            chunk[row % CHUNK] = value

    def chunk_of(self, row: int) -> npt.NDArray[np.int32]:
        """The chunk of a row, created if needed."""
        return self.chunk(row // CHUNK)

    def take(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """The numbers of these rows; 0 for rows without one."""
        out = np.zeros(len(rows), np.int32)
        numbers = rows // CHUNK
        for number in np.unique(numbers).tolist():
            chunk = self._chunks.get(number)
            if chunk is not None:
                own = numbers == number
                out[own] = chunk[rows[own] % CHUNK]
        return out

    def slice(self, start: int, count: int) -> npt.NDArray[np.int32]:
        """A copy of a range; 0 for rows without a number."""
        out = np.zeros(count, np.int32)
        done = 0
        while done < count:
            number, offset = divmod(start + done, CHUNK)
            size = min(count - done, CHUNK - offset)
            chunk = self._chunks.get(number)
            if chunk is not None:
                out[done : done + size] = chunk[offset : offset + size]
            done += size
        return out

    def known(self) -> list[int]:
        """The numbers of all chunks that there are."""
        return self._chunks.known()

    def read(self, number: int) -> npt.NDArray[np.int32] | None:
        """A chunk, for reading only; None if there is none."""
        return self._chunks.get(number)

    def lend(self, numbers: Iterable[int], read: Callable[[int], bytes]) -> None:
        """Take chunks that somebody else has.

        Args:
            numbers: theirs.
            read: gives the bytes of a chunk by its number, and raises `OSError` where it cannot.
        """
        self._chunks.lend(numbers, partial(_chunk_of, read))

    def touched(self) -> list[int]:
        """The numbers of the chunks that were given out for writing since the last call."""
        return self._chunks.touched()

    def let_go(self, before: int) -> None:
        """Free the chunks whose rows all come before a row."""
        for number in [number for number in self._chunks.known() if (number + 1) * CHUNK <= before]:
            self._chunks.drop(number)


def _chunk_of(read: Callable[[int], bytes], number: int) -> npt.NDArray[np.int32]:
    """A chunk from its bytes."""
    data = read(number)
    if len(data) != CHUNK_BYTES:
        raise OSError(f"chunk {number} cannot be read")
    return np.frombuffer(data, np.int32).copy()
