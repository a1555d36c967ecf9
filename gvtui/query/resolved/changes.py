"""What has changed in tables of descriptors, as numbers that arrays are made of at once."""

from __future__ import annotations

from array import array
from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt


class FilesChange(NamedTuple):
    """From after a row on, a descriptor of a process stands for another description, or none."""

    row: int
    process: int
    fd: int
    description: int
    """0 for none."""
    open: int = 0
    """How many descriptors the process has now, as far as known."""


_WIDTH = len(FilesChange._fields)


class FilesChanges:
    """Changes in their order, until their reader takes them away."""

    def __init__(self, changes: Iterable[FilesChange] = ()) -> None:
        """Begin with some."""
        self.numbers = array("q")
        """The fields of all of them, one after the other. Adding a tuple of fields here takes a
        third of the time that making a `FilesChange` does."""
        self._last: dict[tuple[int, int], int] = {}
        """The row of the last change of each descriptor, by process and number, of those before
        `_noted`."""
        self._noted = 0
        for change in changes:
            self.numbers.extend(change)

    def __len__(self) -> int:
        return len(self.numbers) // _WIDTH

    def __iter__(self) -> Iterator[FilesChange]:
        values = iter(self.numbers)
        return starmap(FilesChange, zip(*[values] * _WIDTH, strict=True))

    def closings(self, seen: int) -> Iterator[tuple[int, int, int]]:
        """Row, process and descriptor of those after the first `seen` numbers after which the
        descriptor stands for nothing."""
        numbers = self.numbers
        for at in range(seen, len(numbers), _WIDTH):
            if not numbers[at + 3]:
                yield numbers[at], numbers[at + 1], numbers[at + 2]

    def columns(self) -> npt.NDArray[np.int64]:
        """All of them: a row for each, a column for each field."""
        return np.array(self.numbers, np.int64).reshape(-1, _WIDTH)

    def last_row(self, process: int, fd: int) -> int:
        """The row of the last change of a descriptor; -1 for none."""
        # Few ask. Each change is looked at once all the same: not all of them again for each who asks.
        new = self.numbers[self._noted :]
        rows, processes, fds = (new[place::_WIDTH] for place in range(3))
        self._last.update(zip(zip(processes, fds, strict=True), rows, strict=True))
        self._noted = len(self.numbers)
        return self._last.get((process, fd), -1)

    def clear(self) -> None:
        """Take all of them away."""
        del self.numbers[:]
        self._last.clear()
        self._noted = 0
