from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.calls.doubles import Doubles
from gvtui.trace.row import ROW_DTYPE
from gvtui.wire.messages import RAW_SYSCALL
from tests.query.memory import enter, leave, make_row

if TYPE_CHECKING:
    import numpy.typing as npt

READ, WRITE = 0, 1


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
