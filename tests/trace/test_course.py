from __future__ import annotations

import pytest

from gvtui.trace.course import Course, DueRows
from gvtui.trace.marks import ClockMark, NoteMark
from tests.trace.test_elapsed import DAY, HOUR, MILLISECOND, SECOND, Rows


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Thirty thousand rows a millisecond apart, and a clock that is set three times."""
    rows, clock = Rows(), 0
    for place in range(30_000):
        if place in (9_000, 17_000, 25_000):
            clock += {9_000: DAY, 17_000: -2 * DAY, 25_000: HOUR}[place]
            rows.add(place * MILLISECOND + clock)
            step = {9_000: DAY, 17_000: -2 * DAY, 25_000: HOUR}[place]
            rows.mark(place * MILLISECOND + clock, ClockMark(step))
        else:
            rows.add(place * MILLISECOND + clock)
    return rows


def whole(rows: Rows) -> Course:
    course = Course(rows)
    while not course.is_whole:
        course.look(0)
    return course


def test_a_recording_is_as_long_as_it_took(rows: Rows) -> None:
    course = Course(rows)
    course.look(0)
    assert not course.is_whole, "it reads in steps"
    assert whole(rows).whole_ns == 29_999 * MILLISECOND


@pytest.mark.parametrize(
    ("position", "passed"),
    [(0, 0), (1, 0), (2, 1), (9_001, 9_000), (9_003, 9_001), (30_003, 29_999)],
)
def test_what_passed_up_to_a_row(rows: Rows, position: int, passed: int) -> None:
    course = whole(rows)
    assert DueRows(rows, position).passed_ns(course) == passed * MILLISECOND
    gone_on = DueRows(rows, 0)
    gone_on.go_on(position)
    assert gone_on.position == position
    assert gone_on.passed_ns(course) == passed * MILLISECOND


def test_the_row_that_it_stands_at_after_a_time(rows: Rows) -> None:
    course = whole(rows)
    assert [
        course.row_after(each * MILLISECOND) for each in (-5, 0, 5, 16_999, 17_001, 29_999)
    ] == [
        0,
        0,
        5,
        17_000,
        17_003,
        30_002,
    ]


def test_rows_are_due_as_time_passes(rows: Rows) -> None:
    due = DueRows(rows, 16_990)
    assert due.after(SECOND) == (17_991, 0)
    assert due.after(MILLISECOND - 1) == (17_991, MILLISECOND - 1)
    assert due.after(MILLISECOND + 1) == (17_992, 1)
    assert due.after(DAY)[0] == 30_003


def test_a_recording_begins_with_the_first_row_that_has_a_time() -> None:
    rows = Rows()
    rows.mark(0, NoteMark("before")).mark(0, NoteMark("before"))
    rows.came = [(0, kind, conn) for _, kind, conn in rows.came]
    rows.add(0, SECOND, HOUR)
    due = DueRows(rows, 0)
    assert due.after(0) == (3, 0)
    assert due.after(SECOND) == (4, 0)
    course = whole(rows)
    assert (course.whole_ns, course.row_after(0)) == (HOUR, 2)
    assert DueRows(rows, 4).passed_ns(course) == due.passed_ns(course) == SECOND


def test_a_recording_without_times_or_rows() -> None:
    assert whole(Rows()).whole_ns == 0
    assert DueRows(Rows(), 0).after(5) == (0, 5)
    rows = Rows()
    rows.add(0, 0, 0)
    rows.came = [(0, kind, conn) for _, kind, conn in rows.came]
    assert DueRows(rows, 0).after(0)[0] == 3
    assert whole(rows).whole_ns == 0
