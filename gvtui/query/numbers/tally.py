"""Sums over calls by a key, such as a system call, a process, a path or an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.numbers.durations import EDGES, FINE_BANDS, coarse_bands, fine_bands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

OTHER = -(1 << 62)
"""The key for all calls whose own key came after the table was full."""


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
        places, inverse = self._find(keys)
        np.add.at(self._counted, places[inverse], by)

    def count_loose(
        self, keys: npt.NDArray[np.int64], is_enter: npt.NDArray[np.bool_], by: int = 1
    ) -> None:
        """Add sides of calls without thread id: the larger number of enters and exits counts."""
        places, inverse = self._find(keys)
        np.add.at(self._loose_enters, places[inverse[is_enter]], by)
        np.add.at(self._loose_exits, places[inverse[~is_enter]], by)

    def outcome(
        self,
        keys: npt.NDArray[np.int64],
        failed: npt.NDArray[np.bool_],
        durations: npt.NDArray[np.int64],
        restarted: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Add the results of calls; a duration below zero stands for an unknown one."""
        places, inverse = self._find(keys)
        if restarted is not None:
            np.add.at(self._restarted, places[inverse[restarted]], 1)
        np.add.at(self._errors, places[inverse[failed]], 1)
        is_timed = durations >= 0
        timed, known = places[inverse[is_timed]], durations[is_timed]
        np.add.at(self._timed, timed, 1)
        np.add.at(self._total, timed, known)
        np.maximum.at(self._max, timed, known)
        if len(self._fine):
            np.add.at(self._fine, (timed, fine_bands(known)), 1)
            np.add.at(self._coarse, (timed, coarse_bands(known)), 1)

    def moved(
        self,
        keys: npt.NDArray[np.int64],
        came: npt.NDArray[np.int64],
        went: npt.NDArray[np.int64],
    ) -> None:
        """Add the bytes that calls read, and those that they wrote."""
        places, inverse = self._find(keys)
        np.add.at(self._bytes_in, places[inverse], came)
        np.add.at(self._bytes_out, places[inverse], went)

    def _find(
        self, keys: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The positions of the distinct keys, and for each key the index of its position."""
        distinct, inverse = np.unique(keys, return_inverse=True)
        places = np.fromiter(
            (self._place(key) for key in distinct.tolist()), np.intp, len(distinct)
        )
        return places, inverse

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
