"""Adds up the bytes that calls moved: for each description, for each process, and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.numbered import Numbered
from gvtui.query.resolved.doubled import DOUBLED
from gvtui.query.resolved.transfers import array_of, sysnos_between, sysnos_in, sysnos_out
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.resolved.descriptions import Descriptions

_MAX_PROCESSES = 1 << 16


class ByteAccounting:
    """The bytes that the calls of all rows given so far read and wrote."""

    def __init__(self, descriptions: Descriptions) -> None:
        self._descriptions = descriptions
        self.moved = np.zeros(2, np.int64)
        """How many bytes were read and written in all."""
        self._bytes: Numbered[tuple[int, int]] = Numbered()
        self._in = self._out = self._between = array_of(frozenset())

    def settle(self, architecture: str) -> None:
        """Take the numbers of the system calls from an architecture."""
        self._in, self._out = array_of(sysnos_in(architecture)), array_of(sysnos_out(architecture))
        self._between = array_of(sysnos_between(architecture))

    def moves(
        self, rows: npt.NDArray[np.void], column: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """How many bytes each row's call read, and how many it wrote: told by its exit.

        Of a call between two descriptors this is the side of the first one.

        Args:
            rows: consecutive rows.
            column: what `column` has for them.
        """
        ended = (rows["direction"] == Direction.EXIT) & (rows["errno"] == 0) & (rows["result"] > 0)
        ended &= (rows["kind"] == Kind.MESSAGE) & (column != DOUBLED)
        is_raw = rows["type"] == RAW_SYSCALL
        is_in = (rows["type"] == MessageType.SYSCALL_READ) | (
            is_raw & np.isin(rows["sysno"], self._in)
        )
        is_out = (rows["type"] == MessageType.SYSCALL_WRITE) | (
            is_raw & np.isin(rows["sysno"], self._out)
        )
        result = rows["result"]
        return np.where(ended & is_in, result, 0), np.where(ended & is_out, result, 0)

    def add(
        self,
        start: int,
        rows: npt.NDArray[np.void],
        out: npt.NDArray[np.int32],
        places: npt.NDArray[np.intp],
        numbers: npt.NDArray[np.int64],
        processes: npt.NDArray[np.int64],
    ) -> None:
        """Add up the bytes that rows moved, for each description and process.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
            out: what the column of descriptions has for them.
            places: which of them are about a descriptor.
            numbers: for each of those places the number of its description.
            processes: for each row the number of its process.
        """
        came, went = self.moves(rows, out)
        each, which = np.unique(numbers, return_inverse=True)
        last = np.zeros(len(each), np.int64)
        last[which] = places
        moved_in, moved_out = came[places], went[places]
        sums = [np.bincount(which, values, len(each)) for values in (moved_in, moved_out)]
        counts = [np.bincount(which, values > 0, len(each)) for values in (moved_in, moved_out)]
        columns = (each, last + start, *(column.astype(np.int64) for column in (*sums, *counts)))
        known = self._descriptions
        for number, row, read, wrote, reads, writes in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            description = known.get(number)
            if description is None:
                continue
            if row > description.last_row:
                description.last_row = row
            if reads:
                description.bytes_in += read
                description.reads += reads
            if writes:
                description.bytes_out += wrote
                description.writes += writes
        moving = np.flatnonzero((came > 0) | (went > 0))
        came, went = self._both_sides(rows[moving], came[moving], went[moving])
        self.moved += (int(came.sum()), int(went.sum()))
        each, which = np.unique(processes[moving], return_inverse=True)
        total_in = np.bincount(which, came, len(each)).tolist()
        total_out = np.bincount(which, went, len(each)).tolist()
        for number, read, wrote in zip(each.tolist(), total_in, total_out, strict=True):
            if number:
                before = self.bytes_of(number)
                if len(self._bytes) >= _MAX_PROCESSES:
                    self._bytes.pop(self._bytes.oldest())
                self._bytes.put(number, (before[0] + int(read), before[1] + int(wrote)))

    def _both_sides(
        self,
        rows: npt.NDArray[np.void],
        came: npt.NDArray[np.int64],
        went: npt.NDArray[np.int64],
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The bytes that rows moved, with what a call between two descriptors did on the other."""
        between = (rows["type"] == RAW_SYSCALL) & np.isin(rows["sysno"], self._between)
        if not between.any():
            return came, went
        both = came + went
        return np.where(between, both, came), np.where(between, both, went)

    def take_back(self, rows: npt.NDArray[np.void], number: int, process: int) -> None:
        """Take back what one row was counted for.

        Args:
            rows: the row alone.
            number: the number of the description that it was counted for.
            process: the number of its process.
        """
        came, went = (int(each[0]) for each in self.moves(rows, np.zeros(1, np.int32)))
        self.moved -= (came, went)
        description = self._descriptions.get(number)
        if process in self._bytes:
            before = self._bytes[process]
            self._bytes.put(process, (before[0] - came, before[1] - went))
        if description is not None:
            description.bytes_in -= came
            description.bytes_out -= went
            description.reads -= came > 0
            description.writes -= went > 0

    def bytes_of(self, process: int) -> tuple[int, int]:
        """How many bytes a process, by its number, read and wrote."""
        return self._bytes.get(process) or (0, 0)
