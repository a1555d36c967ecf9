from __future__ import annotations

import operator
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.batch import NoContext, NumberColumn, RowBatch
from gvtui.query.filter.conditions import (
    Always,
    Condition,
    Cost,
    Joined,
    Not,
    NumberCondition,
    TimeCondition,
    number_test,
)
from gvtui.query.filter.values import DAY_NS, Interval
from tests.query.filter.world import TextTrace

if TYPE_CHECKING:
    from gvtui.query.filter.batch import Mask

SECOND = 1_000_000_000
COMPARE = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def batch(*rows: dict[str, Any]) -> RowBatch:
    trace = TextTrace()
    for row in rows:
        trace.add(**row)
    return RowBatch(trace, trace.rows(0, trace.end_row), 0, NoContext())


def asked(condition: Condition, given_: RowBatch, wanted: Mask | None = None) -> list[bool]:
    return condition.holds(given_, wanted).tolist()  # type: ignore[no-any-return]


class Noting:
    """Holds for the rows given, and notes for which it was asked."""

    is_local = True

    def __init__(self, cost: Cost, *holds: bool) -> None:
        self.cost = cost
        self._holds = np.array(holds)
        self.wanted: list[list[bool] | None] = []

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        self.wanted.append(None if wanted is None else wanted.tolist())
        return self._holds.copy()


@pytest.mark.parametrize(
    ("is_and", "open_rows", "answer"),
    [
        (True, [True, True, False, False], [True, False, False, False]),
        (False, [False, False, True, True], [True, True, True, False]),
    ],
)
def test_the_dearer_one_is_asked_only_of_rows_that_are_open(
    is_and: bool, open_rows: list[bool], answer: list[bool]
) -> None:
    cheap = Noting(Cost.COLUMN, True, True, False, False)
    dear = Noting(Cost.MESSAGES, True, False, True, False)
    joined = Joined([dear, cheap], is_and=is_and)
    rows = batch({}, {}, {}, {})
    assert joined.cost is Cost.MESSAGES
    assert asked(joined, rows) == answer
    assert dear.wanted == [open_rows]
    joined.holds(rows, np.array([True, False, True, False]))
    wanted = [is_open and place % 2 == 0 for place, is_open in enumerate(open_rows)]
    assert dear.wanted[-1] == wanted
    joined.holds(rows, ~np.array(open_rows))
    assert len(dear.wanted) == 2


def test_always_and_not() -> None:
    some = Noting(Cost.STRINGS, True, False)
    rows = batch({}, {})
    assert asked(Always(), rows) == [True, True]
    assert asked(Not(some), rows) == [False, True]
    assert Not(some).cost is Cost.STRINGS
    assert asked(Not(Not(some)), rows) == [True, False]


NUMBERS = st.lists(st.integers(-5, 20), max_size=20)


@given(NUMBERS, st.sampled_from(sorted(COMPARE)), st.integers(-5, 20))
def test_numbers_compare_as_numbers_do(values: list[int], name: str, value: int) -> None:
    test = number_test(name, [Interval(value, value, False)])
    given_ = np.array(values, np.int64)
    assert test(given_).tolist() == [COMPARE[name](each, value) for each in values]


@given(NUMBERS, st.lists(st.tuples(st.integers(-5, 20), st.integers(0, 4)), min_size=1, max_size=4))
def test_any_of_several_intervals_will_do(values: list[int], ends: list[tuple[int, int]]) -> None:
    intervals = [Interval(low, low + more, False) for low, more in ends]
    inside = [any(low <= each <= low + more for low, more in ends) for each in values]
    given_ = np.array(values, np.int64)
    assert number_test("in", intervals)(given_).tolist() == inside
    assert number_test("=", intervals)(given_).tolist() == inside
    assert number_test("!=", intervals)(given_).tolist() == [not each for each in inside]
    assert number_test("exists", intervals)(given_).all()


def test_of_an_interval_the_nearer_end_counts() -> None:
    values = np.array([9, 10, 15, 19, 20])
    interval = [Interval(10, 19, False)]
    passing = {
        name: values[number_test(name, interval)(values)].tolist()
        for name in ("<", "<=", ">", ">=")
    }
    assert passing == {"<": [9], "<=": [9, 10, 15, 19], ">": [20], ">=": [10, 15, 19, 20]}


@pytest.mark.parametrize("name", ["!=", "<", "exists", "="])
def test_a_row_that_lacks_the_number_never_passes(name: str) -> None:
    condition = NumberCondition(NumberColumn("pid", 0), number_test(name, [Interval(0, 5, False)]))
    passed = asked(condition, batch({"pid": 0}, {"pid": 7}, {"pid": 5}, {"pid": -1}))
    assert not passed[0]
    assert any(passed[1:])
    plain = NumberColumn("pid", None)
    test = number_test("=", [Interval(0, 0, False)])
    assert asked(NumberCondition(plain, test), batch({"pid": 0})) == [True]
    assert NumberCondition(plain._replace(asks_context=True), test).cost is Cost.OTHERS


NOON = 12 * 3600 * SECOND


def times(operator_name: str, moments: list[Interval], zone: Any, *when: int) -> list[bool]:
    condition = TimeCondition(operator_name, moments, zone)
    return asked(condition, batch(*({"time_ns": each} for each in when)))


def test_a_time_of_day_holds_on_any_day_and_in_its_zone() -> None:
    noon = [Interval(NOON, NOON + 60 * SECOND - 1, True)]
    day = 20_000 * DAY_NS
    at_noon, in_the_minute, before = day + NOON, day + DAY_NS + NOON + 59 * SECOND, day + NOON - 1
    assert times("=", noon, UTC, at_noon, in_the_minute, before) == [True, True, False]
    assert times("!=", noon, UTC, at_noon, in_the_minute, before) == [False, False, True]
    assert times("<", noon, UTC, at_noon, before) == [False, True]
    east = timezone(timedelta(hours=2))
    assert times("=", noon, east, at_noon, at_noon - 2 * 3600 * SECOND) == [False, True]


def test_zones_change_their_offset_with_the_season() -> None:
    noon = [Interval(NOON, NOON, True)]
    zone = ZoneInfo("Europe/Berlin")
    moments = [datetime(2026, month, 1, 12, tzinfo=zone) for month in (1, 7)]
    when = [round(moment.timestamp()) * SECOND for moment in moments]
    assert (when[1] - when[0]) % DAY_NS == DAY_NS - 3600 * SECOND
    assert times("=", noon, zone, *when, when[0] + SECOND) == [True, True, False]


def test_times_of_day_and_full_times_together() -> None:
    full = 20_000 * DAY_NS + 5
    moments = [Interval(NOON, NOON, True), Interval(full, full, False)]
    assert times("in", moments, UTC, full, full + 1, NOON) == [True, False, True]


@pytest.mark.parametrize("name", ["=", "!=", "<", ">", "exists"])
def test_a_row_without_a_time_never_passes(name: str) -> None:
    assert times(name, [Interval(0, NOON, True)], UTC, 0) == [False]


def test_times_that_no_calendar_has_are_no_error() -> None:
    far = (1 << 63) - 1
    assert times("exists", [Interval(0, 0, True)], ZoneInfo("Europe/Berlin"), far, 5) == [
        True,
        True,
    ]
