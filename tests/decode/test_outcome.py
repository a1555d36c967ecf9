"""What stands for the result of an exec whose exit does not tell."""

from __future__ import annotations

import pytest

from gvtui.decode.outcome import ExecOutcome, untold
from gvtui.decode.render import render
from gvtui.decode.strace import strace_line
from gvtui.wire.header import build_message
from gvtui.wire.messages import decode
from gvtui.wire.pb import syscall_pb2


@pytest.mark.parametrize(
    ("outcome", "result", "failed"),
    [
        (None, "0", False),
        (ExecOutcome.DONE, "0", False),
        (ExecOutcome.FAILED, "-1 (errno not sent)", True),
        (ExecOutcome.ASKED, "? (asked)", False),
    ],
)
def test_results(outcome: ExecOutcome | None, result: str, failed: bool) -> None:
    message = syscall_pb2.Execve(sysno=59, pathname="/bin/ls", argv=["ls"])
    message.exit.SetInParent()
    decoded = decode(build_message(11, message.SerializeToString()))
    shown = render(decoded, architecture="x86_64", outcome=outcome)
    assert (shown.result, shown.failed) == (result, failed)
    line = strace_line(decoded, architecture="x86_64", outcome=outcome)
    assert line == f'execve("/bin/ls", ["ls"], 0x0 /* 0 vars */) = {result}'


def test_an_error_that_was_sent_stands() -> None:
    message = syscall_pb2.Execve(sysno=59, pathname="/bin/ls")
    message.exit.errorno = 2
    decoded = decode(build_message(11, message.SerializeToString()))
    shown = render(decoded, architecture="x86_64", outcome=ExecOutcome.FAILED)
    assert (shown.result, shown.failed) == ("-1 ENOENT (No such file or directory)", True)


def test_an_enter_has_no_result() -> None:
    decoded = decode(build_message(11, syscall_pb2.Execve(sysno=59).SerializeToString()))
    assert render(decoded, architecture="x86_64", outcome=ExecOutcome.ASKED).result == ""
    assert untold(None) == ""
