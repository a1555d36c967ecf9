from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gvtui.export.selection import Selection
from gvtui.export.strace import StraceExport
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from tests.decode.helpers import is_safe
from tests.trace.factory import (
    TIME_NS,
    TRACES,
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
        f"7     {BEGAN} +++ exited 3 +++",
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
    assert lines[0].startswith("dee0da1eafc6 0     ")
    assert lines[1].startswith("#2           0     ")


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_recorded_calls_stand_once_and_safely(path: Path) -> None:
    lines = strace_of(path)
    assert all(is_safe(line) for line in lines)
    trace = Trace.open(path)
    exits = sum(trace.row(row).direction == 2 for row in range(trace.end_row))
    assert sum(") = " in line for line in lines) >= exits
    trace.close()


def test_an_exec_whose_error_is_not_sent(tmp_path: Path) -> None:
    path = Path(shutil.copy(TRACES.parent / "execs" / "failed-exec.gvtrace", tmp_path))
    lines = [line.split(" ", 6)[-1] for line in strace_of(path) if 'execve("' in line]
    assert lines == [
        'execve("/nonexistent/nope", ["nope"], ...) = -1 (errno not sent)',
        'execve("/tmp/garbage", ["nope"], ...) = -1 (errno not sent)',
        'execve("/tmp/noperm", ["nope"], ...) = -1 (errno not sent)',
        'execve("/bin/true", ["true"], ...) = 0',
    ]
    (first,) = (line for line in strace_of(path, "evt.num = 5") if "execve" in line)
    assert first.endswith("= -1 (errno not sent)")
