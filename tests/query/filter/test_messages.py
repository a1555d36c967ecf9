from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.messages import ArgumentCondition, ArgumentsCondition
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from tests.query.filter.conftest import Decodings
from tests.query.filter.world import TextTrace, open_message, passing

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from gvtui.query.filter.forms import Forms

FORMS = st.lists(st.integers(-5, 20) | st.text("ab7", max_size=3), max_size=4)


class Fixed:
    """A batch of one row whose argument has these forms."""

    def __init__(self, forms: list[int | str]) -> None:
        trace = TextTrace()
        trace.add(message=open_message("/a"))
        self.batch = RowBatch(trace, trace.rows(0, 1), 0, NoContext())
        self.forms: Forms = lambda *_: list(forms)

    def holds(self, name: str, texts: list[str], test: Any) -> bool:
        condition = ArgumentCondition("x", name, texts, test, self.forms)
        return bool(condition.holds(self.batch, None)[0])


@given(FORMS, st.sampled_from(["7", "0x7", "a", "-1"]))
def test_an_argument_equals_where_one_of_its_forms_does(forms: list[int | str], text: str) -> None:
    fixed = Fixed(forms)
    number = {"7": 7, "0x7": 7, "-1": -1}.get(text)
    equal = any(
        form in (text, number) if isinstance(form, str) else form == number for form in forms
    )
    assert fixed.holds("=", [text], text.__eq__) == equal
    assert fixed.holds("!=", [text], text.__ne__) == (bool(forms) and not equal)
    assert fixed.holds("exists", [], None) == bool(forms)


@given(FORMS, st.integers(-5, 20))
def test_order_is_of_numbers_alone(forms: list[int | str], value: int) -> None:
    fixed = Fixed(forms)
    numbers = [form for form in forms if isinstance(form, int)]
    assert fixed.holds("<", [str(value)], None) == any(each < value for each in numbers)
    assert fixed.holds(">=", [str(value)], None) == any(each >= value for each in numbers)
    assert not fixed.holds("<", ["abc"], None)


@pytest.mark.parametrize("wanted", [None, np.array([False, True, True, False])])
def test_only_wanted_messages_are_decoded(wanted: Any, decodings: Decodings) -> None:
    trace = TextTrace()
    for path in ("/a", "/b", "/etc/c", "/d"):
        trace.add(message=open_message(path))
    batch = RowBatch(trace, trace.rows(0, 4), 0, NoContext())
    holds = ArgumentsCondition(lambda shown: "/etc" in shown).holds(batch, wanted)
    assert holds.tolist() == [False, False, True, False]
    assert decodings.count == (4 if wanted is None else 2)


def test_what_has_no_arguments_or_cannot_be_read_does_not_hold() -> None:
    trace = TextTrace()
    trace.add()
    trace.add(message=(2, sentry_pb2.CloneInfo()))
    trace.add(message=open_message("/x"))
    batch = RowBatch(trace, trace.rows(0, 3), 0, NoContext())
    seen: list[str] = []

    def test(shown: str) -> bool:
        seen.append(shown)
        return True

    holds = ArgumentsCondition(test).holds(batch, None)
    assert not holds[0]
    assert all(seen)
    assert holds[2]


@pytest.mark.parametrize(
    "message",
    [
        (MessageType.SYSCALL_EXECVE, syscall_pb2.Execve(argv=[*["x"] * 30_000, "needle"])),
        (MessageType.SYSCALL_EXECVE, syscall_pb2.Execve(argv=["y" * 100_000 + "needle"])),
        (MessageType.SYSCALL_EXECVE, syscall_pb2.Execve(argv=["\x01" * 60_000, "needle"])),
        (MessageType.SENTRY_EXEC, sentry_pb2.ExecveInfo(argv=[*["x"] * 30_000, "needle"])),
        open_message("../" * 60_000 + "needle"),
    ],
)
def test_nothing_in_front_of_an_argument_hides_it(message: tuple[int, Message]) -> None:
    trace = TextTrace()
    trace.add(message=message)
    for condition in ("contains needle", "regex need", "icontains NEEDLE"):
        assert passing(trace, f"evt.args {condition}") == [0]
    assert passing(trace, "evt.args contains needles") == []
