"""The filter language: from text to a mask over the rows of a trace.

A comparison of a field that a row lacks is false, whatever the operator; so `not` of it is true.
Rows that are no messages (a connection opened or closed, a mark, a drop) have few fields: evt.num,
evt.time, evt.kind, evt.dropped, conn.num, and the container of their connection. They pass a filter
by these or by a `not`, as any other row would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.filter.batch import UNKNOWN, Batch, FilterContext, NoContext
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
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.fields import Field, ValueKind, describe_fields
from gvtui.query.filter.help import reference
from gvtui.query.filter.messages import (
    ArgumentCondition,
    ArgumentsCondition,
    argument_forms,
    context_forms,
)
from gvtui.query.filter.parse import (
    Comparison,
    Junction,
    Literal,
    Negation,
    Node,
    parse,
    shown_word,
)
from gvtui.query.filter.pattern import PatternError
from gvtui.query.filter.texts import CommandLineCondition, string_condition, text_test
from gvtui.query.filter.values import (
    Interval,
    ValueTextError,
    duration,
    errno_value,
    moment,
    number,
)
from gvtui.query.sets import SETS
from gvtui.query.source import RowSource
from gvtui.trace.row import NO_FD, NO_UID, Direction, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import tzinfo

    from gvtui.query.filter.batch import Mask, Rows

__all__ = [
    "Filter",
    "FilterContext",
    "FilterError",
    "TraceLike",
    "compile_filter",
    "describe_fields",
    "reference",
]

TraceLike = RowSource

_COLUMNS: dict[str, tuple[str, int | None]] = {
    "evt.num": ("evt.num", None),
    "evt.dir": ("direction", Direction.NONE),
    "evt.res": ("evt.res", UNKNOWN),
    "evt.failed": ("evt.failed", UNKNOWN),
    "evt.errno": ("evt.errno", UNKNOWN),
    "evt.latency": ("evt.latency", -1),
    "evt.kind": ("kind", None),
    "evt.dropped": ("evt.dropped", UNKNOWN),
    "proc.pid": ("pid", 0),
    "proc.ppid": ("proc.ppid", -1),
    "thread.tid": ("tid", 0),
    "fd.num": ("fd", NO_FD),
    "user.uid": ("uid", NO_UID),
    "conn.num": ("conn", 0),
}
"""Fields that are numbers: their column, and what stands there for a row that lacks it."""

_ASK_OTHERS = frozenset(("evt.latency", "proc.ppid", "proc.cmdline"))
"""Fields that the filter's context knows."""

_CHOICES: dict[str, dict[str, int]] = {
    "evt.dir": {
        "e": Direction.ENTER,
        ">": Direction.ENTER,
        "x": Direction.EXIT,
        "<": Direction.EXIT,
    },
    "evt.failed": {"true": 1, "false": 0},
    "evt.kind": {kind.name.lower(): kind for kind in Kind},
}


class Filter:
    """A condition on rows, ready to be asked."""

    def __init__(
        self,
        text: str,
        condition: Condition,
        fields: frozenset[str],
        needs: frozenset[str],
        context: FilterContext,
    ) -> None:
        self.text = text
        self.fields = fields
        """Names of the fields it uses, `evt.arg.flags` for an argument."""
        self.needs = needs
        """Context fields that the session must collect for it, by their session names."""
        self._condition = condition
        self._context = context
        self._asks_others = not fields.isdisjoint(_ASK_OTHERS)

    def mask(self, trace: TraceLike, rows: Rows, start: int) -> Mask:
        """For each row whether it passes.

        Args:
            trace: where the rows are from.
            rows: consecutive rows.
            start: row id of the first of them.
        """
        if self._asks_others:
            self._bring_up(start + len(rows))
        return self._condition.holds(Batch(trace, rows, start, self._context), None)

    def known_rows(self, start: int, stop: int) -> int:
        """How many of these rows can be asked about at once; for others much must be read first."""
        if not self._asks_others:
            return stop - start
        return max(0, min(stop, self._context.position) - start)

    def _bring_up(self, stop: int) -> None:
        """Have the context look at all rows before `stop`."""
        while (missing := stop - self._context.position) > 0:
            if not self._context.advance(missing):
                break

    def matches(self, trace: TraceLike, row_id: int) -> bool:
        """Whether one row passes; one that is not held does not."""
        rows = trace.rows(row_id, row_id + 1)
        return len(rows) == 1 and bool(self.mask(trace, rows, row_id)[0])


def compile_filter(
    text: str, context: FilterContext | None = None, *, zone: tzinfo | None = None
) -> Filter:
    """Make a filter of a text; without content it lets every row pass.

    Args:
        text: the filter.
        context: knows what rows do not say by themselves; without it, that counts as lacking.
        zone: time zone of the times in the text; None for the local one.

    Raises:
        FilterError: the text is no filter.
    """
    tree = parse(text)
    comparisons = list(_comparisons(tree)) if tree else []
    names = (f"{c.field.name}.{c.argument}" if c.argument else c.field.name for c in comparisons)
    needs = (need for comparison in comparisons for need in comparison.field.needs)
    condition = _Compiler(text, zone).condition(tree) if tree else Always()
    return Filter(text, condition, frozenset(names), frozenset(needs), context or NoContext())


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    elif isinstance(node, Negation):
        yield from _comparisons(node.child)
    else:
        for child in node.children:
            yield from _comparisons(child)


