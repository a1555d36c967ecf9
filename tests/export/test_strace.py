from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gvtui.export.selection import Selection
from gvtui.export.strace import StraceExport
from gvtui.query.calls.doubles import Twins
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from tests.decode.helpers import is_safe
from tests.trace.factory import (
    TIME_NS,
    TRACES,
    context,
    exit_message,
    read_message,
    start_message,
    write_trace,
)

BEGAN = "1795455436.533277"


def strace_of(path: Path, filter_text: str = "") -> list[str]:
    trace = Trace.open(path)
    try:
        return list(StraceExport(Selection(trace, filter_text)).lines(0, trace.end_row))
    finally:
        trace.close()


def written(tmp_path: Path, *datagrams: bytes, filter_text: str = "") -> list[str]:
    path = write_trace(tmp_path / "x.gvtrace", [(1, list(datagrams))])
    return strace_of(path, filter_text)


def test_a_call_has_one_line_with_the_time_it_began(tmp_path: Path) -> None:
    lines = written(
        tmp_path,
        read_message(pid=7),
        read_message(pid=7, result=10, time_ns=TIME_NS + 5_000_000),
        exit_message(pid=7, status=3 << 8),
    )
    assert lines == [
        f"7     {BEGAN} read(3</etc/passwd>, ..., 10) = 10",
        f"7     {BEGAN} +++ exited with 3 +++",
    ]


def test_a_call_that_has_not_returned(tmp_path: Path) -> None:
    (line,) = written(tmp_path, read_message())
    assert line == f"7     {BEGAN} read(3</etc/passwd>, ..., 10 <unfinished ...>"


def test_the_enter_is_shown_where_the_filter_hides_the_exit(tmp_path: Path) -> None:
    calls = (read_message(), read_message(result=10))
    (line,) = written(tmp_path, *calls, filter_text="evt.dir = E")
    assert line.endswith("<unfinished ...>")


def test_drops_and_messages_that_cannot_be_read(tmp_path: Path) -> None:
    lines = written(
        tmp_path, read_message(dropped=37), build_message(7, b"\xff", 37), build_message(77, b"\n")
    )
    assert [line.split(" ", 6)[-1] for line in lines if "---" in line] == [
        "--- 37 points dropped ---",
        "--- malformed message: the payload is no valid Open message ---",
        "--- unknown/77 1 byte 0x0a ---",
    ]


