from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings

from gvtui.decode.strace import (
    CallLine,
    call_line,
    event_line,
    strace_line,
    told_by_event,
    with_flags,
)
from gvtui.points.syscalls import sysnos_by_name
from gvtui.wire.messages import KINDS, MessageKind
from gvtui.wire.pb import container_pb2, sentry_pb2
from gvtui.wire.pb import syscall_pb2 as pb
from tests.decode.helpers import KNOWN_MESSAGES, call, is_safe, wrap


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (0x300, "+++ exited with 3 +++"),
        (9, "+++ killed by SIGKILL +++"),
        (0x8B, "+++ killed by SIGSEGV (core dumped) +++"),
        (0x137F, "--- sentry/task_exit stopped by SIGSTOP ---"),
    ],
)
def test_the_end_of_a_task(status: int, line: str) -> None:
    exit_info = wrap(sentry_pb2.TaskExit(exit_status=status))
    assert event_line(exit_info, architecture="x86_64") == line


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            sentry_pb2.CloneInfo(created_thread_id=9, flags=0x10F00),
            "clone(child_stack=..., flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) = 9",
        ),
        (
            sentry_pb2.ExecveInfo(binary_path="/bin/x", argv=["x", "a b"], env=["A=1"]),
            'execve("/bin/x", ["x", "a b"], 0x0 /* 1 var */) = 0',
        ),
        (container_pb2.Start(args=["sh"]), 'execve("sh", ["sh"], 0x0 /* 0 vars */) = 0'),
        (container_pb2.Start(), ""),
        (sentry_pb2.TaskExit(), ""),
    ],
)
def test_the_call_that_an_event_tells_of(message: Message, line: str) -> None:
    assert told_by_event(wrap(message)) == line


def test_the_two_lines_of_a_call() -> None:
    enter, leave = call(pb.Pipe, "pipe2"), call(pb.Pipe, "pipe2", 0, reader=3, writer=4)
    first = call_line(enter, architecture="x86_64")
    assert (first.begun, first.told) == ("pipe2( <unfinished ...>", 0)
    second = call_line(leave, architecture="x86_64", enter=enter)
    assert second.resumed(first.told) == "<... pipe2 resumed>[3, 4], 0) = 0"
    assert second.whole == "pipe2([3, 4], 0) = 0"


def test_a_call_that_never_returns_is_not_unfinished() -> None:
    line = CallLine("exit_group", ["3"], "", [])
    assert line.whole == line.begun == "exit_group(3) = ?"


def test_a_long_command_line_keeps_its_form() -> None:
    decoded = call(pb.Execve, "execve", 0, pathname="/x" * 2000, argv=["y" * 300] * 100)
    assert strace_line(decoded, architecture="x86_64").endswith('"..., ...], 0x0 /* 0 vars */) = 0')


def test_clone3_with_flags_of_its_event() -> None:
    line = with_flags(CallLine("clone3", ["0x7f00", "88"], "5", []), 0x100)
    assert line.whole == "clone3({flags=CLONE_VM, ...}, 88) = 5"


@settings(max_examples=100)
@given(KNOWN_MESSAGES)
def test_any_message_is_one_safe_line(message: Message) -> None:
    assert is_safe(strace_line(wrap(message), architecture="x86_64"))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.is_syscall], ids=lambda kind: kind.name
)
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_a_call_of_any_number_may_come_with_any_message(
    kind: MessageKind, architecture: str
) -> None:
    for number in sysnos_by_name(architecture).values():
        message: Any = kind.message_class(sysno=number)
        assert is_safe(strace_line(wrap(message), architecture=architecture))
        message.exit.SetInParent()
        assert is_safe(strace_line(wrap(message), architecture=architecture))
