from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.calls.pairs import Pairs
from gvtui.query.calls.sides import JoinedSides
from gvtui.wire.messages import RAW_SYSCALL
from tests.query.memory import MemoryTrace, enter, leave

READ = 0
ENTER, RAW_ENTER = enter(1, READ), enter(1, READ, type=RAW_SYSCALL)
EXIT, RAW_EXIT = leave(1, READ), leave(1, READ, type=RAW_SYSCALL)


def sides_of(rows: list[dict[str, int]]) -> JoinedSides:
    trace = MemoryTrace(rows)
    pairs = Pairs(trace)
    while pairs.advance(1 << 16):
        pass
    return JoinedSides(trace, pairs)


@pytest.mark.parametrize(
    ("rows", "others"),
    [
        ([RAW_ENTER, ENTER, RAW_EXIT, EXIT], [2, 3, 0, 1]),
        ([RAW_ENTER, ENTER, RAW_EXIT], [2, 2, 1]),
        ([RAW_ENTER, RAW_EXIT, EXIT], [2, 0, 0]),
        ([RAW_ENTER, RAW_EXIT], [1, 0]),
        ([ENTER, EXIT], [1, 0]),
        ([RAW_ENTER, ENTER], [None, None]),
        ([EXIT], [None]),
    ],
)
def test_a_side_of_one_kind_of_point_finds_the_other(
    rows: list[dict[str, int]], others: list[int | None]
) -> None:
    sides = sides_of(rows)
    assert [sides.other(row) for row in range(len(rows))] == others
    assert sides.other(len(rows)) is None


def test_the_duration_is_that_of_the_raw_rows_where_a_decoded_side_is_alone() -> None:
    times = [
        {**row, "time_ns": 10 + 5 * place} for place, row in enumerate((RAW_ENTER, ENTER, RAW_EXIT))
    ]
    sides = sides_of(times)
    assert [sides.duration_ns(row) for row in range(3)] == [10, 10, 10]
    assert sides_of([ENTER]).duration_ns(0) is None


@given(st.lists(st.sampled_from((ENTER, RAW_ENTER, EXIT, RAW_EXIT)), max_size=30))
def test_an_exit_that_finds_an_enter_may_be_shown_by_it(rows: list[dict[str, int]]) -> None:
    sides = sides_of(rows)
    for row, held in enumerate(rows):
        if held in (EXIT, RAW_EXIT):
            other = sides.other(row)
            assert other is None or other in sides.enters(row)
