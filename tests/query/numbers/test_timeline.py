from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.numbers.timeline import Timeline
from gvtui.trace.reader import Trace
from tests.query.memory import MemoryTrace, drop, enter, leave, make_row

TRACES = Path(__file__).parents[2] / "data" / "traces"
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def test_rows_errors_and_drops_stand_where_they_happened() -> None:
    rows = [
        enter(1, 0, recv_ns=START),
        leave(1, 0, recv_ns=START + 11 * SECOND // 10, errno=2),
        drop(count=7) | {"recv_ns": START + 11 * SECOND // 10},
        enter(1, 0, recv_ns=START + 4 * SECOND),
    ]
    timeline = Timeline(MemoryTrace(rows), size=4)
    timeline.advance()
    assert timeline.is_done
    buckets = timeline.buckets(100)
    assert [(b.rows, b.errors, b.dropped, b.first_row) for b in buckets] == [
        (1, 0, 0, 0),
        (1, 1, 7, 1),
        (0, 0, 0, 3),
        (1, 0, 0, 3),
    ]
    assert buckets[0].start_ns == START
    assert buckets[0].rate == pytest.approx(1e9 / timeline.width_ns)
    assert [timeline.bucket_of(row, 100) for row in range(4)] == [0, 1, 1, 3]
    (whole,) = timeline.buckets(1)
    assert (whole.rows, whole.errors, whole.dropped, whole.first_row) == (3, 1, 7, 0)


def test_nothing_yet_has_no_buckets() -> None:
    timeline = Timeline(MemoryTrace([]))
    timeline.advance()
    assert timeline.buckets(10) == []
    assert timeline.bucket_of(0, 10) == 0


def test_times_of_a_save_file_are_those_of_the_sandbox() -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    timeline = Timeline(trace)
    while timeline.advance(100):
        pass
    buckets = timeline.buckets(50)
    assert len(buckets) == 50
    assert sum(bucket.rows for bucket in buckets) == 1518
    assert buckets[0].start_ns == trace.row(1).time_ns
    trace.close()


@pytest.mark.parametrize("absurd", [1, 1 << 62, (1 << 63) - 1, -5])
def test_one_absurd_time_does_not_squash_the_rest(absurd: int) -> None:
    rows = [enter(1, 0, START + n * SECOND) for n in range(10)]
    for place in (0, 5):
        changed = [*rows[:place], enter(1, 0, absurd), *rows[place:]]
        timeline = Timeline(MemoryTrace(changed))
        timeline.advance()
        buckets = timeline.buckets(2048)
        assert buckets[-1].end_ns - buckets[0].start_ns < 12 * SECOND
        assert sum(bucket.rows for bucket in buckets) == 11


def test_rows_without_any_time() -> None:
    rows = [make_row(type=9), enter(1, 0, START), make_row(type=9)]
    timeline = Timeline(MemoryTrace(rows))
    while timeline.advance(1):
        pass
    assert sum(bucket.rows for bucket in timeline.buckets(10)) == 3


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_rows_without_a_time_before_the_first_that_has_one_are_counted_with_it(step: int) -> None:
    rows = [
        enter(1, 0),
        leave(1, 0, errno=2),
        drop(count=7),
        enter(1, 0, recv_ns=START),
        leave(1, 0, recv_ns=START + SECOND),
    ]
    timeline = Timeline(MemoryTrace(rows), size=4)
    while timeline.advance(step):
        pass
    first, *_, last = timeline.buckets(100)
    assert (first.start_ns, first.rows, first.errors, first.dropped) == (START, 3, 1, 7)
    assert (first.first_row, last.rows) == (0, 1)


def test_rows_let_go_are_passed_over() -> None:
    trace = MemoryTrace([enter(1, 0, START + n) for n in range(10)])
    timeline = Timeline(trace)
    trace.first_row = 4
    timeline.advance()
    assert sum(bucket.rows for bucket in timeline.buckets(10)) == 6


@given(
    st.lists(st.integers(0, 3600 * SECOND), min_size=1, max_size=50),
    st.integers(1, 60),
    st.integers(1, 50),
)
def test_no_row_is_lost_and_rows_stay_in_order(offsets: list[int], count: int, step: int) -> None:
    rows = [enter(1, 0, recv_ns=START + offset) for offset in offsets]
    timeline = Timeline(MemoryTrace(rows), size=16)
    while timeline.advance(step):
        pass
    buckets = timeline.buckets(count)
    assert len(buckets) <= count
    assert sum(bucket.rows for bucket in buckets) == len(rows)
    firsts = [bucket.first_row for bucket in buckets]
    assert firsts == sorted(firsts)
    assert firsts[0] == 0
    assert all(a.end_ns == b.start_ns for a, b in pairwise(buckets))
    for row in range(len(rows)):
        place = timeline.bucket_of(row, count)
        assert buckets[place].first_row <= row
