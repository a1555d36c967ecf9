import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.rowids import RowIds
from gvtui.query.source import CHUNK

ROWS = st.integers(0, 3 * CHUNK)


@given(st.lists(st.lists(ROWS, max_size=30), max_size=8), st.integers(0, 3 * CHUNK))
def test_it_has_what_was_added_in_any_order(groups: list[list[int]], start: int) -> None:
    rows, seen = RowIds(), set[int]()
    for group in groups:
        rows.add(group)
        seen.update(group)
    found = np.flatnonzero(rows.mask(start, CHUNK + 7)) + start
    assert found.tolist() == sorted(row for row in seen if start <= row < start + CHUNK + 7)
    assert rows.count_before(start) == sum(row < start for row in seen)
    assert not rows.mask(start, 0).any()


@given(st.lists(ROWS, max_size=60), st.lists(ROWS, max_size=60))
def test_it_takes_the_rows_of_another_one(own: list[int], others: list[int]) -> None:
    rows = RowIds(own)
    rows.join(RowIds(others))
    assert np.flatnonzero(rows.mask(0, 4 * CHUNK)).tolist() == sorted({*own, *others})
    assert rows.count_before(4 * CHUNK) == len({*own, *others})


def test_many_rows_of_a_chunk_take_little_memory() -> None:
    every_second = range(0, 4 * CHUNK, 2)
    rows = RowIds(every_second)
    assert np.flatnonzero(rows.mask(0, 4 * CHUNK)).tolist() == list(every_second)
    # Those of the last chunk are packed when the next one begins.
    assert len(pickle.dumps(rows)) < CHUNK // 16 + CHUNK + 1_000
