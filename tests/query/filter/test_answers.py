from __future__ import annotations

from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter import answers as module
from gvtui.query.filter import messages
from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.forms import argument_forms
from gvtui.query.filter.messages import ArgumentCondition
from gvtui.trace.row import Kind
from gvtui.wire.header import build_message
from tests.query.filter.conftest import Decodings
from tests.query.filter.world import OPEN, TextTrace, open_message


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
    monkeypatch.setattr(messages, "_MOST_TOGETHER", 7)
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


_MESSAGES = st.sampled_from(["/a", "/99", "/9\n", "/" + "9" * 600, "/b", "/c1", "/c2", None, "bad"])


@given(
    st.lists(_MESSAGES, max_size=40),
    st.sets(st.integers(1, 39)),
    st.integers(1, 8),
    st.integers(1, 8),
)
def test_whatever_is_kept_of_answers_each_row_gets_its_own(
    paths: list[str | None], cuts: set[int], tried: int, untried: int
) -> None:
    trace = TextTrace()
    for path in paths:
        if path is None:
            trace.add(kind=Kind.OPENED)
        elif path == "bad":
            trace.add(datagram=build_message(OPEN, b"\xff"), type=OPEN)
        else:
            trace.add(message=open_message(path))
    condition = compile_filter("evt.args regex '/c?9*[19]\\\\S*\"'")
    edges = sorted({0, len(paths), *(cut for cut in cuts if cut < len(paths))})
    with (
        mock.patch.object(module, "_TRIED", tried),
        mock.patch.object(module, "_UNTRIED", untried),
        mock.patch.object(messages, "_MOST_TOGETHER", 3),
    ):
        holds = [
            held
            for start, stop in pairwise(edges)
            for held in condition.mask(trace, trace.rows(start, stop), start).tolist()
        ]
    assert holds == [path is not None and ("9" in path or "1" in path) for path in paths]