def test_sandboxes_are_told_apart(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.message(1, TIME_NS, start_message("dee0da1eafc6ff"))
    writer.message(2, TIME_NS, build_message(7, b""))
    writer.close()
    lines = strace_of(tmp_path / "x.gvtrace")
    assert [line[:19] for line in lines] == ["dee0da1eafc6 0     "] * 2 + ["#2           0     "]


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_recorded_calls_stand_once_and_safely(path: Path) -> None:
    lines = strace_of(path)
    assert all(is_safe(line) for line in lines)
    trace = Trace.open(path)
    twins = Twins(trace)
    exits = Counter(
        trace.row(row).sysno
        for row in range(trace.end_row)
        if trace.row(row).direction == Direction.EXIT and twins.decoded(row) is None
    )
    trace.close()
    never = sum(line.endswith(") = ?") for line in lines)
    told = sum("sentry/clone" in line or "container/start" in line for line in lines)
    shown = sum(") = " in line for line in lines)
    assert sum(exits.values()) <= shown <= sum(exits.values()) + never + told
    begun = sum(line.endswith("<unfinished ...>") for line in lines)
    assert sum("<... " in line for line in lines) <= begun


def test_an_exec_whose_error_is_not_sent(tmp_path: Path) -> None:
    path = Path(shutil.copy(TRACES.parent / "execs" / "failed-exec.gvtrace", tmp_path))
    lines = [line.split(" ", 6)[-1] for line in strace_of(path) if 'execve("' in line]
    # The first one is the container's own program.
    assert lines[1:] == [
        'execve("/nonexistent/nope", ["nope"], 0x0 /* 0 vars */) = -1 (errno not sent)',
        'execve("/tmp/garbage", ["nope"], 0x0 /* 0 vars */) = -1 (errno not sent)',
        'execve("/tmp/noperm", ["nope"], 0x0 /* 0 vars */) = -1 (errno not sent)',
        'execve("/bin/true", ["true"], 0x0 /* 0 vars */) = 0',
    ]
    (first,) = (line for line in strace_of(path, "evt.num = 5") if "execve" in line)
    assert first.endswith("= -1 (errno not sent)")


def raw_message(
    sysno: int, *numbers: int, result: int | None = None, errno: int = 0, **about: Any
) -> bytes:
    message = syscall_pb2.Syscall(context_data=context(**about), sysno=sysno)
    for place, number in enumerate(numbers, 1):
        setattr(message, f"arg{place}", number)
    if result is not None:
        message.exit.SetInParent()
        message.exit.result, message.exit.errorno = result, errno
    return build_message(6, message.SerializeToString())


def bodies(lines: list[str]) -> list[str]:
    return [line[len(f"7     {BEGAN} ") :] for line in lines]


def test_raw_and_decoded_points_of_one_call_have_one_line(tmp_path: Path) -> None:
    lines = written(
        tmp_path,
        raw_message(0, 3, 0x1000, 10),
        read_message(),
        raw_message(0, 3, 0x1000, 10, result=10),
        read_message(result=10),
        raw_message(0, 3, 0x1000, 10),
        raw_message(0, 3, 0x1000, 10, result=9),
    )
    assert bodies(lines) == [
        "read(3</etc/passwd>, ..., 10) = 10",
        "read(3, 0x1000, 10) = 9",
    ]


def test_one_side_of_a_call_may_have_the_raw_point_alone(tmp_path: Path) -> None:
    raw = raw_message(0, 3, 0x1000, 10), raw_message(0, 3, 0x1000, 10, result=10)
    decoded = read_message(), read_message(result=10)
    assert bodies(written(tmp_path, raw[0], raw[1], decoded[1])) == [
        "read(3</etc/passwd>, ..., 10) = 10"
    ]
    (tmp_path / "x.gvtrace").unlink()
    assert bodies(written(tmp_path, raw[0], decoded[0], raw[1])) == [
        "read(3</etc/passwd>, ..., 10) = 10"
    ]


def test_a_call_in_which_others_come_has_two_lines(tmp_path: Path) -> None:
    later = TIME_NS + 5_000_000
    lines = written(
        tmp_path,
        read_message(pid=7),
        read_message(pid=8),
        read_message(pid=8, result=1),
        read_message(pid=7, result=10, time_ns=later),
    )
    assert lines == [
        f"7     {BEGAN} read(3</etc/passwd>, ..., 10 <unfinished ...>",
        f"8     {BEGAN} read(3</etc/passwd>, ..., 10) = 1",
        "7     1795455436.538277 <... read resumed>) = 10",
    ]


def test_what_the_exit_alone_tells_stands_in_the_second_line(tmp_path: Path) -> None:
    def accept(**fields: Any) -> bytes:
        message = syscall_pb2.Accept(context_data=context(pid=7), sysno=288, fd=3, **fields)
        return build_message(25, message.SerializeToString())

    lines = written(
        tmp_path,
        accept(),
        read_message(pid=8),
        accept(address=bytes.fromhex("0200005001020304"), exit=syscall_pb2.Exit(result=4)),
    )
    assert [line.split(" ", 6)[-1] for line in (lines[0], lines[2])] == [
        "accept4(3,  <unfinished ...>",
        "<... accept4 resumed>{AF_INET, 1.2.3.4:80}, 0) = 4",
    ]


def test_a_child_has_the_id_that_the_first_column_will_have(tmp_path: Path) -> None:
    def fork(**fields: Any) -> bytes:
        message = syscall_pb2.Fork(context_data=context(pid=7), sysno=57, **fields)
        return build_message(29, message.SerializeToString())

    clone = sentry_pb2.CloneInfo(context_data=context(pid=7), created_thread_id=31)
    event = build_message(2, clone.SerializeToString())
    lines = written(tmp_path, fork(), event, fork(exit=syscall_pb2.Exit(result=2)))
    assert bodies(lines)[-1] == "fork() = 31"


def test_a_thread_that_executes_a_program_goes_on_as_the_first(tmp_path: Path) -> None:
    def execve(tid: int, **fields: Any) -> bytes:
        message = syscall_pb2.Execve(
            context_data=context(pid=7, tid=tid), sysno=59, pathname="/x", argv=["x"], **fields
        )
        return build_message(11, message.SerializeToString())

    done = execve(7, exit=syscall_pb2.Exit())
    lines = written(tmp_path, execve(9), read_message(pid=8), done)
    assert lines[-1].startswith(f'7     {BEGAN} execve("/x", ["x"], 0x0 /* 0 vars */) = ')
    assert len(lines) == 2


def test_the_other_point_of_a_call_is_waited_for_where_calls_come_twice(tmp_path: Path) -> None:
    twice = raw_message(0, 3), read_message(), raw_message(0, 3, result=1), read_message(result=1)
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.messages(1, [(TIME_NS, each) for each in (*twice, raw_message(0, 3))])
    trace = Trace.open(tmp_path / "x.gvtrace")
    try:
        selection = Selection(trace)
        assert selection.ready(0, 5, 1.0) == 5
        export = StraceExport(selection)
        assert selection.ready(0, 5, 2.0) == 4
        assert selection.ready(4, 5, 2.1) == 4
        assert selection.ready(4, 5, 9.0) == 5
        assert len(list(export.lines(0, 4))) == 1
    finally:
        trace.close()
        writer.close()
