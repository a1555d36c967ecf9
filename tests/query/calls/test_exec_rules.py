from __future__ import annotations

from itertools import product

import pytest

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.calls.exec_rules import (
    OUTCOMES,
    Before,
    ExecCode,
    ExecOrder,
    ExecRows,
    Next,
    Sender,
    may_change,
    proof,
    reading,
)

B, N = Before, Next
ALL = list(product(Before, Next, ExecOrder, (False, True)))


def exit_of(before: Before, then: Next = Next.PENDING) -> ExecRows:
    return ExecRows([7], before, then)


@pytest.mark.parametrize(
    ("before", "is_point_on", "order"),
    [
        (B.INFO_IN_CALL, False, ExecOrder.OLD),
        (B.INFO_IN_CALL, True, ExecOrder.OLD),
        (B.OTHER, True, ExecOrder.NEW),
        # Without the point, nothing would have come before the exit in any case.
        (B.OTHER, False, ExecOrder.UNKNOWN),
        (B.INFO, True, ExecOrder.UNKNOWN),
        (B.DOUBTFUL_INFO, True, ExecOrder.UNKNOWN),
        (B.UNKNOWN, True, ExecOrder.UNKNOWN),
    ],
)
def test_what_an_exec_proves(before: Before, is_point_on: bool, order: ExecOrder) -> None:
    assert proof(exit_of(before), Sender(is_point_on=is_point_on)) is order
    # Of chosen messages what is missing may have been sent.
    excerpt = Sender(is_point_on=is_point_on, is_excerpt=True)
    assert proof(exit_of(before), excerpt) is ExecOrder.UNKNOWN


@pytest.mark.parametrize(
    ("order", "is_point_on", "before", "then", "code"),
    [
        (ExecOrder.OLD, False, B.OTHER, N.OTHER, ExecCode.DONE),
        (ExecOrder.OLD, True, B.OTHER, N.INFO, ExecCode.DONE),
        (ExecOrder.NEW, True, B.OTHER, N.INFO, ExecCode.DONE_LATER),
        (ExecOrder.NEW, True, B.OTHER, N.OTHER, ExecCode.FAILED),
        (ExecOrder.NEW, False, B.OTHER, N.OTHER, ExecCode.ASKED),
        (ExecOrder.NEW, True, B.OTHER, N.LOST, ExecCode.ASKED),
        (ExecOrder.NEW, True, B.OTHER, N.PENDING, ExecCode.ASKED),
        (ExecOrder.UNKNOWN, True, B.OTHER, N.INFO, ExecCode.DONE_LATER),
        (ExecOrder.UNKNOWN, True, B.INFO, N.OTHER, ExecCode.DONE),
        (ExecOrder.UNKNOWN, True, B.DOUBTFUL_INFO, N.OTHER, ExecCode.ASKED),
        (ExecOrder.UNKNOWN, True, B.OTHER, N.OTHER, ExecCode.ASKED),
    ],
)
def test_what_is_known_of_an_exec(
    order: ExecOrder, is_point_on: bool, before: Before, then: Next, code: ExecCode
) -> None:
    assert reading(exit_of(before, then), Sender(order, is_point_on)) is code


@pytest.mark.parametrize(("before", "then", "order", "is_point_on"), ALL)
def test_a_failure_is_told_only_where_both_are_proved(
    before: Before, then: Next, order: ExecOrder, is_point_on: bool
) -> None:
    code = reading(exit_of(before, then), Sender(order, is_point_on))
    assert (code is ExecCode.FAILED) == (
        order is ExecOrder.NEW and is_point_on and then is Next.OTHER
    )
    excerpt = reading(exit_of(before, then), Sender(order, is_point_on, is_excerpt=True))
    assert excerpt is (ExecCode.DONE if order is ExecOrder.OLD else ExecCode.ASKED)


@pytest.mark.parametrize(("before", "then", "order", "is_point_on"), ALL)
def test_what_may_not_change_stays_whatever_comes(
    before: Before, then: Next, order: ExecOrder, is_point_on: bool
) -> None:
    """What comes later: the next message, and that the point is on; a proof is there already."""
    entry, sender = exit_of(before, then), Sender(order, is_point_on)
    if may_change(entry, sender):
        return
    told = reading(entry, sender)
    assert then is not Next.PENDING
    assert reading(entry, Sender(order, True)) is told


def test_each_code_of_an_exec_has_an_outcome() -> None:
    assert OUTCOMES.keys() == set(ExecCode) - {ExecCode.NONE}
    assert OUTCOMES[ExecCode.DONE] is OUTCOMES[ExecCode.DONE_LATER] is ExecOutcome.DONE
