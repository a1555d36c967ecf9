from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.source import group, groups

SMALL = st.integers(-3, 3)
ANY = st.integers(-(1 << 62), 1 << 62)
ROWS = st.lists(st.tuples(SMALL, SMALL, ANY | SMALL), max_size=60)


@given(ROWS, st.integers(1, 3))
def test_rows_with_equal_values_stand_together_in_their_order(
    rows: list[tuple[int, int, int]], count: int
) -> None:
    columns = [np.array([row[n] for row in rows], np.int64) for n in range(count)]
    order, bounds = group(*columns)
    groups = [order[start:stop].tolist() for start, stop in pairwise(bounds.tolist())]
    expected: dict[tuple[int, ...], list[int]] = {}
    for place, row in enumerate(rows):
        expected.setdefault(row[:count], []).append(place)
    assert sorted(groups) == sorted(expected.values())
    assert bounds[0] == 0
    assert bounds[-1] == len(rows)


def test_wide_columns_are_brought_together_in_another_way_with_the_same_end() -> None:
    wide = np.array([1 << 62, 0, -(1 << 61), 0, 1 << 62])
    other = np.array([7, 1 << 40, 7, 1 << 40, 7])
    order, bounds = group(wide, other)
    assert order.tolist() == [2, 1, 3, 0, 4]
    assert bounds.tolist() == [0, 1, 3, 5]


def test_columns_may_have_different_and_unsigned_types() -> None:
    order, bounds = group(np.array([2, 1, 2], np.uint8), np.array([5, 5, 5], np.uint64))
    assert order.tolist() == [1, 0, 2]
    assert bounds.tolist() == [0, 1, 3]


def test_no_rows_make_no_group() -> None:
    order, bounds = group(np.empty(0, np.int64), np.empty(0, np.int32))
    assert (order.tolist(), bounds.tolist()) == ([], [0])


def test_groups_are_places_of_the_columns() -> None:
    column = np.array([5, 3, 5, 3, 9], np.uint16)
    found = groups(np.array([0, 1, 3, 2]), column, np.zeros(5, np.bool_))
    assert [each.tolist() for each in found] == [[1, 3], [0, 2]]
    assert not list(groups(np.empty(0, np.intp), column))
