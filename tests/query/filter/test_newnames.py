from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from tests.query.filter.world import TextTrace, passing

FALCO = Path(__file__).parents[2] / "data" / "falco"


@pytest.mark.parametrize("name", ["oldest-2022", "newest-2026"])
def test_on_the_rows_of_an_exec_a_process_has_the_name_of_the_new_program(name: str) -> None:
    with closing(Trace.open(FALCO / f"{name}.trace")) as trace:
        analysis = Analysis(trace)
        while analysis.context.advance():
            pass
        rows = trace.rows(trace.first_row, trace.end_row)

        def found(text: str) -> list[int]:
            mask = compile_filter(text, analysis.context).mask(trace, rows, trace.first_row)
            numbers: list[int] = mask.nonzero()[0].tolist()
            return numbers

        # BusyBox by a link: the file that ran is called otherwise, and the former name was sent.
        of_exec = found("evt.type = execve and evt.failed = false and fd.nameraw endswith /bin/nc")
        told = found("evt.type = sentry/execve and evt.arg.argv[0] endswith /bin/nc")
        assert len(of_exec) == len(told) == 2
        is_named = found("proc.name = nc")
        assert set(of_exec + told) <= set(is_named)
        assert {trace.string(int(rows["process"][row])) for row in of_exec + told} == {"busybox"}
        assert not set(of_exec + told) & set(found("proc.name = busybox"))
        # The enter is still of the former program.
        enters = found("evt.type = execve and evt.dir = E and fd.nameraw endswith /bin/nc")
        assert set(enters) <= set(found("proc.name = busybox"))


def info(trace: TextTrace, path: str, **fields: Any) -> int:
    message = sentry_pb2.ExecveInfo(binary_path=path)
    row: dict[str, Any] = {"process": "sh", "pid": 5, "tid": 5, "conn": 1, "path": path}
    row |= fields
    return trace.add(point="sentry/execve", message=(MessageType.SENTRY_EXEC, message), **row)


def enter(trace: TextTrace, message: syscall_pb2.Execve, **fields: Any) -> int:
    row: dict[str, Any] = {"process": "sh", "pid": 5, "tid": 5, "conn": 1} | fields
    return trace.call("execve", message=(MessageType.SYSCALL_EXECVE, message), **row)


def test_the_path_that_the_exec_was_given_names_the_program() -> None:
    trace = TextTrace()
    enter(trace, syscall_pb2.Execve(pathname="/opt/a-name-of-many-characters"))
    told = info(trace, "/opt/versions/1")
    assert passing(trace, "proc.name = a-name-of-many-") == [told]
    assert passing(trace, "proc.name startswith a-name-of-many-c") == []


def test_a_program_given_as_a_descriptor_is_called_by_its_number() -> None:
    trace = TextTrace()
    enter(trace, syscall_pb2.Execve(fd=8, flags=0x1000))
    told = info(trace, "/dev/fd/8")
    assert passing(trace, "proc.name = 8") == [told]


def test_without_the_call_a_later_message_names_the_program_or_else_its_file() -> None:
    trace = TextTrace()
    enter(trace, syscall_pb2.Execve(pathname="/bin/other"), tid=6, pid=6)
    by_later = info(trace, "/usr/bin/dash")
    later = trace.call("read", process="sh-link", pid=5, tid=5, conn=1)
    by_file = info(trace, "/usr/bin/dash", pid=9, tid=9)
    assert passing(trace, "proc.name = sh-link") == [by_later, later]
    assert passing(trace, "proc.name = dash") == [by_file]
    assert passing(trace, "proc.name = sh") == [0]
