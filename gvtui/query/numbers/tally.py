"""Sums over calls by a key, such as a system call, a process, a path or an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gvtui.query.numbers.durations import EDGES, FINE_BANDS, coarse_bands, fine_bands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

_Value = TypeVar("_Value", bound=np.generic)

OTHER = -(1 << 62)
"""The key for all calls whose own key came after the table was full."""

_MAX_LOOKED_UP = 1 << 17
"""Below it, the places of keys are kept by key: to sort them takes forty times as long."""
_NO_PLACE = -1


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums for one key."""

    calls: int
    errors: int
    timed: int
    """How many calls have a known duration."""
    total_ns: int
    max_ns: int
    restarted: int = 0
    """How many calls a signal interrupted, to be begun anew; they are no errors."""
    bytes_in: int = 0
    """How many bytes calls read or received, where that is counted."""
    bytes_out: int = 0


def added(parts: Iterable[Sums]) -> Sums:
    """Add several sums."""
    every = list(parts)
    return Sums(
        sum(each.calls for each in every),
        sum(each.errors for each in every),
        sum(each.timed for each in every),
        sum(each.total_ns for each in every),
        max((each.max_ns for each in every), default=0),
        sum(each.restarted for each in every),
        sum(each.bytes_in for each in every),
        sum(each.bytes_out for each in every),
    )


