"""Turns the tree of a filter into conditions, and reads each value as its field's kind."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from gvtui.points.groups import SETS
from gvtui.query.filter.batch import (
    AGE,
    ERRNO,
    RESULT,
    NumberColumn,
)
from gvtui.query.filter.conditions import (
    Condition,
    Cost,
    Joined,
    Not,
    NumberCondition,
    TimeCondition,
    number_test,
)
from gvtui.query.filter.digests import DigestError, digest, digest_test, digests_in
from gvtui.query.filter.error import FilterError, shown_word
from gvtui.query.filter.events import known_event, similar_events
from gvtui.query.filter.field import CONTAINER, Field
from gvtui.query.filter.fields import FIELDS_BY_NAME
from gvtui.query.filter.messages import ArgumentCondition
from gvtui.query.filter.operators import BYTE_OPERATORS, LIST_OPERATORS, ValueKind
from gvtui.query.filter.parse import (
    Comparison,
    Junction,
    Literal,
    Negation,
    Node,
)
from gvtui.query.filter.pattern import PatternError
from gvtui.query.filter.processes import ProcessCondition
from gvtui.query.filter.sessions import truth_condition
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
    from collections.abc import Callable, Iterable
    from datetime import tzinfo

    from gvtui.query.filter.batch import AgeTest
    from gvtui.query.filter.forms import Forms


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


class Compiler:
    """Turns the tree into conditions, and reads each value as its field's kind."""

    def __init__(self, text: str, zone: tzinfo | None, now_ns: int) -> None:
        self._text = text
        self._zone = zone
        self._now_ns = now_ns
        self.asks_now = False
        """Whether it has times that are counted from the present moment."""
        self.asks_context = self.follows_execs = self.follows_calls = False
        self.age_tests: list[AgeTest] = []
        """The comparisons with the age of a call, which may pass once time has passed."""

    def condition(self, node: Node) -> Condition:
        """The condition of a node, and of all below it."""
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
            condition = truth_condition(node, self._of_argument(node, field.forms))
            self.asks_context |= not condition.is_local
            return condition
        if not isinstance(field.column, NumberColumn):
            return self._of_texts(node)
        self.follows_execs |= field.column.follows_execs
        self.follows_calls |= field.column.follows_calls
        if field.kind is ValueKind.PROCESS and node.operator != "exists":
            return self._of_processes(node)
        if field.kind is ValueKind.TIME:
            return self._of_times(node, field.column)
        if field.column is RESULT and (
            node.operator in ("=", "!=") or node.operator in LIST_OPERATORS
        ):
            return self._of_results(node)
        values = [self._number(field, value) for value in node.values]
        intervals = [Interval(value, value) for value in values]
        if field.other_column is None:
            test = number_test(node.operator, intervals)
            if field.column is AGE:
                self.age_tests.append(test)
            return NumberCondition(field.column, test)
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

    def _of_times(self, node: Comparison, column: NumberColumn) -> Condition:
        if node.operator == "exists":
            return NumberCondition(column, number_test("exists", []))
        moments = []
        for value in node.values:
            if (distance := relative(value.text)) is not None:
                self.asks_now = True
                when = min(max(self._now_ns + distance, 0), LARGEST)
                moments.append(Interval(when, when))
                continue
            try:
                moments.append(moment(value.text, self._zone))
            except ValueTextError as error:
                raise self._wrong(node.field, value, str(error)) from None
        return TimeCondition(node.operator, moments, self._zone, column)

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
        column = node.field.column
        self.follows_execs |= isinstance(column, TextColumn) and column.of_rows is not None
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
        if node.field.is_digest and node.operator in ("=", "!=", "in", "intersects"):
            return self._digest_test(node)
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

    def _digest_test(self, node: Comparison) -> Callable[[str], bool]:
        wanted: list[str] = []
        for value in node.values:
            try:
                if value.text.startswith("@"):
                    wanted += digests_in(value.text[1:])
                else:
                    wanted.append(digest(value.text))
            except DigestError as error:
                expected = ["a digest, or @ and the name of a file of digests"]
                what = f"{shown_word(value.text)} {error}"
                raise FilterError(self._text, value.start, what, expected) from None
        test = digest_test(wanted)
        return (lambda text: not test(text)) if node.operator == "!=" else test

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
