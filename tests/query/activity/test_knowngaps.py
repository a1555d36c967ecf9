"""What drops and marks tell comes in parts, and is put away as numbers: it stays the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.activity.knowngaps import Drops, GapsTold, KnownGaps
from gvtui.query.shelf import HELD
from gvtui.trace.row import Kind
from tests.query.memory import MemoryTrace, make_row

LARGE = (1 << 63) - 1
rows_of_all_kinds = st.lists(
    st.builds(
        lambda kind, conn, result, time_ns, recv_ns: make_row(
            kind=kind, conn=conn, result=result, time_ns=time_ns, recv_ns=recv_ns
        ),
        st.sampled_from(Kind),
        st.integers(1, 3) | st.just((1 << 32) - 1),
        st.integers(-LARGE - 1, LARGE),
        st.integers(0, 2) | st.integers(-LARGE - 1, LARGE),
        st.integers(0, 2),
    ),
    max_size=30,
)


def test_drops_are_told_by_connection_with_their_first_and_last_time() -> None:
    rows = [
        make_row(kind=Kind.DROP, conn=2, result=5, recv_ns=7),
        make_row(kind=Kind.DROP, conn=1, result=1),
        make_row(kind=Kind.MARK, conn=9),
        make_row(kind=Kind.DROP, conn=1, result=2, time_ns=3, recv_ns=4),
        make_row(kind=Kind.DROP, conn=2, result=6, time_ns=8),
    ]
    told = GapsTold.of(100, MemoryTrace(rows).rows(0, 5))
    assert list(told.drops.items()) == [(2, Drops(11, 7, 8)), (1, Drops(3, 3, 3))]
    assert told.marks == [(102, 9)]
    assert len(told) == 3


@given(rows_of_all_kinds, st.integers(0, 30))
def test_parts_that_are_joined_tell_what_the_whole_tells(
    rows: list[dict[str, int]], middle: int
) -> None:
    trace = MemoryTrace(rows)
    whole = GapsTold.of(0, trace.rows(0, 30))
    parts = GapsTold.of(0, trace.rows(0, middle))
    parts.join(GapsTold.of(middle, trace.rows(middle, 30)))
    assert parts == whole
    assert list(parts.drops) == list(whole.drops)


@given(rows_of_all_kinds)
def test_numbers_tell_all_of_it(rows: list[dict[str, int]]) -> None:
    told = GapsTold.of(1 << 40, MemoryTrace(rows).rows(0, 30))
    found = GapsTold.unpacked(told.packed())
    assert found == told
    assert list(found.drops) == list(told.drops)


def test_what_is_known_is_given_back_also_where_it_is_nothing() -> None:
    known = KnownGaps(MemoryTrace([]))
    some = GapsTold({1: Drops(3, 4, 5)}, [(6, 1)])
    starts = range(3 * HELD)
    for start in starts:
        known.put(start, some if start % 3 else GapsTold())
    for start in starts:
        assert known.get(start) == (some if start % 3 else GapsTold())
    assert known.get(len(starts)) is None
