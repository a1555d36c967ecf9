"""Conditions that decode the message, for values that its row does not have."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from gvtui.query.filter.answers import Answers, call_of, context_of
from gvtui.query.filter.conditions import Cost
from gvtui.query.filter.forms import argument_forms, name_and_place, number_of, sent_bytes
from gvtui.query.filter.pattern import RegexTest
from gvtui.query.filter.seeking import Seeker
from gvtui.trace.row import Kind
from gvtui.wire.header import MAX_MESSAGE_SIZE
from gvtui.wire.messages import Unknown
from gvtui.wire.pieces import all_but_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.query.filter.answers import OfMany
    from gvtui.query.filter.batch import Mask, RowBatch
    from gvtui.query.filter.forms import Forms
    from gvtui.wire.messages import Decoded

ARGUMENTS_LIMIT = 8 * MAX_MESSAGE_SIZE
"""How many characters of a call's arguments conditions read: more than any message has."""
_MOST_TOGETHER = 1 << 9
"""Of how many messages the arguments are tested at once."""


class _TextCondition:
    """Compares a text that each message gives; one that gives none does not pass."""

    cost = Cost.MESSAGES
    is_local = True

    def __init__(self, test: Callable[[str], bool]) -> None:
        self._test = test
        self._answers = Answers(all_but_time)

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Compare the text of each wanted message."""
        architecture = batch.trace.architecture

        def passes(decoded: Decoded) -> bool:
            text = self._text(decoded, architecture)
            return bool(text) and self._test(text)

        return self._answers.of(
            batch, _messages(batch, wanted), passes, self._of_many(architecture)
        )

    def _text(self, decoded: Decoded, architecture: str) -> str:
        raise NotImplementedError

    def _of_many(self, architecture: str) -> OfMany | None:
        """What answers for many datagrams at a time; None for one at a time."""
        del architecture
        return None


class ArgumentsCondition(_TextCondition):
    """Compares the arguments as the stream shows them, but whole: nothing that a program puts in
    front of an argument hides it."""

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Compare the whole arguments of each wanted message."""
        # A tenth of the time that the completion of a filter takes, which renders nothing.
        from gvtui.decode.escape import uncut
        from gvtui.decode.render import arguments_text, sent_arguments

        self._render, self._render_sent = arguments_text, sent_arguments
        with uncut():
            return super().holds(batch, wanted)

    def _text(self, decoded: Decoded, architecture: str) -> str:
        return self._render(decoded, architecture=architecture, limit=ARGUMENTS_LIMIT)

    def _of_many(self, architecture: str) -> OfMany:
        return functools.partial(self._pass_many, architecture)

    def _pass_many(self, architecture: str, datagrams: Sequence[bytes]) -> list[bool | None]:
        render, found = self._render_sent, list[bool | None]()
        for start in range(0, len(datagrams), _MOST_TOGETHER):
            some = datagrams[start : start + _MOST_TOGETHER]
            found += self._test_all(render(some, architecture, ARGUMENTS_LIMIT))
        return found

    def _test_all(self, texts: list[str | None]) -> list[bool | None]:
        test = self._test
        told = list(filter(None, texts))
        passes = iter(test.among(told) if isinstance(test, RegexTest) else map(test, told))
        if len(told) == len(texts):
            return list(passes)
        return [next(passes) if text else False if text is not None else None for text in texts]


class CwdCondition(_TextCondition):
    """Compares the working directory in the context of messages."""

    def _text(self, decoded: Decoded, architecture: str) -> str:
        message: Any = decoded.message
        cwd: str = "" if isinstance(message, Unknown) else message.context_data.cwd
        return cwd


class ArgumentCondition:
    """Compares one argument."""

    cost = Cost.MESSAGES
    is_local = True

    def __init__(
        self,
        name: str,
        operator: str,
        texts: Sequence[str],
        test: Callable[[str], bool] | None,
        forms: Forms,
        *,
        wanted: bytes | None = None,
        is_transformed: bool = False,
    ) -> None:
        """Make the condition.

        Args:
            name: the argument's name in its message.
            operator: the name of the operator.
            texts: the values to compare with.
            test: the comparison of texts; None if the operator compares only numbers.
            forms: gives the argument in all forms, as `argument_forms` does.
            wanted: the value of an operator on bytes; None for other operators.
            is_transformed: whether the comparison changes texts first, so that the message need not
                have the text that is looked for.
        """
        self._name = name
        self._forms = forms
        self._operator = operator
        self._numbers = [value for value in map(number_of, texts) if value is not None]
        self._test = test
        is_argument = forms is argument_forms
        self._wanted = wanted
        self._seeker = None
        if is_argument:
            self._seeker = Seeker(
                name_and_place(name)[0], "" if is_transformed else operator, texts
            )
        self._equals = _number_test(operator, self._numbers)
        self._answers = Answers(call_of if is_argument else context_of(name))

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Look into each wanted message that may pass."""
        architecture = batch.trace.architecture
        may = _messages(batch, wanted)
        if self._seeker is not None:
            may = self._seeker.may_pass(batch, may)
        forms_of, name = self._forms, self._name

        def passes(decoded: Decoded) -> bool:
            if self._wanted is not None and (sent := sent_bytes(decoded, name)) is not None:
                if self._operator == "bstartswith":
                    return sent.startswith(self._wanted)
                return self._wanted in sent
            forms = forms_of(decoded, name, architecture)
            return bool(forms) and self._passes(forms)

        return self._answers.of(batch, may, passes)

    def _passes(self, forms: list[int | str]) -> bool:
        if self._operator == "exists":
            return True
        equals, test = self._equals, self._test
        if self._operator == "!=":
            assert test is not None
            return all(test(form) if isinstance(form, str) else not equals(form) for form in forms)
        for form in forms:
            if isinstance(form, str):
                if test is not None and test(form):
                    return True
            elif equals(form):
                return True
        return False


def _number_test(operator: str, numbers: Sequence[int]) -> Callable[[int], bool]:
    """Whether a number equals one of some, or is on the right side of the first of them."""
    if operator in ("=", "!=", "in", "intersects"):
        return frozenset(numbers).__contains__
    order = _ORDER.get(operator)
    if order is None or not numbers:
        return lambda _number: False
    first = numbers[0]
    return lambda number: order(number, first)


_ORDER: dict[str, Callable[[int, int], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _messages(batch: RowBatch, wanted: Mask | None) -> Mask:
    is_message: Mask = batch.column("kind") == Kind.MESSAGE
    return is_message if wanted is None else is_message & wanted
