from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.calls import doubles as module
from gvtui.query.calls import threadrows
from gvtui.query.calls.doubles import Doubles, Twins
from gvtui.trace.row import ROW_DTYPE, Direction
from gvtui.wire.messages import RAW_SYSCALL
from tests.query.memory import MemoryTrace, enter, leave, make_row

if TYPE_CHECKING:
    from random import Random

    import numpy.typing as npt

READ, WRITE = 0, 1
MOST_APART = 11


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_APART", MOST_APART)
    monkeypatch.setattr(threadrows, "_NEAR", (2, 4))
    monkeypatch.setattr(threadrows, "_FEW", 2)


def rows_of(*given: dict[str, int]) -> npt.NDArray[np.void]:
    rows = np.zeros(len(given), ROW_DTYPE)
    for place, row in enumerate(given):
        for name, value in row.items():
            rows[name][place] = value
    return rows


def doubles(*given: dict[str, int]) -> list[bool]:
    return list(map(bool, Doubles().mask(rows_of(*given))))


def test_a_decoded_row_repeats_the_raw_one_before_it_in_its_thread() -> None:
    assert doubles(
        enter(1, READ, type=RAW_SYSCALL),
        enter(2, READ),
        enter(1, READ),
        leave(1, READ, type=RAW_SYSCALL),
        make_row(tid=1, type=5),
        leave(1, READ),
    ) == [False, False, True, False, False, True]


def test_another_call_another_side_and_another_error_are_no_repetition() -> None:
    raw = leave(1, READ, type=RAW_SYSCALL)
    assert doubles(raw, leave(1, WRITE)) == [False, False]
    assert doubles(raw, enter(1, READ)) == [False, False]
    assert doubles(raw, leave(1, READ, errno=errno.EIO)) == [False, False]
    failed = leave(1, READ, errno=errno.EIO, type=RAW_SYSCALL)
    assert doubles(failed, leave(1, READ, errno=errno.EIO)) == [False, True]


def test_threads_that_are_not_told_repeat_nothing() -> None:
    assert doubles(enter(0, READ, type=RAW_SYSCALL), enter(0, READ)) == [False, False]


@given(
    st.lists(
        st.builds(
            lambda side, tid, sysno, error, raw: side(
                tid, sysno, errno=error, **({"type": RAW_SYSCALL} if raw else {})
            ),
            st.sampled_from((enter, leave)),
            st.integers(0, 2),
            st.integers(0, 1),
            st.sampled_from((0, 0, errno.EIO)),
            st.booleans(),
        ),
        max_size=20,
    ),
    st.integers(0, 20),
)
def test_rows_in_two_parts_are_found_as_in_one(rows: list[dict[str, int]], cut: int) -> None:
    parts = Doubles()
    first, second = rows_of(*rows[:cut]), rows_of(*rows[cut:])
    assert [*parts.mask(first).tolist(), *parts.mask(second).tolist()] == doubles(*rows)


def plain_twin(rows: list[dict[str, int]], first: int, row: int, *, forward: bool) -> int | None:
    """The other row of one side of a call, by looking at one row after the other."""
    held = rows[row]
    if not held["direction"] or not held["tid"] or (held["type"] == RAW_SYSCALL) != forward:
        return None
    reach = range(row + 1, row + MOST_APART + 1) if forward else range(row - 1, row - 12, -1)
    for index in reach:
        if not first <= index < len(rows):
            return None
        other = rows[index]
        if other["direction"] and (other["conn"], other["tid"]) == (held["conn"], held["tid"]):
            is_same = all(other[name] == held[name] for name in ("direction", "sysno", "errno"))
            return index if is_same and (other["type"] == RAW_SYSCALL) != forward else None
    return None


@given(
    st.lists(
        st.builds(
            lambda side, conn, tid, sysno, error, kind: make_row(
                direction=side, conn=conn, tid=tid, sysno=sysno, errno=error, type=kind
            ),
            st.sampled_from((Direction.ENTER, Direction.EXIT, Direction.ENTER, Direction.NONE)),
            st.integers(1, 2),
            st.sampled_from((-7, 0, 1, 1, 2, 3, 4)),
            st.sampled_from((READ, READ, READ, WRITE)),
            st.sampled_from((0, 0, 0, errno.EIO)),
            st.sampled_from((RAW_SYSCALL, 9)),
        ),
        max_size=60,
    ),
    st.integers(0, 10),
    st.randoms(use_true_random=False),
)
def test_the_twin_of_a_row_is_the_one_that_a_plain_search_finds(
    rows: list[dict[str, int]], first: int, random: Random
) -> None:
    twins = Twins(MemoryTrace(rows[first:], first_row=first))
    asked = list(range(first, len(rows)))
    expected = [
        (plain_twin(rows, first, row, forward=True), plain_twin(rows, first, row, forward=False))
        for row in asked
    ]
    assert [(twins.decoded(row), twins.raw(row)) for row in asked] == expected
    shuffled = random.sample(asked, len(asked))
    found = [(twins.decoded(row), twins.raw(row)) for row in shuffled]
    assert found == [expected[row - first] for row in shuffled]
