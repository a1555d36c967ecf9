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


_MANY = frozenset(("sandbox",))


def test_of_several_sandboxes_the_thread_and_the_duration_give_way_instead() -> None:
    wide, narrow = place(140, frozenset(), _MANY), place(80, frozenset(), _MANY, name_cells=12)
    assert [placed.column.key for placed in wide] == [column.key for column in COLUMNS]
    keys = [placed.column.key for placed in narrow]
    assert keys == ["time", "sandbox", "pid", "process", "sign", "call", "result"]
    # Also where the durations of whole calls are wanted.
    both = _MANY | {"duration"}
    assert place(80, frozenset(), both, name_cells=12) == narrow
    assert "duration" in [placed.column.key for placed in place(100, frozenset(), both)]


@pytest.mark.parametrize(("width", "cells"), [(200, 36), (134, 30), (100, 12), (80, 12), (60, 7)])
def test_long_names_are_cut_only_where_there_is_no_room(width: int, cells: int) -> None:
    placed = place(width, frozenset(), _MANY, name_cells=36)
    assert {each.column.key: each.width for each in placed}["sandbox"] == cells


@given(st.integers(60, 400), st.integers(0, 300), st.booleans())
def test_names_leave_the_call_its_room(width: int, cells: int, whole: bool) -> None:
    needed = _MANY | {"duration"} if whole else _MANY
    placed = place(width, frozenset(), needed, name_cells=cells)
    assert placed[-1].start + placed[-1].width == width
    assert all(each.width > 0 for each in placed)


@pytest.mark.parametrize("key", ["time", "process", "result"])
def test_hidden_columns_are_not_there(key: str) -> None:
    assert key not in _keys(140, frozenset((key,)))


@given(st.integers(60, 400))
def test_columns_fill_the_width(width: int) -> None:
    placed = place(width, frozenset())
    assert placed[-1].start + placed[-1].width == width
    for left, right in itertools.pairwise(placed):
        assert left.start + left.width + 1 == right.start
