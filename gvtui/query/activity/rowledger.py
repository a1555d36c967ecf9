"""Which rows are behind each of many lines, in one list for all of them that only grows."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.query.column import RowColumn
from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    _Numbers = npt.NDArray[np.int64]
    _Lines = npt.NDArray[np.int32]
    _Coming = tuple[list[int], list[int]]

_SMALLEST = 1 << 8
"""How many entries there is room for at first."""
_SPAN = 1 << 32
"""How far the rows of a chunk are apart at most: each is told by its distance from the first."""


class RowLedger:
    """An entry for each row of each line: the row's id and the line's number.

    The newest entries are in memory, in the order in which they came. As soon as they fill a chunk
    they are put in the order of their rows, and never change again. One thread may ask while another
    adds.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Make an empty one; chunks that are not in memory go to files in one of `folders`."""
        self.lines = 0
        """How many lines have a number."""
        self._rows, self._lines = RowColumn(folders), RowColumn(folders)
        """Of each chunk that is full the rows, less its first one, and the lines."""
        self._full: dict[int, tuple[int, int, int]] = {}
        """For each of these chunks its first row, how many entries it has, and its last row."""
        self._next = 0
        """The number of the next one."""
        self._chunks_of: dict[int, list[int]] = {}
        """Which of these chunks have any of `CHUNK` consecutive rows, by the rows' id // `CHUNK`."""
        self._gone = np.zeros(0, np.int64)
        """How many entries of each line have been let go."""
        self._newest = _with_room(_SMALLEST, np.zeros(0, np.int64), np.zeros(0, np.int32), 0)
        """The entries that are in no such chunk: rows, lines, and how many they are."""
        self._coming: _Coming = [], []
        """What was added last: rows, and for each addition its line and how many rows it has. An
        object for each addition would have Python's collector look at all others ever so often."""

    def new_line(self) -> int:
        """A number for another line, which has no rows."""
        self.lines += 1
        return self.lines - 1

    def add(self, line: int, rows: Sequence[int]) -> None:
        """Add rows to a line: in any order, but most of them should be newer than those before."""
        coming, told = self._coming
        coming += rows
        # Who asks meanwhile sees no rows of which nothing is told yet.
        told += (line, len(rows))

    def put_away(self) -> None:
        """Have what was added take little memory: to be called after a slice of rows."""
        rows, lines = _entries_of(*self._coming)
        done = 0
        while done < len(rows):
            held, others, count = self._newest
            stop = min(count + len(rows) - done, CHUNK)
            if stop > len(held):
                held, others, _ = _with_room(stop, held, others, count)
            own = slice(done, done + stop - count)
            held[count:stop], others[count:stop] = rows[own], lines[own]
            # Who asks meanwhile sees nothing of what comes behind the entries that he was told of.
            self._newest = held, others, stop
            done = own.stop
            if stop == CHUNK:
                self._fill_chunks()
        self._coming = [], []

    def _fill_chunks(self) -> None:
        """Have the newest entries in chunks: one, unless their rows are very far apart."""
        rows, lines, count = self._newest
        order = np.argsort(rows[:count], kind="stable")
        rows, lines = rows[order], lines[order]
        begin = 0
        while begin < count:
            first = int(rows[begin])
            end = begin + int(np.searchsorted(rows[begin:], first + _SPAN))
            self._fill_chunk(first, rows[begin:end], lines[begin:end])
            begin = end
        self._newest = np.zeros(CHUNK, np.int64), np.zeros(CHUNK, np.int32), 0

    def _fill_chunk(self, first: int, rows: _Numbers, lines: _Lines) -> None:
        number = self._next
        self._next += 1
        self._rows.chunk(number)[: len(rows)] = (rows - first).astype(np.uint32).view(np.int32)
        self._lines.chunk(number)[: len(rows)] = lines
        self._full[number] = first, len(rows), int(rows[-1])
        for near in np.unique(rows // CHUNK).tolist():
            self._chunks_of.setdefault(near, []).append(number)

    def mask(self, lines: Sequence[int], start: int, count: int) -> npt.NDArray[np.bool_]:
        """Which of `count` rows from `start` on any of some lines has."""
        found = np.zeros(count, np.bool_)
        if not count or not lines:
            return found
        is_wanted = _test_of(lines)
        for rows, own in self._newer():
            near = np.flatnonzero((rows >= start) & (rows < start + count))
            found[rows[near[is_wanted(own[near])]] - start] = True
        blocks = range(start // CHUNK, (start + count - 1) // CHUNK + 1)
        for number in {each for block in blocks for each in self._chunks_of.get(block, ())}:
            found[self._near(number, start, count, is_wanted)] = True
        return found

    def _newer(self) -> list[tuple[_Numbers, _Lines]]:
        """The entries that are in no chunk yet. Who asks for these first, and for those in chunks
        then, misses none that goes from here to there meanwhile."""
        coming, told = self._coming
        last = _entries_of(coming, told.copy())
        rows, lines, held = self._newest
        return [last, (rows[:held], lines[:held])]

    def _near(
        self,
        number: int,
        start: int,
        count: int,
        is_wanted: Callable[[_Lines], npt.NDArray[np.bool_]],
    ) -> _Numbers:
        """The places among `count` rows from `start` on of those that a chunk has of some lines;
        none if it has been let go."""
        told = self._full.get(number)
        rows, lines = self._rows.read(number), self._lines.read(number)
        if told is None or rows is None or lines is None:
            return np.zeros(0, np.int64)
        first, size, _ = told
        apart = rows[:size].view(np.uint32)
        begin, end = (
            size if at >= _SPAN else int(np.searchsorted(apart, np.uint32(max(at, 0))))
            for at in (start - first, start + count - first)
        )
        wanted = is_wanted(lines[begin:end])
        return apart[begin:end][wanted].astype(np.int64) + (first - start)

    def count_before(self, lines: Sequence[int], row: int) -> int:
        """How many different rows that come before one some lines have, together with how many
        entries of theirs have been let go: of those all rows are to come before it."""
        newer = np.concatenate([rows for rows, _ in self._newer()])
        blocks = {*np.unique(newer // CHUNK).tolist(), *self._chunks_of.copy()}
        found = sum(
            int(np.count_nonzero(self.mask(lines, begin, min(CHUNK, row - begin))))
            for begin in (block * CHUNK for block in blocks)
            if begin < row
        )
        gone = self._gone
        return found + int(gone[[line for line in lines if line < len(gone)]].sum())

    def let_go(self, before: int) -> None:
        """Forget the oldest chunks, as long as all their rows come before one."""
        for number, (first, size, last) in list(self._full.items()):
            if last >= before:
                return
            lines = self._lines.read(number)
            assert lines is not None
            gone = np.bincount(lines[:size], minlength=self.lines)
            gone[: len(self._gone)] += self._gone
            self._gone = gone
            del self._full[number]
            for block in range(first // CHUNK, last // CHUNK + 1):
                self._leave(block, number)
            for column in (self._rows, self._lines):
                column.let_go((number + 1) * CHUNK)

    def _leave(self, block: int, number: int) -> None:
        """Do not look for some rows in a chunk any more."""
        others = [each for each in self._chunks_of.get(block, ()) if each != number]
        if others:
            self._chunks_of[block] = others
        else:
            self._chunks_of.pop(block, None)

    def __getstate__(self) -> dict[str, Any]:
        """All of it as bytes, for a copy."""
        rows, lines, held = self._newest
        newest = _with_room(max(held, 1), rows, lines, held)
        return vars(self) | {
            "_newest": newest,
            "_rows": _packed(self._rows),
            "_lines": _packed(self._lines),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._rows, self._lines = _unpacked(state["_rows"]), _unpacked(state["_lines"])


def _entries_of(rows: list[int], told: list[int]) -> tuple[_Numbers, _Lines]:
    """An entry for each of some rows, by what `told` has of each addition: line and size."""
    lines, sizes = np.array(told, np.int32).reshape(-1, 2).T
    return np.array(rows[: int(sizes.sum())], np.int64), np.repeat(lines, sizes)


def _with_room(
    least: int, rows: _Numbers, lines: _Lines, count: int
) -> tuple[_Numbers, _Lines, int]:
    """Entries with room for so many or more, but for no more than a chunk has."""
    room = min(1 << (least - 1).bit_length(), CHUNK)
    more, others = np.zeros(room, np.int64), np.zeros(room, np.int32)
    more[:count], others[:count] = rows[:count], lines[:count]
    return more, others, count


def _test_of(wanted: Sequence[int]) -> Callable[[_Lines], npt.NDArray[np.bool_]]:
    """What tells which of some lines are among the wanted ones."""
    if len(wanted) == 1:
        only = wanted[0]
        return lambda lines: lines == only
    # The last place stands for all lines that come after them.
    is_wanted = np.zeros(max(wanted) + 2, np.bool_)
    is_wanted[np.array(wanted)] = True
    return lambda lines: is_wanted[np.minimum(lines, len(is_wanted) - 1)]


def _packed(column: RowColumn) -> dict[int, bytes]:
    read = ((number, column.read(number)) for number in column.known())
    return {
        number: zlib.compress(chunk.tobytes(), 1) for number, chunk in read if chunk is not None
    }


def _unpacked(packed: dict[int, bytes]) -> RowColumn:
    column = RowColumn()
    for number, chunk in packed.items():
        column.chunk(number)[:] = np.frombuffer(zlib.decompress(chunk), np.int32)
    return column
