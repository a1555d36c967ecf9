"""Stores arrays by key: a few in memory, the others in a nameless temporary file.

Data for each row of a trace grows with the trace, so it must not all be in memory. The file
vanishes with the shelf, however the program ends.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gvtui.files import nameless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

HELD = 16
"""How many arrays stay in memory: what a screen, a scan and the newest rows need together."""

_SMALLEST_PLACE = 1 << 12


class _Place(NamedTuple):
    """The position of an array in the file."""

    offset: int
    room: int
    """How many bytes are reserved for it; a power of two."""
    size: int
    """How many of these bytes it uses."""


class Shelf:
    """Arrays of one number type, by keys. One thread may read while another writes.

    If the file cannot be written, as on a full disk, all arrays stay in memory.
    """

    def __init__(
        self, kind: npt.DTypeLike, folders: Sequence[Path] = (), *, held: int | None = None
    ) -> None:
        """Make an empty shelf.

        Args:
            kind: the type of the arrays' numbers.
            folders: folders for the file, best first; the folder for temporary files if empty.
            held: how many arrays stay in memory; `HELD` by default.
        """
        self._kind: np.dtype[Any] = np.dtype(kind)
        self._folders = tuple(folders)
        self._most = HELD if held is None else held
        self._held: OrderedDict[int, npt.NDArray[Any]] = OrderedDict()
        self._changed: set[int] = set()
        self._touched: set[int] = set()
        self._newest: int | None = None
        """The key of the array last given out for writing, which stays in memory."""
        self._places: dict[int, _Place] = {}
        self._free: dict[int, list[int]] = {}
        self._end = 0
        self._fd = -1
        self._lock = threading.Lock()
        self._lent: set[int] = set()
        """The keys of arrays that somebody else has, and gives when they are needed."""
        self._read_lent: Callable[[int], npt.NDArray[Any]] | None = None

    def __contains__(self, key: object) -> bool:
        return key in self._held or key in self._places or key in self._lent

    def __len__(self) -> int:
        return len(self._keys())

    def _keys(self) -> set[int]:
        return self._held.keys() | self._places.keys() | self._lent

    def known(self) -> list[int]:
        """The keys of all arrays."""
        with self._lock:
            return sorted(self._keys())

    def lend(self, keys: Iterable[int], read: Callable[[int], npt.NDArray[Any]]) -> None:
        """Take arrays that somebody else has; where they are changed, they are not changed there.

        Args:
            keys: their keys.
            read: gives one that may be written to, by its key, and raises `OSError` where it cannot.
        """
        with self._lock:
            self._lent, self._read_lent = set(keys), read

    def get(self, key: int) -> npt.NDArray[Any] | None:
        """An array for reading only; None if there is none."""
        with self._lock:
            return self._take(key)

    def edit(self, key: int) -> npt.NDArray[Any] | None:
        """An array for writing, until `edit` gives another one; None if there is none."""
        with self._lock:
            self._newest = key
            array = self._take(key)
            if array is not None:
                self._changed.add(key)
                self._touched.add(key)
            return array

    def touched(self) -> list[int]:
        """The keys of the arrays that were given out for writing, or put, since the last call."""
        with self._lock:
            touched, self._touched = self._touched, set()
            return sorted(touched)

    def put(self, key: int, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Store an array, in place of an earlier one; gives it back for writing, as `edit` does."""
        with self._lock:
            self._held[key] = array
            self._held.move_to_end(key)
            self._changed.add(key)
            self._touched.add(key)
            self._newest = key
            self._tidy()
            return array

    def drop(self, key: int) -> None:
        """Remove an array."""
        with self._lock:
            self._held.pop(key, None)
            self._changed.discard(key)
            self._lent.discard(key)
            self._leave(key)

    def clear(self) -> None:
        """Remove all arrays."""
        for key in self.known():
            self.drop(key)

    def _take(self, key: int) -> npt.NDArray[Any] | None:
        array = self._held.get(key)
        if array is not None:
            self._held.move_to_end(key)
            return array
        place = self._places.get(key)
        if place is not None:
            array = np.empty(place.size // self._kind.itemsize, self._kind)
            if os.preadv(self._fd, [array.view(np.uint8).data], place.offset) != place.size:
                raise OSError(f"what was put away at {place.offset} cannot be read")
        elif key in self._lent and self._read_lent is not None:
            array = self._read_lent(key)
        else:
            return None
        self._held[key] = array
        self._tidy()
        return array

    def _tidy(self) -> None:
        """Move the least recently used arrays to the file."""
        for key in list(self._held)[: max(0, len(self._held) - self._most)]:
            if key == self._newest:
                continue
            if key in self._changed and not self._write(key, self._held[key]):
                return
            self._changed.discard(key)
            del self._held[key]

    def _write(self, key: int, array: npt.NDArray[Any]) -> bool:
        try:
            if self._fd < 0:
                self._fd = nameless(*self._folders)
                weakref.finalize(self, os.close, self._fd)
            place = self._place(key, array.nbytes)
            written = os.pwritev(self._fd, [np.ascontiguousarray(array).view(np.uint8).data], place)
        except OSError:
            self._leave(key)
            return False
        if written != array.nbytes:
            self._leave(key)
            return False
        return True

    def _place(self, key: int, size: int) -> int:
        """An offset for an array of so many bytes: its former one, a free one, or the end."""
        room = max(_SMALLEST_PLACE, 1 << (size - 1).bit_length())
        place = self._places.get(key)
        if place is not None and place.room >= size:
            self._places[key] = place._replace(size=size)
            return place.offset
        self._leave(key)
        free = self._free.get(room)
        if free:
            offset = free.pop()
        else:
            offset = self._end
            self._end += room
        self._places[key] = _Place(offset, room, size)
        return offset

    def _leave(self, key: int) -> None:
        place = self._places.pop(key, None)
        if place is not None:
            self._free.setdefault(place.room, []).append(place.offset)
