"""The blocks of states lie in the file once, and are what they were."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.kept.blocks import BLOCK_BYTES, BlockWriter, read_table
from gvtui.query.kept.framing import BrokenStateError

PIECES = st.lists(st.binary(max_size=40) | st.binary(max_size=3).map(lambda b: b * BLOCK_BYTES))


def written(*states: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The tables and the bytes of some states of one section each."""
    writer = BlockWriter()
    tables, taken = [], []
    for pieces in states:
        writer.begin()
        tables.append(writer.table(pieces))
        taken.append(writer.take())
    return tables, taken


def read(table: bytes, taken: list[bytes]) -> list[bytes]:
    def part(state: int, offset: int, size: int) -> bytes:
        return taken[state][offset : offset + size]

    pieces = read_table(table, part)
    return [piece() for piece in pieces]


@given(st.lists(PIECES, max_size=4))
def test_pieces_are_read_as_they_were(states: list[list[bytes]]) -> None:
    tables, taken = written(*states)
    assert [read(table, taken) for table in tables] == states


def test_what_a_state_before_has_is_not_written_again() -> None:
    long = Random(3).randbytes(3 * BLOCK_BYTES)
    _, taken = written([b"one", long], [b"two", long], [long], [b"one"], [b"two", b"one", b"one"])
    first, second, third, fourth, fifth = map(len, taken)
    assert first > len(long) > second > 0
    assert third == 0
    assert fourth > 0
    assert 0 < fifth < 2 * fourth


def test_blocks_side_by_side_are_read_together_but_not_all_that_there_are() -> None:
    random = Random(5)
    first, other = ([random.randbytes(20_000) for _ in range(80)] for _ in range(2))
    tables, taken = written(first, [*first[::2], *other])
    asked: list[tuple[int, int, int]] = []

    def part(state: int, offset: int, size: int) -> bytes:
        asked.append((state, offset, size))
        return taken[state][offset : offset + size]

    assert [piece() for piece in read_table(tables[1], part)] == [*first[::2], *other]
    assert sum(size for *_, size in asked) < sum(map(len, taken))
    # Every second one of the first state is apart from the others.
    of_first = [size for state, _, size in asked if state == 0]
    of_second = [size for state, _, size in asked if state == 1]
    assert len(of_first) == 40
    assert len(of_second) == 2
    assert max(of_second) <= 1 << 20


@given(st.data())
def test_damaged_blocks_are_an_error_at_once(data: st.DataObject) -> None:
    [table], [taken] = written([b"one" * 20, b"two" * 20])
    place = data.draw(st.integers(0, len(taken) - 1))
    damaged = bytearray(taken)
    damaged[place] ^= data.draw(st.integers(1, 255))
    for other in (bytes(damaged), taken[:place]):
        with pytest.raises(BrokenStateError):
            read(table, [other])


@given(st.binary(max_size=200))
def test_any_bytes_are_no_table_or_an_error(data: bytes) -> None:
    with pytest.raises(BrokenStateError):
        read_table(data, lambda *_: b"")


@given(st.data())
def test_a_damaged_table_gives_an_error_or_pieces(data: st.DataObject) -> None:
    [table], taken = written([b"one" * 20, b"two" * 20])
    damaged = bytearray(table)
    damaged[data.draw(st.integers(0, len(table) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert all(isinstance(piece, bytes) for piece in read(bytes(damaged), taken))
    except BrokenStateError:
        return
