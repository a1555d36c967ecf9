from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.forms import argument_forms
from gvtui.query.filter.seeking import Seeker, needles
from gvtui.query.filter.texts import text_test
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from tests.query.filter.conftest import Decodings
from tests.query.filter.world import TextTrace

if TYPE_CHECKING:
    from google.protobuf.message import Message


def trace_of(*messages: tuple[int, Message]) -> TextTrace:
    trace = TextTrace()
    for number, message in messages:
        trace.add(message=(number, message))
    return trace


def found(trace: TextTrace, text: str) -> list[int]:
    mask = compile_filter(text).mask(trace, trace.rows(0, trace.end_row), 0)
    return [place for place, passes in enumerate(mask.tolist()) if passes]


def opened(path: str) -> tuple[int, Message]:
    return 7, syscall_pb2.Open(sysno=257, pathname=path)


def executed(*argv: str) -> tuple[int, Message]:
    return 11, syscall_pb2.Execve(sysno=59, pathname="/bin/x", argv=argv)


READ = 9, syscall_pb2.Read(sysno=0, fd=3, count=7)


@pytest.mark.parametrize(
    ("operator", "texts", "expected"),
    [
        ("=", ["/etc/passwd"], [b"/etc/passwd"]),
        ("contains", ["ls -lah"], [b"-lah"]),
        ("startswith", ["\u00e9t\u00e9"], ["\u00e9t\u00e9".encode()]),
        ("in", ["a", "bc"], [b"a", b"bc"]),
        ("glob", ["*/lib*.so?"], [b"/lib"]),
        ("glob", ["*.so[.]1"], [b".so"]),
        # Nothing is sure: an empty text, one that is all between, or one in any letters.
        ("=", [""], []),
        ("glob", ["*"], []),
        ("glob", ["[abc]*"], []),
        ("contains", ["  "], []),
        ("icontains", ["a"], []),
        ("regex", ["abc"], []),
        ("!=", ["a"], []),
        ("exists", [], []),
        (">", ["3"], []),
        ("in", [str(number) for number in range(100)], []),
    ],
)
def test_bytes_that_must_be_there(operator: str, texts: list[str], expected: list[bytes]) -> None:
    assert needles(operator, texts) == expected


def test_results_are_looked_for_in_exits_alone(decodings: Decodings) -> None:
    trace = TextTrace()
    call = syscall_pb2.Read(sysno=0, fd=3)
    trace.add(message=(9, call), direction=Direction.ENTER)
    call.exit.result = 7
    trace.add(message=(9, call), direction=Direction.EXIT)
    trace.add(message=(2, sentry_pb2.CloneInfo(created_thread_id=7)))
    assert found(trace, "evt.arg.exit.result = 7") == [1]
    assert decodings.count == 1
    assert found(trace, "evt.arg.stdin.socket exists") == []
    assert decodings.count == 1


def test_only_what_may_pass_is_decoded(decodings: Decodings) -> None:
    trace = trace_of(*[opened(f"/tmp/{number}") for number in range(50)], READ, executed("passwd"))
    assert found(trace, "evt.arg.pathname = /tmp/7") == [7]
    assert decodings.count == 1
    assert found(trace, "evt.arg.pathname contains /4") == [4, *range(40, 50)]
    # The bytes may stand elsewhere in a message.
    assert found(trace, "evt.arg.pathname contains passwd") == []
    assert found(trace, "evt.arg.argv = passwd") == [51]
    assert decodings.count == 14


def test_messages_that_lack_the_argument_are_not_decoded(decodings: Decodings) -> None:
    trace = trace_of(READ, READ, opened("/a"))
    assert found(trace, "evt.arg.pathname regex .") == [2]
    assert found(trace, "evt.arg.count exists") == [0, 1]
    assert found(trace, "evt.arg.count != 8") == [0, 1]
    assert found(trace, "evt.arg.no_such exists") == []
    # Two reads are the same call.
    assert decodings.count == 3


def test_a_list_of_texts_is_compared_as_one_and_each() -> None:
    trace = trace_of(executed("ls", "-l", "/tmp"), executed("ls -l"), executed("ls", "x"))
    assert found(trace, "evt.arg.argv contains 'ls -l'") == [0, 1]
    assert found(trace, "evt.arg.argv = '-l'") == [0]


def test_the_numbers_of_raw_calls_are_compared_too() -> None:
    raw = RAW_SYSCALL, syscall_pb2.Syscall(sysno=257, arg1=3, arg2=0x7FFE00, arg3=64)
    trace = trace_of(raw, opened("/a"))
    assert found(trace, "evt.arg.flags contains O_CREAT") == [0]
    batch = RowBatch(cast("Any", trace), trace.rows(0, 2), 0, NoContext())
    assert Seeker("filename", "contains", ["7ffe"]).may_pass(batch, None).tolist()[0]


WORDS = st.sampled_from(["", "a", "b", "ab", "aab", " ", "a b", "\u00e9", "*", "aba", "ss", "/"])
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map("".join)
MESSAGES = st.one_of(
    TEXTS.map(opened),
    st.lists(TEXTS, max_size=3).map(lambda argv: executed(*argv)),
    st.just(READ),
    TEXTS.map(lambda text: (3, sentry_pb2.ExecveInfo(binary_path=text, argv=[text, "x"]))),
)


@given(
    st.lists(MESSAGES, max_size=12),
    st.sampled_from(["pathname", "argv", "binary_path", "count", "fd_path"]),
    st.sampled_from(["=", "!=", "contains", "startswith", "endswith", "glob", "icontains"]),
    TEXTS,
)
def test_what_is_left_out_would_not_have_passed(
    messages: list[tuple[int, Message]], name: str, operator: str, text: str
) -> None:
    trace = trace_of(*messages)
    test = text_test(operator, [text])
    expected = []
    for place in range(len(messages)):
        forms = argument_forms(trace.decoded(place), name, "x86_64")
        said = [test(form) if isinstance(form, str) else None for form in forms]
        numbers = [form for form in forms if isinstance(form, int)]
        if operator == "!=":
            passes = bool(forms) and all(answer for answer in said if answer is not None)
        else:
            passes = any(answer for answer in said if answer is not None)
        if numbers and text.isdigit():
            continue
        if passes:
            expected.append(place)
    quoted = "'" + text + "'"
    assert found(trace, f"evt.arg.{name} {operator} {quoted}") == expected
