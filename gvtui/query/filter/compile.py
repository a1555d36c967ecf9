"""Compiles a filter's text into a `Filter`, which tests rows of a trace many at a time.

A comparison with a field that a row lacks is false for every operator; so `not` of it is true. Rows
that are not messages (a connection that opened or closed, a mark, a drop) have few fields: evt.num,
evt.time, evt.kind, evt.dropped, conn.num, and the container of their connection. They pass a filter
by these fields or by a `not`, as any other row.
"""

from __future__ import annotations

import copy
import time
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from gvtui.points.groups import SETS
from gvtui.query.filter.batch import (
    ERRNO,
    RESULT,
    TIME,
    FilterContext,
    NoContext,
    NumberColumn,
    RowBatch,
)
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
from gvtui.query.filter.error import FilterError, shown_word
from gvtui.query.filter.events import known_event, similar_events
from gvtui.query.filter.fields import CONTAINER, FIELDS_BY_NAME, NAMES, Field
from gvtui.query.filter.messages import ArgumentCondition
from gvtui.query.filter.operators import BYTE_OPERATORS, LIST_OPERATORS, ValueKind
from gvtui.query.filter.parse import (
    Comparison,
    Junction,
    Literal,
    Negation,
    Node,
    parse,
)
from gvtui.query.filter.pattern import PatternError
from gvtui.query.filter.processes import ProcessCondition
from gvtui.query.filter.texts import (
    ContextTextCondition,
    TextColumn,
    TextCondition,
    bytes_of,
    text_test,
)
from gvtui.query.filter.transformers import transformed
from gvtui.query.filter.values import (
    LARGEST,
    Interval,
    ValueTextError,
    duration,
    errno_value,
    moment,
    number,
    process_value,
    relative,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import tzinfo

    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.filter.messages import Forms
    from gvtui.query.source import RowSource

__all__ = [
    "Filter",
    "FilterContext",
    "FilterError",
    "compile_filter",
]


class Filter:
    """A compiled filter: tests rows, many at a time."""

    def __init__(
        self,
        text: str,
        condition: Condition,
        fields: frozenset[str],
        needs: frozenset[str],
        context: FilterContext,
        *,
        now_ns: int = 0,
        asks_context: bool = False,
        follows_execs: bool = False,
    ) -> None:
        self.text = text
        self.now_ns = now_ns
        """The moment from which its relative times are counted, Unix nanoseconds."""
        self.fields = fields
        """The names of the fields that it uses, such as `evt.arg.flags` for an argument."""
        self.needs = needs
        """The context fields that the session must collect for it, by their names in sessions."""
        self._condition = condition
        self._context = context
        parts = condition.parts() if isinstance(condition, Joined) else [condition]
        local = [part for part in parts if part.is_local]
        self._local = Joined(local, is_and=True) if local else None
        rest = [part for part in parts if not part.is_local]
        self._rest = Joined(rest, is_and=True) if rest else None
        self.asks_context = asks_context
        """Whether it uses the context, which must then have read the rows."""
        self._follows_execs = follows_execs

    def asking(self, context: FilterContext) -> Filter:
        """The same filter with this context."""
        other = copy.copy(self)
        other._context = context
        return other

    @property
    def is_slow(self) -> bool:
        """Whether messages are decoded for it, of which other processes can do a part."""
        return self._local is not None and self._local.cost is Cost.MESSAGES

    def local_mask(self, trace: RowSource, rows: Rows, start: int) -> Mask:
        """For each row, whether it may pass, by what it and its message tell; as `mask`."""
        assert self._local is not None
        return self._local.holds(RowBatch(trace, rows, start, self._context), None)

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        """For each row, whether it passes.

        Args:
            trace: the trace that has the rows.
            rows: consecutive rows.
            start: row id of the first of them.
            may_pass: what `local_mask` gives for them, where that is known.
        """
        if self.asks_context:
            self._bring_up(start + len(rows))
        batch = RowBatch(trace, rows, start, self._context)
        if may_pass is None:
            return self._condition.holds(batch, None)
        if self._rest is None or not may_pass.any():
            return may_pass
        return may_pass & self._rest.holds(batch, may_pass)

    def known_rows(self, start: int, stop: int) -> int:
        """How many of these rows can be tested now; for the others the context must read on
        first."""
        if not self.asks_context:
            return stop - start
        return max(0, min(stop, self._context.position) - start)

    def changes(self) -> int:
        """The number of rows whose answer may have changed so far, for `changed_since`."""
        return self._context.exec_changes() if self._follows_execs else 0

    def changed_since(self, mark: int) -> list[int] | None:
        """The rows whose answers may have changed because of later rows; None for possibly all.

        Args:
            mark: the result of `changes` before these rows were tested.
        """
        return self._context.execs_changed_since(mark) if self._follows_execs else []

    def _bring_up(self, stop: int) -> None:
        """Let the context read all rows before `stop`."""
        while (missing := stop - self._context.position) > 0:
            if not self._context.advance(missing):
                break

    @property
    def asks_names(self) -> bool:
        """Whether it asks what operators call containers, which may be told after their rows."""
        return not self.fields.isdisjoint(NAMES)

    def matches(self, trace: RowSource, row_id: int) -> bool:
        """Whether one row passes; False for a row that the trace does not have."""
        rows = trace.rows(row_id, row_id + 1)
        return len(rows) == 1 and bool(self.mask(trace, rows, row_id)[0])


def compile_filter(
    text: str,
    context: FilterContext | None = None,
    *,
    zone: tzinfo | None = None,
    now_ns: int | None = None,
) -> Filter:
    """Compile a filter; an empty text lets every row pass.

    Args:
        text: the filter.
        context: gives durations, parents and command lines; without it, rows lack these.
        zone: the time zone of times in the text; None for the local one.
        now_ns: the moment from which times such as `-5m` are counted, Unix nanoseconds; None for
            that of the context, or else this one.

    Raises:
        FilterError: the text is not a filter.
    """
    tree = parse(text)
    comparisons = list(_comparisons(tree)) if tree else []
    names = (comparison.field.spelled(comparison.argument) for comparison in comparisons)
    needs = (need for comparison in comparisons for need in comparison.field.needs)
    if now_ns is None:
        now_ns = context.now_ns() if context is not None else time.time_ns()
    compiler = _Compiler(text, zone, now_ns)
    condition = compiler.condition(tree) if tree else Always()
    if context is not None:
        for comparison in comparisons:
            context.expect(comparison.field.name)
    return Filter(
        text,
        condition,
        frozenset(names),
        frozenset(needs),
        context or NoContext(),
        now_ns=now_ns,
        asks_context=compiler.asks_context,
        follows_execs=compiler.follows_execs,
    )


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    elif isinstance(node, Negation):
        yield from _comparisons(node.child)
    else:
        for child in node.children:
            yield from _comparisons(child)


def _text_condition(
    field: Field, test: Callable[[str], bool], element: str = "", *, is_negated: bool = False
) -> Condition:
    if field.of_context:
        column = field.column
        otherwise = TextCondition(column, test) if isinstance(column, TextColumn) else None
        return ContextTextCondition(
            f"{field.name}{element}", test, is_negated=is_negated, otherwise=otherwise
        )
    if isinstance(field.column, TextColumn):
        return TextCondition(field.column, test)
    assert field.condition is not None
    return field.condition(test)


class _Compiler:
    """Turns the tree into conditions, and reads each value as its field's kind."""

    def __init__(self, text: str, zone: tzinfo | None, now_ns: int) -> None:
        self._text = text
        self._zone = zone
        self._now_ns = now_ns
        self.asks_context = self.follows_execs = False

    def condition(self, node: Node) -> Condition:
        if isinstance(node, Negation):
            return Not(self.condition(node.child))
        if isinstance(node, Junction):
            children = [self.condition(child) for child in node.children]
            return Joined(children, is_and=node.is_and)
        condition = self._comparison(node)
        self.asks_context |= condition.cost is Cost.OTHERS
        return condition

    def _comparison(self, node: Comparison) -> Condition:
        field = node.field
        if field.forms is not None:
            return self._of_argument(node, field.forms)
        if not isinstance(field.column, NumberColumn):
            return self._of_texts(node)
        self.follows_execs |= field.column.follows_execs
        if field.kind is ValueKind.PROCESS and node.operator != "exists":
            return self._of_processes(node)
        if field.kind is ValueKind.TIME:
            return self._of_times(node)
        if field.column is RESULT and (
            node.operator in ("=", "!=") or node.operator in LIST_OPERATORS
        ):
            return self._of_results(node)
        values = [self._number(field, value) for value in node.values]
        intervals = [Interval(value, value) for value in values]
        if field.other_column is None:
            return NumberCondition(field.column, number_test(node.operator, intervals))
        return self._of_either(field.column, field.other_column, node.operator, intervals)

    @staticmethod
    def _of_either(
        one: NumberColumn, other: NumberColumn, operator: str, intervals: list[Interval]
    ) -> Condition:
        """Compare two numbers, of which one must pass; for `!=`, neither may be equal."""

        def either(test: str) -> Condition:
            compare = number_test(test, intervals)
            parts = [NumberCondition(column, compare) for column in (one, other)]
            return Joined(parts, is_and=False)

        if operator != "!=":
            return either(operator)
        return Joined([either("exists"), Not(either("="))], is_and=True)

    def _of_results(self, node: Comparison) -> Condition:
        """Compare results: an errno name matches only failed calls, not an equal positive
        result."""
        codes = [errno_value(value.text) for value in node.values]
        names = [code for code in codes if code is not None]
        numbers = [
            self._number(node.field, value)
            for value, code in zip(node.values, codes, strict=True)
            if code is None
        ]
        parts: list[Condition] = [
            NumberCondition(column, number_test("in", intervals))
            for column, wanted in ((ERRNO, names), (RESULT, numbers))
            if (intervals := [Interval(value, value) for value in wanted])
        ]
        if not parts:
            parts = [NumberCondition(RESULT, number_test("in", []))]
        condition = parts[0] if len(parts) == 1 else Joined(parts, is_and=False)
        if node.operator != "!=":
            return condition
        known = NumberCondition(RESULT, number_test("exists", []))
        return Joined([known, Not(condition)], is_and=True)

    def _of_times(self, node: Comparison) -> Condition:
        if node.operator == "exists":
            return NumberCondition(TIME, number_test("exists", []))
        moments = []
        for value in node.values:
            if (distance := relative(value.text)) is not None:
                when = min(max(self._now_ns + distance, 0), LARGEST)
                moments.append(Interval(when, when))
                continue
            try:
                moments.append(moment(value.text, self._zone))
            except ValueTextError as error:
                raise self._wrong(node.field, value, str(error)) from None
        return TimeCondition(node.operator, moments, self._zone)

    def _of_processes(self, node: Comparison) -> Condition:
        values = []
        for value in node.values:
            try:
                values.append(process_value(value.text, self._zone))
            except ValueTextError as error:
                raise self._wrong(node.field, value, str(error)) from None
        containers = FIELDS_BY_NAME[CONTAINER].column
        assert isinstance(containers, TextColumn)
        return ProcessCondition(values, containers, is_negated=node.operator == "!=")

    def _of_texts(self, node: Comparison) -> Condition:
        operator = node.operator
        texts = [value.text for value in node.values]
        is_listed = operator in ("=", "!=") or operator in ("in", "intersects")
        if node.field.kind is ValueKind.EVENT and is_listed and not node.transformers:
            members = [name for value in node.values for name in self._events(value)]
            if len(members) != 1:
                condition = _text_condition(node.field, text_test("in", members))
                if operator == "!=":
                    known = _text_condition(node.field, bool)
                    return Joined([known, Not(condition)], is_and=True)
                return condition
        test = bool if operator == "exists" else self._text_test(node, texts)
        return _text_condition(node.field, test, node.argument, is_negated=operator == "!=")

    def _of_argument(self, node: Comparison, forms: Forms) -> Condition:
        texts = [value.text for value in node.values]
        test = None
        if node.operator in ("<", "<=", ">", ">="):
            self._number(node.field, node.values[0])
        elif node.operator != "exists":
            test = self._text_test(node, texts)
        wanted = bytes_of(texts[0]) if node.operator in BYTE_OPERATORS else None
        assert not isinstance(wanted, PatternError)
        return ArgumentCondition(
            node.argument,
            node.operator,
            texts,
            test,
            forms,
            wanted=wanted,
            is_transformed=bool(node.transformers),
        )

    def _text_test(self, node: Comparison, texts: list[str]) -> Callable[[str], bool]:
        if node.field.is_net and node.operator in ("=", "!=", "in", "intersects"):
            return self._net_test(node)
        try:
            return transformed(node.transformers, text_test(node.operator, texts))
        except PatternError as error:
            wrong = next((v for v in node.values if len(v.text) >= error.position), node.values[0])
            column = wrong.column_of(self._text, error.position)
            if node.operator in BYTE_OPERATORS:
                raise FilterError(
                    self._text, column, str(error), ["bytes such as cafe00"]
                ) from None
            expected = "a regular expression" if node.operator == "regex" else "a pattern"
            raise FilterError(self._text, column, str(error), [expected]) from None

    def _net_test(self, node: Comparison) -> Callable[[str], bool]:
        networks = []
        for value in node.values:
            try:
                networks.append(ip_network(value.text, strict=False))
            except ValueError:
                what = f"{shown_word(value.text)} is no network"
                raise FilterError(
                    self._text, value.start, what, ["a network such as 10.0.0.0/8"]
                ) from None
        is_negated = node.operator == "!="

        def test(text: str) -> bool:
            try:
                address = ip_address(text)
            except ValueError:
                return False
            return any(address in network for network in networks) != is_negated

        return test

    def _events(self, value: Literal) -> Iterable[str]:
        if value.quoted or not value.text.startswith("%"):
            if not known_event(value.text):
                similar = similar_events(value.text) or ["the name of a system call or event"]
                what = f"gVisor has no event {shown_word(value.text)}"
                raise FilterError(self._text, value.start, what, similar)
            return (value.text,)
        members = SETS.get(value.text)
        if members is None:
            raise FilterError(
                self._text, value.start, f"there is no set {shown_word(value.text)}", list(SETS)
            )
        return members

    def _number(self, field: Field, value: Literal) -> int:
        if field.kind is ValueKind.CHOICE:
            choice = field.choice(value.text)
            if choice is None:
                raise self._wrong(field, value, f"is no value of {field.name}")
            return choice
        try:
            if field.kind is ValueKind.DURATION:
                return duration(value.text)
            if field.kind is ValueKind.RESULT:
                code = errno_value(value.text)
                if code is not None:
                    return -code if field.column is RESULT else code
            return number(value.text)
        except ValueTextError as error:
            raise self._wrong(field, value, str(error)) from None

    def _wrong(self, field: Field, value: Literal, why: str) -> FilterError:
        expected = list(field.choices) or [field.kind.value]
        return FilterError(self._text, value.start, f"{shown_word(value.text)} {why}", expected)
