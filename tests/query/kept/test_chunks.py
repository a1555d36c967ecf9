"""Columns of states are what they were, and their chunks lie in the file as often as they changed."""

from __future__ import annotations

from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.column import RowColumn
from gvtui.query.kept.blocks import BlockWriter, read_table
from gvtui.query.kept.chunks import PAGE, ChunkReader, ChunkWriter
from gvtui.query.kept.framing import BrokenStateError
from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.kept.blocks import Found

ROWS = st.integers(0, 3) | st.integers(PAGE - 2, PAGE + 2) | st.just(5 * PAGE)
CHANGES = st.lists(
    st.lists(st.tuples(st.integers(0, 2), ROWS, st.integers(-9, 9)), max_size=6), max_size=5
)
"""For each state the numbers that were put into columns: which, into which chunk, and what."""


class Written:
    """The states of a file."""

    def __init__(self) -> None:
        self._blocks, self._chunks = BlockWriter(), ChunkWriter()
        self.tables: list[bytes] = []
        self.taken: list[bytes] = []

    def write(self, columns: Sequence[RowColumn]) -> None:
        """A further one."""
        self._blocks.begin()
        self.tables.append(self._blocks.table(self._chunks.pieces(columns, self._blocks)))
        self.taken.append(self._blocks.take())

    def reader(self) -> ChunkReader:
        """What reads them."""
        return ChunkReader(self._read, ())

    def places(self, state: int) -> list[dict[int, Found]]:
        """Where the chunks of the columns of a state are."""
        return self.reader().columns(read_table(self.tables[state], self._read))

    def _read(self, state: int, offset: int, size: int) -> bytes:
        return self.taken[state][offset : offset + size]


def values(column: RowColumn) -> dict[int, int]:
    """The first number of each chunk."""
    return {chunk: column.get(chunk * CHUNK) for chunk in column.known()}


@given(CHANGES, st.booleans())
def test_columns_are_as_they_were_at_each_state(
    changes: list[list[tuple[int, int, int]]], are_looked_at: bool
) -> None:
    columns, written, expected = [RowColumn() for _ in range(3)], Written(), []
    for state, changed in enumerate(changes):
        for number, chunk, value in changed:
            columns[number].chunk(chunk)[0] = value
        # One may not be there for a while, and others be before it.
        there = columns[::-1] if state % 2 else columns[:2]
        written.write(there)
        expected.append([values(column) for column in there])
    reader = written.reader()
    for state, told in enumerate(expected):
        places = written.places(state)
        if are_looked_at:
            reader.look(places)
        assert [values(reader.column(each)) for each in places] == told


