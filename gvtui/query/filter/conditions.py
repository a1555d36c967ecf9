"""The compiled conditions of a filter: comparisons, joined by `and`, `or` and `not`.

A condition tests all rows of a batch at once. The caller may say which rows are wanted; the answers
for other rows mean nothing. So expensive work, such as decoding messages, is done only for rows
that cheaper conditions have not decided.
"""

from __future__ import annotations

import functools
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gvtui.query.filter.batch import TIME
from gvtui.query.filter.operators import LIST_OPERATORS
from gvtui.query.filter.values import DAY_NS, Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from gvtui.query.filter.batch import Mask, NumberColumn, Numbers, RowBatch


class Cost(IntEnum):
    """The rough cost of a condition."""

    COLUMN = 0
    STRINGS = 1
    OTHERS = 2
    """It uses the filter's context."""
    MESSAGES = 3
    """It decodes messages one by one."""


class Condition(Protocol):
    """A test of rows."""

    @property
    def cost(self) -> Cost:
        """The cost of the most expensive thing it does."""

    @property
    def is_local(self) -> bool:
        """Whether each row and its message tell it, without other rows and connections."""

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """For each row, whether the condition holds; only rows in `wanted` matter."""


class Always:
    """Holds for every row."""

    cost = Cost.COLUMN
    is_local = True

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """True for all."""
        return np.ones(len(batch), np.bool_)


class Not:
    """Holds if another condition does not."""

    def __init__(self, child: Condition) -> None:
        self.cost = child.cost
        self.is_local = child.is_local
        self._child = child

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """The negated answers of the other condition."""
        return ~self._child.holds(batch, wanted)


class Joined:
    """Several conditions joined by `and` or `or`, tested in the order of their cost."""

    def __init__(self, children: Sequence[Condition], *, is_and: bool) -> None:
        self._children = sorted(children, key=lambda child: child.cost)
        self._is_and = is_and
        self.cost = self._children[-1].cost
        self.is_local = all(child.is_local for child in children)

    def parts(self) -> list[Condition]:
        """Conditions that all must hold where this one holds."""
        return list(self._children) if self._is_and else [self]

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Test each condition on the rows that the ones before it have not decided."""
        answer = self._children[0].holds(batch, wanted)
        for child in self._children[1:]:
            open_rows = answer if self._is_and else ~answer
            if wanted is not None:
                open_rows = open_rows & wanted
            if not open_rows.any():
                break
            more = child.holds(batch, open_rows)
            answer = answer & more if self._is_and else answer | more
        return answer


class NumberCondition:
    """Compares a column of numbers."""

    def __init__(self, column: NumberColumn, test: Callable[[Numbers], Mask]) -> None:
        self.cost = Cost.OTHERS if column.asks_context else Cost.COLUMN
        if column.reads_messages:
            self.cost = Cost.MESSAGES
        self.is_local = not column.asks_context and not column.follows_execs
        self._column = column
        self._test = test
        unknown = column.unknown
        self._must_exclude = unknown is not None and bool(test(np.array([unknown]))[0])

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Compare the whole column."""
        values = batch.numbers(self._column)
        answer = self._test(values)
        return answer & (values != self._column.unknown) if self._must_exclude else answer


def number_test(operator: str, intervals: Sequence[Interval]) -> Callable[[Numbers], Mask]:
    """A comparison with numbers; `exists` holds for all. `<` and `>` use an interval's nearer
    end."""
    if operator == "exists":
        return lambda values: np.ones(len(values), np.bool_)
    if operator in LIST_OPERATORS:
        return _equals_any(intervals)
    low, high, _ = intervals[0]
    if operator == "<":
        return lambda values: values < low
    if operator == "<=":
        return lambda values: values <= high
    if operator == ">":
        return lambda values: values > high
    if operator == ">=":
        return lambda values: values >= low
    equal = _equals_any(intervals)
    return (lambda values: ~equal(values)) if operator == "!=" else equal


def _equals_any(intervals: Sequence[Interval]) -> Callable[[Numbers], Mask]:
    singles = [low for low, high, _ in intervals if low == high]
    wide = [(low, high) for low, high, _ in intervals if low != high]
    if len(singles) == 1 and not wide:
        (single,) = singles
        return lambda values: values == single
    among = np.array(sorted(set(singles)), np.int64)

    def test(values: Numbers) -> Mask:
        answer = np.isin(values, among)
        for low, high in wide:
            answer |= (values >= low) & (values <= high)
        return answer

    return test


class TimeCondition:
    """Compares times of rows with times of day or full times."""

    def __init__(
        self,
        operator: str,
        moments: Sequence[Interval],
        zone: tzinfo | None,
        column: NumberColumn = TIME,
    ) -> None:
        """Make the condition.

        Args:
            operator: the name of the operator.
            moments: the times to compare with.
            zone: the zone of times of day; None for the local one.
            column: the times, nanoseconds since 1970.
        """
        self.cost = Cost.OTHERS if column.asks_context else Cost.COLUMN
        # Only the local zone is the same in another process.
        self.is_local = zone is None and not column.asks_context
        self._zone, self._column = zone, column
        of_day = [moment for moment in moments if moment.of_day]
        full = [moment for moment in moments if not moment.of_day]
        negated = operator == "!="
        self._negated = negated
        compare = "=" if negated else operator
        self._of_day = number_test(compare, of_day) if of_day else None
        self._full = number_test(compare, full) if full else None

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Compare the times; a row without a time never passes."""
        times = batch.numbers(self._column)
        answer: Mask = np.zeros(len(times), np.bool_)
        if self._full is not None:
            answer |= self._full(times)
        if self._of_day is not None:
            answer |= self._of_day((times + _zone_offsets(times, self._zone)) % DAY_NS)
        if self._negated:
            answer = ~answer
        answer &= times != self._column.unknown
        return answer


_STEP_NS = 900 * 1_000_000_000


def _zone_offsets(times: Numbers, zone: tzinfo | None) -> Numbers | int:
    """The offset to local time for each time; zones change only at quarters of an hour."""
    steps = times // _STEP_NS
    if len(steps) and steps.min() == steps.max():
        return _zone_offset(int(steps[0]), zone)
    distinct, places = np.unique(steps, return_inverse=True)
    offsets = [_zone_offset(step, zone) for step in distinct.tolist()]
    return np.array(offsets, np.int64)[places]


@functools.lru_cache(maxsize=4096)
def _zone_offset(step: int, zone: tzinfo | None) -> int:
    try:
        when = datetime.fromtimestamp(step * 900, zone)
        offset = (when if zone is not None else when.astimezone()).utcoffset()
    except (ValueError, OverflowError, OSError):
        return 0
    return round(offset.total_seconds() * 1_000_000_000) if offset else 0
