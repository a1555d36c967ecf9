from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query import column as column_module
from gvtui.query.column import RowColumn

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 4


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> object:
    """Chunks of four rows, so that few rows go over several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(column_module, "CHUNK", CHUNK)
        yield


WRITES = st.lists(st.tuples(st.integers(0, 40), st.integers(-5, 5)), max_size=30)


@given(WRITES, st.lists(st.integers(0, 50), max_size=10), st.integers(0, 45), st.integers(0, 30))
def test_it_holds_what_was_put_and_zero_elsewhere(
    writes: list[tuple[int, int]], asked: list[int], start: int, count: int
) -> None:
    column, expected = RowColumn(), dict[int, int]()
    for row, value in writes:
        column.chunk_of(row)
        column.put(row, value)
        expected[row] = value
    assert [column.get(row) for row in range(50)] == [expected.get(row, 0) for row in range(50)]
    taken = column.take(np.array(asked, np.int64))
    assert taken.tolist() == [expected.get(row, 0) for row in asked]
    cut = column.slice(start, count)
    assert cut.tolist() == [expected.get(row, 0) for row in range(start, start + count)]


def test_a_row_whose_chunk_is_not_there_takes_nothing() -> None:
    column = RowColumn()
    column.put(3, 9)
    assert column.get(3) == 0
    column.chunk(0)
    column.put(3, 9)
    assert column.get(3) == 9


def test_a_chunk_is_the_columns_own_and_a_slice_is_a_copy() -> None:
    column = RowColumn()
    column.chunk(1)[2] = 7
    assert column.get(6) == 7
    column.slice(4, 4)[2] = 8
    column.take(np.array([6]))[0] = 8
    assert column.get(6) == 7
    assert column.chunk(1)[2] == 7


def test_only_chunks_that_lie_wholly_before_a_row_are_let_go() -> None:
    column = RowColumn()
    for row in (1, 5, 9):
        column.chunk_of(row)
        column.put(row, row)
    column.let_go(7)
    assert [column.get(row) for row in (1, 5, 9)] == [0, 5, 9]
    column.let_go(8)
    assert [column.get(row) for row in (1, 5, 9)] == [0, 0, 9]
    column.put(5, 3)
    assert column.slice(0, 12).tolist() == [0] * 9 + [9, 0, 0]


def test_chunks_are_taken_from_who_has_them_and_tell_when_they_are_changed(tmp_path: Path) -> None:
    size = column_module.CHUNK_BYTES
    whole = np.arange(2 * size // 4, dtype=np.int32).tobytes()
    lent = {7: whole[size:], 2: whole[:size], 3: whole[1:size]}
    column = RowColumn([tmp_path])
    column.lend(lent, lent.__getitem__)
    assert column.known() == [2, 3, 7]
    assert column.touched() == []
    found = column.read(7)
    assert found is not None
    assert found.tobytes() == lent[7]
    with pytest.raises(OSError, match="chunk 3"):
        column.read(3)
    column.chunk(7)[0] = -1
    assert column.touched() == [7]
    assert lent[7] == whole[size:]
    column.put(2 * CHUNK, 5)
    assert column.touched() == [2]
    column.let_go(4 * CHUNK)
    assert column.known() == [7]