def test_each_of_many_states_tells_where_its_chunks_lie() -> None:
    column, written = RowColumn(), Written()
    states = 1300
    for state in range(states):
        column.chunk(state // 4)[state % 4] = state + 1
        written.write([column])
    reader = written.reader()
    for state in (states - 1, 0, 1, 700, 2):
        found = reader.column(written.places(state)[0])
        assert found.known() == list(range(state // 4 + 1))
        assert values(found) == {chunk: 4 * chunk + 1 for chunk in found.known()}
        last = found.read(state // 4)
        assert last is not None
        assert np.count_nonzero(last) == state % 4 + 1
    assert len(written.tables[-1]) < 500


def test_what_has_not_changed_is_not_written_again() -> None:
    column, written = RowColumn(), Written()
    noise = np.random.default_rng(1)
    for chunk in range(2 * PAGE):
        column.chunk(chunk)[:] = noise.integers(0, 1 << 16, CHUNK)
    written.write([column])
    written.write([column])
    column.chunk(3)[0] += 1
    written.write([column])
    first, second, third = map(len, written.taken)
    assert second == 0
    assert first / 2 / PAGE < third < first / 2 / PAGE * 1.1
    assert max(map(len, written.tables)) < 250


@pytest.mark.parametrize("least", [0, -(1 << 31), (1 << 31) - CHUNK])
def test_numbers_that_ascend_take_little_room(least: int) -> None:
    ascending = np.arange(least, least + CHUNK, dtype=np.int64).astype(np.int32)
    scattered = np.random.default_rng(1).integers(-(1 << 31), 1 << 31, CHUNK, np.int32)
    column, written = RowColumn(), Written()
    for numbers in (ascending, scattered, ascending[::-1]):
        column.chunk(0)[:] = numbers
        written.write([column])
        reader = written.reader()
        found = reader.column(written.places(len(written.taken) - 1)[0]).read(0)
        assert found is not None
        assert found.tolist() == numbers.tolist()
    assert max(len(written.taken[0]), len(written.taken[2])) < CHUNK / 100
    assert len(written.taken[1]) < 4.1 * CHUNK


def test_chunks_that_were_let_go_are_not_there() -> None:
    column, written = RowColumn(), Written()
    for chunk in (1, PAGE, PAGE + 1):
        column.chunk(chunk)[0] = chunk
    written.write([column])
    column.let_go((PAGE + 1) * CHUNK)
    written.write([column])
    assert [[*told] for state in (0, 1) for told in written.places(state)] == [
        [1, PAGE, PAGE + 1],
        [PAGE + 1],
    ]


def test_what_is_made_of_a_column_changes_no_other() -> None:
    column, written = RowColumn(), Written()
    column.chunk(0)[0] = 5
    written.write([column])
    reader, (places,) = written.reader(), written.places(0)
    first, second = reader.column(places), reader.column(places)
    first.chunk(0)[0] = 6
    assert (first.get(0), second.get(0)) == (6, 5)
    assert (first.touched(), second.touched()) == ([0], [])


@given(st.data())
def test_a_damaged_chunk_is_an_error_and_no_number(data: st.DataObject) -> None:
    columns, written = [RowColumn(), RowColumn()], Written()
    for column in columns:
        column.chunk(0)[:4] = (1, 2, 3, 4)
        column.chunk(7)[0] = 5
    columns[1].chunk(9)[0] = 6
    written.write(columns)
    places, late = written.places(0), written.reader()
    sound = [late.column(each) for each in places]
    taken = bytearray(written.taken[0])
    at = data.draw(st.integers(0, len(taken) - 1))
    if data.draw(st.booleans()):
        taken[at] ^= data.draw(st.integers(1, 255))
    else:
        del taken[at:]
    written.taken[0] = bytes(taken)
    reader = written.reader()
    if data.draw(st.booleans()):
        reader.look(places)
    for own, found, expected in zip(places, sound, ({0: 1, 7: 5}, {0: 1, 7: 5, 9: 6}), strict=True):
        is_damaged = any(
            offset <= at < offset + size or offset + size > len(taken)
            for _, offset, size, _ in own.values()
        )
        if not is_damaged:
            assert values(found) == values(reader.column(own)) == expected
            continue
        with pytest.raises(BrokenStateError):
            reader.column(own)
        # Where it was sound when it was taken, and is not when it is read.
        with pytest.raises(OSError, match="has changed in the file"):
            values(found)


def test_chunks_are_looked_at_where_no_thread_may_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    column, written = RowColumn(), Written()
    column.chunk(0)[0] = 5
    written.write([column])
    monkeypatch.setattr(Thread, "start", refused)
    reader, places = written.reader(), written.places(0)
    reader.look(places)
    assert values(reader.column(places[0])) == {0: 5}


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b""],
        [b"\xc1"],
        [msgpack.packb([1])],
        [msgpack.packb(7)],
        [msgpack.packb([1]), msgpack.packb([*[bytes(4)] * 4, bytes(32)])],
        [msgpack.packb([1]), msgpack.packb([bytes(4)] * 3)],
        [msgpack.packb([1]), msgpack.packb([bytes(3), *[bytes(4)] * 3, bytes(16)])],
    ],
)
def test_bytes_that_are_no_table_are_an_error(pieces: list[bytes]) -> None:
    reader = Written().reader()
    with pytest.raises(BrokenStateError):
        reader.columns([partial(bytes, piece) for piece in pieces])
