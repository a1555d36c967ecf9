"""The comparison of `context.is_exec_session`, which messages have only where it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.filter.batch import of_context
from gvtui.query.filter.conditions import Joined, NumberCondition, number_test
from gvtui.query.filter.field import IN_CONTEXT, TRUTH
from gvtui.query.filter.values import Interval

if TYPE_CHECKING:
    from gvtui.query.filter.conditions import Condition
    from gvtui.query.filter.parse import Comparison

_FALSE = ("false", "0")


def truth_condition(node: Comparison, sent: Condition) -> Condition:
    """The condition of a comparison with an argument: of `context.is_exec_session`, one that knows
    where the field is false, and of any other that of what was sent.

    Args:
        node: the comparison.
        sent: the condition for what messages have.
    """
    if node.field.spelled(node.argument) != IN_CONTEXT:
        return sent
    is_listed = any(value.text.lower() in _FALSE for value in node.values)
    takes_false = {
        "=": is_listed,
        "in": is_listed,
        "intersects": is_listed,
        "!=": not is_listed,
        "exists": True,
    }.get(node.operator, False)
    if not takes_false:
        return sent
    wanted = number_test("=", [Interval(TRUTH["false"], TRUTH["false"])])
    known = NumberCondition(of_context(IN_CONTEXT), wanted)
    return Joined([sent, known], is_and=False)
