from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.rowset import RowSet
from gvtui.query.shelf import HELD
from gvtui.query.source import CHUNK

if TYPE_CHECKING:
    from pathlib import Path

near = st.integers(0, 3 * CHUNK)
edges = st.sampled_from([n * CHUNK + by for n in range(1, 4) for by in (-1, 0, 1)])
rows = near | edges


@given(st.lists(rows, max_size=30), st.lists(rows, max_size=10), st.none() | rows)
def test_it_has_what_a_sorted_list_has(
    added: list[int], asked: list[int], first: int | None
) -> None:
    found = RowSet()
    for row in added:
        found.add(row)
    if first is not None:
        found.let_go(first)
    kept = sorted({row for row in added if first is None or row >= first})
    assert len(found) == len(kept)
    for row in [*asked, *added]:
        place, end = bisect_left(kept, row), bisect_right(kept, row)
        assert (row in found) == (row in kept)
        assert found.count_before(row) == place
        assert found.before(row) == (kept[place - 1] if place else None)
        assert found.after(row) == (kept[end] if end < len(kept) else None)
    assert found.after(-1) == (kept[0] if kept else None)


@given(
    st.lists(st.tuples(st.booleans(), st.lists(rows, max_size=10, unique=True)), max_size=6),
    st.lists(rows, max_size=10),
)
def test_many_rows_are_added_at_once_and_single_ones_removed(
    changes: list[tuple[bool, list[int]]], asked: list[int]
) -> None:
    found, plain = RowSet(), set[int]()
    for adds, given_ in changes:
        if adds:
            found.add_all(np.array(given_, np.int64))
            plain.update(given_)
        for row in given_ if not adds else []:
            found.discard(row)
            plain.discard(row)
        assert len(found) == len(plain)
        for row in [*asked, *given_]:
            assert (row in found) == (row in plain)
            assert found.count_before(row) == sum(each < row for each in plain)


def test_rows_of_many_chunks_are_not_all_in_memory(tmp_path: Path) -> None:
    found = RowSet([tmp_path])
    most = 3 * HELD
    for number in reversed(range(most)):
        found.add(number * CHUNK + 7)
    assert len(found) == found.count_before(most * CHUNK) == most
    row: int | None = -1
    for number in range(most):
        assert row is not None
        row = found.after(row)
        assert row == number * CHUNK + 7


@given(st.lists(rows, max_size=30, unique=True), st.integers(0, 2))
def test_packed_it_is_the_same(added: list[int], first: int) -> None:
    found, other = RowSet(), RowSet()
    found.add_all(np.array(added, np.int64))
    other.take_packed(first, found.packed(first, 4))
    kept = sorted(row for row in added if first * CHUNK <= row < 4 * CHUNK)
    assert len(other) == len(kept)
    assert all(row in other for row in kept)
    for number in range(first, 4):
        begin = number * CHUNK
        own = [row - begin for row in kept if begin <= row < begin + CHUNK]
        assert other.count(begin, begin + CHUNK) == len(own)
        assert other.count(begin + 1, begin + 9) == sum(0 < place < 9 for place in own)
        assert (other.rows_in(number) - begin).tolist() == own
        others = np.delete(np.arange(begin, begin + CHUNK), own)
        assert other.others_in(number).tolist() == others.tolist()
    with pytest.raises(ValueError, match="a chunk of 5 bytes"):
        RowSet().take_packed(0, [bytes(5)])
