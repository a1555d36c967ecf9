from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter import messages as module
from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.messages import (
    ARGUMENTS_LIMIT,
    ArgumentCondition,
    ArgumentsCondition,
    argument_forms,
    argument_names,
    context_forms,
    context_names,
    path_of,
    process_of,
)
from gvtui.wire.header import build_message
from gvtui.wire.messages import KINDS, Unknown, decode
from gvtui.wire.pb import common_pb2, sentry_pb2, syscall_pb2
from tests.query.filter.conftest import Decodings
from tests.query.filter.world import TextTrace, open_message

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from gvtui.query.filter.messages import Forms
    from gvtui.wire.messages import Decoded


def of(number: int, message: Message) -> Decoded:
    return decode(build_message(number, message.SerializeToString()))


def number_of(message: Message) -> int:
    return next(n for n, kind in KINDS.items() if kind.message_class is type(message))


def decoded(message: Message) -> Decoded:
    return of(number_of(message), message)


UNKNOWN: Decoded = decode(build_message(999, b"\x08\x01"))


def test_names_and_paths_are_those_that_the_row_shows() -> None:
    context = common_pb2.ContextData(process_name="bash")
    read = syscall_pb2.Read(context_data=context, fd=3, fd_path="/etc/hosts")
    assert process_of(decoded(read)) == "bash"
    assert path_of(decoded(read)) == "/etc/hosts"
    assert path_of(decoded(syscall_pb2.Open(pathname="/a", fd_path="/b"))) == "/a"
    assert path_of(decoded(sentry_pb2.ExecveInfo(binary_path="/bin/sh"))) == "/bin/sh"
    # The address of a socket says more than its descriptor.
    address = b"\x02\x00\x00\x50\x7f\x00\x00\x01" + bytes(8)
    connect = syscall_pb2.Connect(fd=3, fd_path="socket:[1]", address=address)
    assert path_of(decoded(connect)).startswith("127.0.0.1:")
    assert isinstance(UNKNOWN.message, Unknown)
    assert process_of(UNKNOWN) == path_of(UNKNOWN) == ""


def test_an_argument_in_each_of_its_forms() -> None:
    message = decoded(syscall_pb2.Open(sysno=257, fd=-100, pathname="/a", flags=0o100))
    assert argument_forms(message, "flags", "x86_64") == ["O_RDONLY|O_CREAT", 64, "64"]
    assert argument_forms(message, "pathname", "x86_64") == ["/a"]
    assert argument_forms(message, "no_such", "x86_64") == []
    several = decoded(syscall_pb2.Execve(argv=["a", "b"]))
    assert argument_forms(several, "argv", "x86_64")[-2:] == ["a", "b"]
    assert argument_forms(UNKNOWN, "flags", "x86_64") == []


def test_context_fields_say_what_came_and_nothing_where_none_did() -> None:
    credentials = common_pb2.Credentials(real_uid=0, effective_uid=1000)
    context = common_pb2.ContextData(cwd="/home", credentials=credentials, is_exec_session=True)
    message = decoded(syscall_pb2.Read(context_data=context))

    def forms(name: str) -> list[int | str]:
        return context_forms(message, name, "x86_64")

    assert forms("cwd") == ["/home"]
    assert forms("is_exec_session") == [1, "true"]
    # 0 stands for what was not collected where it stands alone, and for root's id in what came.
    assert forms("credentials.real_uid") == [0, "0"]
    assert forms("credentials.effective_uid") == [1000, "1000"]
    assert forms("thread_id") == forms("process_name") == []
    assert forms("credentials") == forms("credentials.nope") == forms("cwd.x") == []
    assert context_forms(decoded(syscall_pb2.Read()), "cwd", "x86_64") == []
    assert context_forms(UNKNOWN, "cwd", "x86_64") == []


def test_every_name_that_is_offered_exists() -> None:
    assert {"pathname", "flags", "argv", "fd"} <= set(argument_names())
    assert not {"context_data", "exit"} & set(argument_names())
    assert argument_names() == sorted(set(argument_names()))
    filled = common_pb2.ContextData(
        credentials=common_pb2.Credentials(real_uid=1), time_ns=1, thread_id=1, cwd="/"
    )
    message = decoded(syscall_pb2.Read(context_data=filled))
    assert context_forms(message, "credentials.real_uid", "x86_64")
    assert {"cwd", "time_ns", "credentials.real_uid"} <= set(context_names())
    assert "credentials" not in context_names()


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
    trace.add(message=open_message("x" * (2 * ARGUMENTS_LIMIT)))
    batch = RowBatch(trace, trace.rows(0, 3), 0, NoContext())
    seen: list[str] = []

    def test(shown: str) -> bool:
        seen.append(shown)
        return True

    holds = ArgumentsCondition(test).holds(batch, None)
    assert not holds[0]
    assert all(0 < len(shown) <= ARGUMENTS_LIMIT + 100 for shown in seen)
    assert holds[2]


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
