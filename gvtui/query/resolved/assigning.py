"""Finds for many rows at once what their descriptors stand for."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.resolved.changes import FilesChanges

_FD_MASK = 0xFFFFFFFF


class Uses:
    """The rows of a slice that use a descriptor, and what each stands for at its row.

    Made before the slice's calls take effect; `resolved` is asked afterwards.
    """

    def __init__(
        self,
        places: npt.NDArray[np.intp],
        processes: npt.NDArray[np.int64],
        fds: npt.NDArray[np.int64],
        now: Callable[[int, int], int],
    ) -> None:
        """Note what the descriptors stand for at the beginning of the slice.

        Args:
            places: the rows' places in the slice, ascending.
            processes: for each the number of its process.
            fds: for each the descriptor.
            now: gives the number of the description of a process's descriptor; 0 if not known.
        """
        self.places = places
        self._keys, which = np.unique(processes << 32 | fds & _FD_MASK, return_inverse=True)
        self.which: npt.NDArray[np.int64] = which.astype(np.int64)
        """For each row the index of its process and descriptor."""
        self._proving = self._order = np.empty(0, np.intp)
        self._proofs: list[int] = []
        self._starts: dict[int, tuple[int, int]] = {}
        self._descriptors: dict[int, int] = {}
        self._first = np.array(
            [now(key >> 32, _signed(key & _FD_MASK)) for key in self._keys.tolist()], np.int64
        )

    def unknown(self, proves: npt.NDArray[np.bool_]) -> list[int]:
        """The places of the rows that show first that a descriptor is open of which nothing is
        known at the beginning of the slice.

        Args:
            proves: for each row whether it shows that the descriptor is open.
        """
        self._proving = np.flatnonzero(proves)
        self._order = np.argsort(self.which[self._proving], kind="stable")
        of_key = self.which[self._proving][self._order]
        first = np.flatnonzero(np.diff(of_key, prepend=-1))
        first = first[self._first[of_key[first]] == 0]
        found: list[int] = self.places[self._proving[self._order[first]]].tolist()
        return found

    def next_proof(self, process: int, fd: int, after: int) -> int:
        """The place of the next row after a place that shows that a descriptor is open; -1 for
        none. `unknown` comes before."""
        if not self._starts:
            of_key = self.which[self._proving][self._order]
            starts = np.searchsorted(of_key, np.arange(len(self._keys) + 1)).tolist()
            # Looked up one by one: lists and dicts do that faster than arrays.
            self._starts = dict(zip(self._keys.tolist(), pairwise(starts), strict=True))
            self._proofs = self.places[self._proving[self._order]].tolist()
        begin, end = self._starts.get(process << 32 | fd & _FD_MASK, (0, 0))
        found = bisect_right(self._proofs, after, begin, end)
        return self._proofs[found] if found < end else -1

    def descriptor(self, place: int) -> tuple[int, int]:
        """The process and the descriptor of the row at one of the places."""
        if not self._descriptors:
            told = self._keys[self.which].tolist()
            self._descriptors = dict(zip(self.places.tolist(), told, strict=True))
        key = self._descriptors[place]
        return key >> 32, _signed(key & _FD_MASK)

    def resolved(self, start: int, changes: FilesChanges) -> Runs:
        """What each row's descriptor stands for, by what had changed before the row.

        Args:
            start: the slice's first row.
            changes: what the slice's calls changed, in the order of their rows.
        """
        count = len(self._keys)
        keys, since, numbers = np.arange(count), np.zeros(count, np.int64), self._first
        if changes and count:
            told = changes.columns()
            key = told[:, 1] << 32 | told[:, 2] & _FD_MASK
            at = np.minimum(np.searchsorted(self._keys, key), count - 1)
            ours = self._keys[at] == key
            keys = np.concatenate((keys, at[ours]))
            since = np.concatenate((since, np.maximum(told[ours, 0] - start + 1, 0)))
            numbers = np.concatenate((numbers, told[ours, 3]))
        return Runs(self, keys, since, numbers)


class Runs:
    """For each row of `Uses` the run it is in: the rows between two changes of a descriptor."""

    def __init__(
        self,
        uses: Uses,
        keys: npt.NDArray[np.int64],
        since: npt.NDArray[np.int64],
        numbers: npt.NDArray[np.int64],
    ) -> None:
        wide = int(max(since.max(initial=0), uses.places.max(initial=0))) + 2
        order = np.argsort(keys * wide + since, kind="stable")
        self._uses = uses
        self._keys = keys[order]
        codes = self._keys * wide + since[order]
        self._numbers = numbers[order].copy()
        self._run = np.searchsorted(codes, uses.which * wide + uses.places, "right") - 1

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """For each row the number of its description; 0 if it is not known."""
        numbers: npt.NDArray[np.int64] = self._numbers[self._run]
        return numbers


def _signed(fd: int) -> int:
    return fd - (1 << 32) if fd >= 1 << 31 else fd
