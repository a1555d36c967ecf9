from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.tui.stream.columns import COLUMNS, place


def _keys(width: int, hidden: frozenset[str] = frozenset()) -> list[str]:
    return [placed.column.key for placed in place(width, hidden)]


def test_columns_give_way_in_their_order() -> None:
    everything = [column.key for column in COLUMNS]
    assert _keys(140) == everything
    shown = [set(_keys(width)) for width in range(140, 40, -1)]
    for wider, narrower in itertools.pairwise(shown):
        assert narrower <= wider
    assert {"sandbox", "tid"}.isdisjoint(_keys(80))
    gone_first = next(keys for keys in shown if len(keys) < len(everything))
    assert set(everything) - gone_first == {"sandbox"}


@pytest.mark.parametrize("key", ["time", "process", "result"])
def test_hidden_columns_are_not_there(key: str) -> None:
    assert key not in _keys(140, frozenset((key,)))


@given(st.integers(60, 400))
def test_columns_fill_the_width(width: int) -> None:
    placed = place(width, frozenset())
    assert placed[-1].start + placed[-1].width == width
    for left, right in itertools.pairwise(placed):
        assert left.start + left.width + 1 == right.start
