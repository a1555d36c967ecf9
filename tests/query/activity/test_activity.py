import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.activity.activity import MAX_ROWS, SECTIONS, Activity, Behind
from gvtui.query.activity.rowledger import RowLedger
from gvtui.query.filter.compile import compile_filter


@given(st.lists(st.lists(st.integers(0, 10**6), max_size=40), max_size=5))
def test_rows_are_counted_once_each_and_found_by_a_filter(groups: list[list[int]]) -> None:
    behind, seen = Behind(), set[int]()
    for group in groups:
        new = sorted(set(group) - seen)
        seen.update(new)
        behind.add(new, ["openat"] * bool(new))
    assert behind.count == len(seen)
    if seen:
        assert (behind.first, behind.last) == (min(seen), max(seen))
        compile_filter(behind.filter_text)
        assert behind.is_exact is (len(seen) <= MAX_ROWS)
        if behind.rows is not None:
            assert behind.rows.tolist() == sorted(seen)


def test_what_is_joined_has_the_rows_of_all() -> None:
    one, other = Behind(), Behind()
    one.add([3, 9], ["read"])
    other.add([4, 5], ["openat"])
    one.join(other)
    assert (one.count, one.first, one.last, [*(one.rows or ())]) == (4, 3, 9, [3, 4, 5, 9])
    other.add(range(100, 100 + MAX_ROWS), ["openat"])
    many = Behind()
    many.join(one)
    many.join(other)
    last = Behind()
    last.add([300], ["read"])
    many.join(last)
    assert many.rows is None
    assert many.count == 4 + 2 + MAX_ROWS + 1
    assert many.filter_text == "evt.num >= 3 and evt.num <= 300 and evt.type in (openat, read)"
    found = np.flatnonzero(many.mask(0, 400)).tolist()
    assert found == [3, 4, 5, 9, *range(100, 164), 300]


@given(st.lists(st.sets(st.integers(0, 999), max_size=80), max_size=6), st.integers(0, 999))
def test_lines_that_share_no_row_join_to_all_their_rows(groups: list[set[int]], at: int) -> None:
    joined, seen = Behind(), set[int]()
    for group in groups:
        line = Behind()
        line.add(group - seen, ["read"])
        seen |= group
        if line.count:
            joined.join(line)
    assert joined.count == len(seen)
    assert np.flatnonzero(joined.mask(0, 1000)).tolist() == sorted(seen)
    assert joined.count_before(at) == sum(row < at for row in seen)


@given(st.lists(st.lists(st.integers(0, 300), max_size=40), max_size=9), st.integers(0, 300))
def test_a_mask_has_exactly_the_rows_that_were_counted(groups: list[list[int]], at: int) -> None:
    behind, seen = Behind(), set[int]()
    for group in groups:
        new = set(group) - seen
        seen |= new
        behind.add(new, ["read"])
    found = np.flatnonzero(behind.mask(at, 100)) + at
    assert found.tolist() == sorted(row for row in seen if at <= row < at + 100)
    assert behind.count_before(at) == sum(row < at for row in seen)


GROUPS = st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 999), max_size=80)), max_size=8)


@given(st.lists(GROUPS, max_size=4), st.integers(0, 900), st.booleans())
def test_lines_with_one_ledger_have_their_rows_and_those_that_waited(
    lines: list[list[tuple[bool, set[int]]]], at: int, is_late: bool
) -> None:
    ledger, joined, every = RowLedger(), Behind(), set[int]()
    for groups in lines:
        line, seen = Behind(ledger=ledger, number=ledger.new_line()), set[int]()
        if is_late:
            line = Behind()
        for waits, group in groups:
            new = group - every
            seen |= new
            every |= new
            if waits:
                waiting = Behind(ledger=ledger)
                for row in sorted(new):
                    waiting.add([row], ["read"])
                line.take(waiting)
            else:
                line.add(new, ["read"])
            ledger.put_away()
        assert line.count == len(seen)
        if len(seen) <= MAX_ROWS and line.rows is not None:
            assert line.rows.tolist() == sorted(seen)
        if seen:
            assert (line.first, line.last) == (min(seen), max(seen))
            joined.join(line)
        found = np.flatnonzero(line.mask(at, 100)) + at
        assert found.tolist() == sorted(row for row in seen if at <= row < at + 100)
        assert line.count_before(at) == sum(row < at for row in seen)
    assert joined.count == len(every)
    assert np.flatnonzero(joined.mask(0, 1000)).tolist() == sorted(every)
    assert joined.count_before(at) == sum(row < at for row in every)


def test_a_row_that_comes_twice_to_a_line_is_one_row() -> None:
    ledger = RowLedger()
    behind = Behind(ledger=ledger, number=ledger.new_line())
    waiting = Behind(ledger=ledger)
    for rows in (range(MAX_ROWS), range(10)):
        behind.add(rows, ["sendfile"])
    assert behind.count == MAX_ROWS
    waiting.add(range(MAX_ROWS + 1), ["sendfile"])
    behind.take(waiting)
    ledger.put_away()
    assert np.flatnonzero(behind.mask(0, 100)).tolist() == [*range(MAX_ROWS + 1)]
    assert behind.count_before(100) == MAX_ROWS + 1


def test_a_section_without_lines_is_empty() -> None:
    activity = Activity((), (), 0, 0, 0)
    assert all(activity.total(key) == 0 for key in SECTIONS)
    assert activity.section("read").title == "Files read"
