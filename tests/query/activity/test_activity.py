from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.activity.activity import MAX_ROWS, SECTIONS, Activity, Behind
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
            assert behind.rows == sorted(seen)


def test_what_is_joined_has_the_rows_of_both() -> None:
    one, other = Behind(), Behind()
    one.add([3, 9], ["read"])
    other.add([3, 5], ["openat"])
    one.join(other)
    assert (one.count, one.first, one.last, one.rows) == (3, 3, 9, [3, 5, 9])
    other.add(range(100, 100 + MAX_ROWS), ["openat"])
    one.join(other)
    assert one.rows is None
    assert one.filter_text == "evt.num >= 3 and evt.num <= 163 and evt.type in (openat, read)"


def test_a_section_without_lines_is_empty() -> None:
    activity = Activity((), (), 0, 0, 0)
    assert all(activity.total(key) == 0 for key in SECTIONS)
    assert activity.section("read").title == "Files read"
