from __future__ import annotations

from itertools import product

import pytest

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.calls.exec_rules import (
    OUTCOMES,
    Before,
    Code,
    Exec,
    Next,
    Order,
    Sender,
    may_change,
    proof,
    reading,
)

B, N = Before, Next
ALL = list(product(Before, Next, Order, (False, True)))


def exit_of(before: Before, then: Next = Next.PENDING) -> Exec:
    return Exec([7], before, then)


@pytest.mark.parametrize(
    ("before", "is_point_on", "order"),
    [
        (B.INFO_IN_CALL, False, Order.OLD),
        (B.INFO_IN_CALL, True, Order.OLD),
        (B.OTHER, True, Order.NEW),
        # Without the point, nothing would have come before the exit in any case.
        (B.OTHER, False, Order.UNKNOWN),
        (B.INFO, True, Order.UNKNOWN),
        (B.DOUBTFUL_INFO, True, Order.UNKNOWN),
        (B.UNKNOWN, True, Order.UNKNOWN),
    ],
)
def test_what_an_exec_proves(before: Before, is_point_on: bool, order: Order) -> None:
    assert proof(exit_of(before), Sender(is_point_on=is_point_on)) is order
    # Of chosen messages what is missing may have been sent.
    excerpt = Sender(is_point_on=is_point_on, is_excerpt=True)
    assert proof(exit_of(before), excerpt) is Order.UNKNOWN


@pytest.mark.parametrize(
    ("order", "is_point_on", "before", "then", "code"),
    [
        (Order.OLD, False, B.OTHER, N.OTHER, Code.DONE),
        (Order.OLD, True, B.OTHER, N.INFO, Code.DONE),
        (Order.NEW, True, B.OTHER, N.INFO, Code.DONE_LATER),
        (Order.NEW, True, B.OTHER, N.OTHER, Code.FAILED),
        (Order.NEW, False, B.OTHER, N.OTHER, Code.ASKED),
        (Order.NEW, True, B.OTHER, N.LOST, Code.ASKED),
        (Order.NEW, True, B.OTHER, N.PENDING, Code.ASKED),
        (Order.UNKNOWN, True, B.OTHER, N.INFO, Code.DONE_LATER),
        (Order.UNKNOWN, True, B.INFO, N.OTHER, Code.DONE),
        (Order.UNKNOWN, True, B.DOUBTFUL_INFO, N.OTHER, Code.ASKED),
        (Order.UNKNOWN, True, B.OTHER, N.OTHER, Code.ASKED),
    ],
)
def test_what_is_known_of_an_exec(
    order: Order, is_point_on: bool, before: Before, then: Next, code: Code
) -> None:
    assert reading(exit_of(before, then), Sender(order, is_point_on)) is code


@pytest.mark.parametrize(("before", "then", "order", "is_point_on"), ALL)
def test_a_failure_is_told_only_where_both_are_proved(
    before: Before, then: Next, order: Order, is_point_on: bool
) -> None:
    code = reading(exit_of(before, then), Sender(order, is_point_on))
    assert (code is Code.FAILED) == (order is Order.NEW and is_point_on and then is Next.OTHER)
    excerpt = reading(exit_of(before, then), Sender(order, is_point_on, is_excerpt=True))
    assert excerpt is (Code.DONE if order is Order.OLD else Code.ASKED)


@pytest.mark.parametrize(("before", "then", "order", "is_point_on"), ALL)
def test_what_may_not_change_stays_whatever_comes(
    before: Before, then: Next, order: Order, is_point_on: bool
) -> None:
    """What comes later: the next message, and that the point is on; a proof is there already."""
    entry, sender = exit_of(before, then), Sender(order, is_point_on)
    if may_change(entry, sender):
        return
    told = reading(entry, sender)
    assert then is not Next.PENDING
    assert reading(entry, Sender(order, True)) is told


def test_each_code_of_an_exec_has_an_outcome() -> None:
    assert OUTCOMES.keys() == set(Code) - {Code.NONE}
    assert OUTCOMES[Code.DONE] is OUTCOMES[Code.DONE_LATER] is ExecOutcome.DONE