class _Compiler:
    """Turns the tree into conditions, reading the values as their fields demand."""

    def __init__(self, text: str, zone: tzinfo | None) -> None:
        self._text = text
        self._zone = zone

    def condition(self, node: Node) -> Condition:
        if isinstance(node, Negation):
            return Not(self.condition(node.child))
        if isinstance(node, Junction):
            children = [self.condition(child) for child in node.children]
            return Joined(children, is_and=node.is_and)
        field = node.field
        if field.kind in (ValueKind.TEXT, ValueKind.EVENT):
            return self._of_texts(node)
        if field.kind is ValueKind.ANY:
            return self._of_argument(node)
        if field.kind is ValueKind.TIME:
            return self._of_times(node)
        if field.name == "evt.res" and node.operator in ("=", "!=", "in"):
            return self._of_results(node)
        column, unknown = _COLUMNS[field.name]
        values = [self._number(field, value) for value in node.values]
        intervals = [Interval(value, value) for value in values]
        cost = Cost.OTHERS if field.name in _ASK_OTHERS else Cost.COLUMN
        return NumberCondition(column, number_test(node.operator, intervals), unknown, cost)

    def _of_results(self, node: Comparison) -> Condition:
        """An errno name means a call that failed, not one that returned the same number."""
        codes = [errno_value(value.text) for value in node.values]
        names = [code for code in codes if code is not None]
        numbers = [
            self._number(node.field, value)
            for value, code in zip(node.values, codes, strict=True)
            if code is None
        ]
        parts: list[Condition] = [
            NumberCondition(column, number_test("in", intervals), UNKNOWN, Cost.COLUMN)
            for column, wanted in (("evt.errno", names), ("evt.res", numbers))
            if (intervals := [Interval(value, value) for value in wanted])
        ]
        condition = parts[0] if len(parts) == 1 else Joined(parts, is_and=False)
        if node.operator != "!=":
            return condition
        known = NumberCondition("evt.res", number_test("exists", []), UNKNOWN, Cost.COLUMN)
        return Joined([known, Not(condition)], is_and=True)

    def _of_times(self, node: Comparison) -> Condition:
        if node.operator == "exists":
            return NumberCondition("evt.time", number_test("exists", []), 0, Cost.COLUMN)
        moments = []
        for value in node.values:
            try:
                moments.append(moment(value.text, self._zone))
            except ValueTextError as error:
                raise self._wrong(node.field, value, str(error)) from None
        return TimeCondition(node.operator, moments, self._zone)

    def _of_texts(self, node: Comparison) -> Condition:
        operator = node.operator
        texts = [value.text for value in node.values]
        if node.field.kind is ValueKind.EVENT and operator in ("=", "!=", "in"):
            members = [name for value in node.values for name in self._events(value)]
            if len(members) != 1:
                condition = string_condition(node.field.name, text_test("in", members))
                if operator == "!=":
                    known = string_condition(node.field.name, bool)
                    return Joined([known, Not(condition)], is_and=True)
                return condition
        test = bool if operator == "exists" else self._text_test(node, texts)
        if node.field.name == "evt.args":
            return ArgumentsCondition(test)
        if node.field.name == "proc.cmdline":
            return CommandLineCondition(test)
        return string_condition(node.field.name, test)

    def _of_argument(self, node: Comparison) -> Condition:
        texts = [value.text for value in node.values]
        test = None
        if node.operator in ("<", "<=", ">", ">="):
            self._number(node.field, node.values[0])
        elif node.operator != "exists":
            test = self._text_test(node, texts)
        forms = context_forms if node.field.name == "context" else argument_forms
        return ArgumentCondition(node.argument, node.operator, texts, test, forms)

    def _text_test(self, node: Comparison, texts: list[str]) -> Callable[[str], bool]:
        try:
            return text_test(node.operator, texts)
        except PatternError as error:
            column = node.values[0].column_of(self._text, error.position)
            expected = "a regular expression" if node.operator == "regex" else "a pattern"
            raise FilterError(self._text, column, str(error), [expected]) from None

    def _events(self, value: Literal) -> Iterable[str]:
        if value.quoted or not value.text.startswith("%"):
            return (value.text,)
        members = SETS.get(value.text)
        if members is None:
            raise FilterError(
                self._text, value.start, f"there is no set {shown_word(value.text)}", list(SETS)
            )
        return members

    def _number(self, field: Field, value: Literal) -> int:
        try:
            if field.name in _CHOICES:
                return _CHOICES[field.name][value.text.lower()]
            if field.kind is ValueKind.DURATION:
                return duration(value.text)
            if field.kind is ValueKind.RESULT:
                code = errno_value(value.text)
                if code is not None:
                    return -code if field.name == "evt.res" else code
            return number(value.text)
        except KeyError:
            raise self._wrong(field, value, f"is no value of {field.name}") from None
        except ValueTextError as error:
            raise self._wrong(field, value, str(error)) from None

    def _wrong(self, field: Field, value: Literal, why: str) -> FilterError:
        expected = list(field.choices) or [field.kind.value]
        return FilterError(self._text, value.start, f"{shown_word(value.text)} {why}", expected)
