from __future__ import annotations

import pytest

from gvtui.query.filter import answers as module
from gvtui.query.filter import messages
from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.forms import argument_forms
from gvtui.query.filter.messages import ArgumentCondition
from gvtui.trace.row import Kind
from tests.query.filter.conftest import Decodings
from tests.query.filter.world import TextTrace, open_message


def _has_nine(text: str) -> bool:
    return "9" in text or "s" in text


@pytest.mark.parametrize("repeats", [True, False])
def test_calls_that_repeat_are_decoded_once_and_others_each(
    *, repeats: bool, decodings: Decodings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TRIED", 20)
    monkeypatch.setattr(module, "_UNTRIED", 30)
    trace = TextTrace()
    for number in range(100):
        trace.add(message=open_message("/same" if repeats else f"/{number}"))
    condition = ArgumentCondition("pathname", "regex", ["9|s"], _has_nine, argument_forms)
    batch = RowBatch(trace, trace.rows(0, 100), 0, NoContext())
    holds = condition.holds(batch, None)
    assert holds.tolist() == [repeats or "9" in str(number) for number in range(100)]
    assert decodings.count == (1 if repeats else 100)
    # After the attempt that was in vain, answers are looked up again.
    again = decodings.count
    assert condition.holds(batch, None).tolist() == holds.tolist()
    assert decodings.count - again <= (0 if repeats else 100)


@pytest.mark.parametrize("field", ["evt.args", "evt.arg.pathname"])
def test_arguments_of_many_messages_pass_as_those_of_each_do(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "_MOST_TOGETHER", 100)
    trace = TextTrace()
    for number in range(100):
        trace.add(message=open_message(f"/{number % 60}"))
    trace.add(message=open_message("/a\n9"))
    trace.add(kind=Kind.OPENED)
    condition = compile_filter(f"{field} regex '/1?[0-9]\\b|9'")
    holds = condition.mask(trace, trace.rows(0, 102), 0).tolist()
    wanted = [number % 60 < 20 or number % 10 == 9 for number in range(100)]
    assert holds == [*wanted, True, False]
    assert [condition.matches(trace, row_id) for row_id in range(102)] == holds