class Tally:
    """A table of sums that grows with the number of keys."""

    def __init__(self, *, max_keys: int, with_bands: bool = False) -> None:
        self._max_keys = max_keys
        self._places: dict[int, int] = {}
        self._known = np.full(16, _NO_PLACE, np.int32)
        """The places of small keys that have been looked up, by key."""
        self._counted = np.zeros(16, np.int64)
        self._loose_enters = np.zeros(16, np.int64)
        self._loose_exits = np.zeros(16, np.int64)
        self._errors = np.zeros(16, np.int64)
        self._timed = np.zeros(16, np.int64)
        self._total = np.zeros(16, np.float64)
        self._max = np.zeros(16, np.int64)
        self._restarted = np.zeros(16, np.int64)
        self._bytes_in = np.zeros(16, np.int64)
        self._bytes_out = np.zeros(16, np.int64)
        size = 16 if with_bands else 0
        self._fine = np.zeros((size, FINE_BANDS), np.int64)
        self._coarse = np.zeros((size, len(EDGES)), np.int64)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[tuple[int, Sums]]:
        for key in list(self._places):
            sums = self.sums(key)
            # Everything that was counted for a key may have been taken back.
            if sums.calls or sums.errors:
                yield key, sums

    @property
    def is_full(self) -> bool:
        """Whether calls were summed under `OTHER`."""
        return OTHER in self._places

    def sums(self, key: int) -> Sums:
        """The sums for a key."""
        place = self._places.get(key)
        if place is None:
            return Sums(0, 0, 0, 0, 0)
        loose = max(int(self._loose_enters[place]), int(self._loose_exits[place]))
        return Sums(
            int(self._counted[place]) + loose,
            int(self._errors[place]),
            int(self._timed[place]),
            int(self._total[place]),
            int(self._max[place]),
            int(self._restarted[place]),
            int(self._bytes_in[place]),
            int(self._bytes_out[place]),
        )

    @property
    def has_bands(self) -> bool:
        """Whether durations are counted in bands."""
        return len(self._fine) > 0

    def columns(self) -> dict[str, npt.NDArray[np.int64]]:
        """All sums: an array for each field of `Sums`, and the keys as `key`."""
        count = len(self._places)
        loose = np.maximum(self._loose_enters[:count], self._loose_exits[:count])
        columns = {
            "key": np.fromiter(self._places, np.int64, count),
            "calls": self._counted[:count] + loose,
            "errors": self._errors[:count],
            "timed": self._timed[:count],
            "total_ns": self._total[:count].astype(np.int64),
            "max_ns": self._max[:count],
            "restarted": self._restarted[:count],
            "bytes_in": self._bytes_in[:count],
            "bytes_out": self._bytes_out[:count],
        }
        has_any = (columns["calls"] > 0) | (columns["errors"] > 0)
        return {name: column[has_any] for name, column in columns.items()}

    def fine(self, key: int) -> npt.NDArray[np.int64]:
        """A key's counts by fine band; only for a tally with bands."""
        place = self._places.get(key, len(self._fine))
        return self._fine[place] if place < len(self._fine) else np.zeros(FINE_BANDS, np.int64)

    def coarse(self, key: int) -> npt.NDArray[np.int64]:
        """A key's counts by coarse band."""
        place = self._places.get(key, len(self._coarse))
        return self._coarse[place] if place < len(self._coarse) else np.zeros(len(EDGES), np.int64)

    def count(self, keys: npt.NDArray[np.int64], by: int = 1) -> None:
        """Add one call for each key; `by` is -1 to take calls back."""
        places = self._find(keys)
        np.add.at(self._counted, places, by)

    def count_loose(
        self, keys: npt.NDArray[np.int64], is_enter: npt.NDArray[np.bool_], by: int = 1
    ) -> None:
        """Add sides of calls without thread id: the larger number of enters and exits counts."""
        places = self._find(keys)
        np.add.at(self._loose_enters, _only(places, is_enter), by)
        np.add.at(self._loose_exits, _only(places, ~is_enter), by)

    def outcome(
        self,
        keys: npt.NDArray[np.int64],
        failed: npt.NDArray[np.bool_],
        durations: npt.NDArray[np.int64],
        restarted: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Add the results of calls; a duration below zero stands for an unknown one."""
        places = self._find(keys)
        if restarted is not None:
            np.add.at(self._restarted, _only(places, restarted), 1)
        np.add.at(self._errors, _only(places, failed), 1)
        is_timed = durations >= 0
        timed, known = _only(places, is_timed), _only(durations, is_timed)
        np.add.at(self._timed, timed, 1)
        # With numbers of another type than the column's, numpy takes thirty times as long.
        np.add.at(self._total, timed, known.astype(np.float64))
        np.maximum.at(self._max, timed, known)
        if len(self._fine):
            fine, coarse = self._fine.reshape(-1), self._coarse.reshape(-1)
            np.add.at(fine, timed * FINE_BANDS + fine_bands(known), 1)
            np.add.at(coarse, timed * len(EDGES) + coarse_bands(known), 1)

    def moved(
        self,
        keys: npt.NDArray[np.int64],
        came: npt.NDArray[np.int64],
        went: npt.NDArray[np.int64],
    ) -> None:
        """Add the bytes that calls read, and those that they wrote."""
        places = self._find(keys)
        np.add.at(self._bytes_in, places, came)
        np.add.at(self._bytes_out, places, went)

    def _find(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each key its place in the columns."""
        if len(keys) and keys.min() >= 0 and (most := int(keys.max())) < _MAX_LOOKED_UP:
            if most >= len(self._known):
                more = np.full(max(most + 1, 2 * len(self._known)), _NO_PLACE, np.int32)
                more[: len(self._known)] = self._known
                self._known = more
            places = self._known.take(keys)
            is_new = places == _NO_PLACE
            if is_new.any():
                for key in np.unique(keys[is_new]).tolist():
                    self._known[key] = self._place(key)
                places = self._known.take(keys)
            return places.astype(np.int64)
        distinct, inverse = np.unique(keys, return_inverse=True)
        found = np.fromiter(map(self._place, distinct.tolist()), np.int64, len(distinct))
        return found.take(inverse)

    def _place(self, key: int) -> int:
        place = self._places.get(key)
        if place is not None:
            return place
        if len(self._places) >= self._max_keys and key != OTHER:
            return self._place(OTHER)
        place = self._places[key] = len(self._places)
        if place >= len(self._counted):
            self._grow()
        return place

    def _grow(self) -> None:
        for name in (
            "counted",
            "loose_enters",
            "loose_exits",
            "errors",
            "timed",
            "total",
            "max",
            "restarted",
            "bytes_in",
            "bytes_out",
        ):
            column = getattr(self, f"_{name}")
            setattr(self, f"_{name}", np.concatenate((column, np.zeros_like(column))))
        self._fine = np.concatenate((self._fine, np.zeros_like(self._fine)))
        self._coarse = np.concatenate((self._coarse, np.zeros_like(self._coarse)))


def _only(values: npt.NDArray[_Value], wanted: npt.NDArray[np.bool_]) -> npt.NDArray[_Value]:
    """The values that are wanted, in a fifth of the time that a mask takes as an index."""
    return values.take(np.flatnonzero(wanted))
