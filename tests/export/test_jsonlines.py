from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings

from gvtui.export.jsonlines import JsonExport, fields_of
from gvtui.export.selection import Selection
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, syscall_pb2
from tests.decode.helpers import KNOWN_MESSAGES
from tests.query.processes.test_notices import piped
from tests.query.processes.test_talking import address, connect
from tests.trace.factory import CONTAINER, TIME_NS, TRACES, context, read_message, write_trace

KEYS = "row conn point message dir time_ns recv_ns container_id pid tid process names dropped fields".split()


def objects_of(path: Path, filter_text: str = "") -> list[dict[str, Any]]:
    trace = Trace.open(path)
    try:
        lines = list(JsonExport(Selection(trace, filter_text)).lines(0, trace.end_row))
    finally:
        trace.close()
    assert all(line.isascii() and line.isprintable() for line in lines)
    return [json.loads(line) for line in lines]


def test_a_message(tmp_path: Path) -> None:
    path = write_trace(
        tmp_path / "x.gvtrace", [(1, [read_message(result=10, tid=8, dropped=2, name="bäsh")])]
    )
    opened, drop, message, closed = objects_of(path)
    assert list(message) == KEYS
    fields = message.pop("fields")
    assert message == {
        "row": 2,
        "conn": 1,
        "point": "syscall/read/exit",
        "message": "Read",
        "dir": "X",
        "time_ns": TIME_NS,
        "recv_ns": TIME_NS,
        "container_id": CONTAINER,
        "pid": 7,
        "tid": 8,
        "process": "bäsh",
        "names": None,
        "dropped": 2,
    }
    assert fields["exit"] == {"result": 10, "errorno": 0}
    assert fields["fd_path"] == "/etc/passwd"
    assert fields["sysno"] == 0
    assert fields["context_data"]["credentials"]["real_uid"] == 1000
    assert "cwd" not in fields["context_data"]
    assert opened == {
        **dict.fromkeys(KEYS),
        "event": "opened",
        "row": 0,
        "conn": 1,
        "recv_ns": TIME_NS,
        "container_id": CONTAINER,
        "fields": {"peer_pid": 101, "peer_uid": 0, "command": ["runsc"]},
    }
    assert (drop["event"], drop["fields"], drop["dropped"]) == ("drop", {"points": 2}, 2)
    assert (closed["event"], closed["fields"]["reason"]) == ("closed", "closed by the sandbox")
    ending = "its session or its sandbox has ended; no exit of its first process was told"
    assert (closed["fields"]["ending"], closed["fields"]["exit_status"]) == (ending, None)


def test_what_is_not_collected_is_null(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.message(1, TIME_NS, build_message(7, b""))
    writer.close()
    (message,) = objects_of(tmp_path / "x.gvtrace")
    for key in ("time_ns", "container_id", "pid", "tid", "process"):
        assert message[key] is None
    assert message["dir"] == "E"
    assert message["fields"]["pathname"] == ""
    assert "exit" not in message["fields"]


def test_the_container_of_the_connection_where_the_message_has_none(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.opened(1, TIME_NS, {"container_id": "c0ffee"})
    writer.message(1, TIME_NS, build_message(7, b""))
    writer.close()
    assert objects_of(tmp_path / "x.gvtrace")[1]["container_id"] == "c0ffee"


def test_bytes_are_hex_and_marks_have_their_details(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    message = syscall_pb2.Connect(fd=3, address=b"\x02\x00\x00\x50")
    writer.message(1, TIME_NS, build_message(10, message.SerializeToString()))
    writer.mark(TIME_NS, {"kind": "session", "raw": b"\x01"})
    writer.mark(TIME_NS, {"kind": "session", "container_id": "c0ffee"})
    writer.close()
    connect, mark, named = objects_of(tmp_path / "x.gvtrace")
    assert named["container_id"] == "c0ffee"
    assert connect["fields"]["address"] == "02000050"
    assert mark == {
        **dict.fromkeys(KEYS),
        "event": "mark",
        "row": 1,
        "recv_ns": TIME_NS,
        "fields": {"kind": "session", "raw": "01"},
    }


def test_messages_that_are_not_understood(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.messages(
        1, [(0, build_message(77, b"\n")), (0, build_message(7, b"\xff")), (0, b"\x01")]
    )
    writer.truncated(1, 0, build_message(7, b"ab"), 2_000_000)
    writer.close()
    unknown, malformed, short, truncated = objects_of(tmp_path / "x.gvtrace")
    assert (unknown["message"], unknown["point"]) == ("Unknown", "unknown/77")
    assert unknown["fields"] == {"type": 77, "payload": "0a"}
    assert unknown["recv_ns"] is None
    assert malformed["malformed"] == "the payload is no valid Open message"
    assert malformed["fields"] == {"bytes": build_message(7, b"\xff").hex()}
    assert short["fields"] == {"bytes": "01"}
    assert truncated["truncated"] == 2_000_000


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_every_recorded_message_has_every_key(path: Path) -> None:
    trace = Trace.open(path)
    for number, shown in enumerate(objects_of(path)):
        if "event" in shown:
            assert list(shown) == ["event", *KEYS]
            continue
        decoded = trace.decoded(number)
        assert decoded.kind is not None
        is_exec = decoded.kind.name == "Execve" or getattr(decoded.message, "sysno", 0) in (59, 322)
        told = ["outcome"] if is_exec and shown["dir"] == "X" else []
        told += {"ExecveInfo": ["from", "notice"], "MmapInfo": ["from"]}.get(decoded.kind.name, [])
        assert list(shown) == [*KEYS[:-1], *told, KEYS[-1]]
        assert shown["message"] == decoded.kind.name
        assert (shown["dir"] == "X") == ("exit" in shown["fields"])
    trace.close()


def test_a_program_s_line_says_where_it_came_from(tmp_path: Path) -> None:
    path = Path(shutil.copy(TRACES.parent / "newest" / "investigation.gvtrace", tmp_path))
    events = objects_of(path, "evt.type in (sentry/execve, sentry/mmap)")
    told = {(shown["pid"], shown["from"]): shown.get("notice") for shown in events}
    assert told[1900, "elsewhere"] is None
    assert told[1916, "memory"] is None
    assert told[1920, "image"] == "shell on a socket 127.0.0.1:60110 ⇄ 127.0.0.1:8081"
    assert (1914, "memory") in told
    old = objects_of(TRACES / "compile-2024.trace", "evt.type = sentry/execve")
    assert {shown["from"] for shown in old} == {None}


def test_a_shell_that_is_fed_from_a_socket_is_told(tmp_path: Path) -> None:
    box = piped(tmp_path / "x.gvtrace")
    connect(box, 2, address("10.0.0.9", 80) + bytes(8))
    box.writer.close()
    told = {shown["pid"]: shown["notice"] for shown in objects_of(box.path) if "notice" in shown}
    assert told == {2: None, 3: "shell fed by curl (pid 2), which connected to 10.0.0.9:80"}


def test_filtered() -> None:
    shown = objects_of(TRACES / "shell-2024.trace", "evt.res = ENOENT")
    assert {message["fields"]["exit"]["errorno"] for message in shown} == {2}


@settings(max_examples=50)
@given(KNOWN_MESSAGES)
def test_fields_make_the_same_message_again(message: Message) -> None:
    assert type(message)(**fields_of(message)) == message


def test_context_data_has_only_what_was_sent() -> None:
    message = syscall_pb2.Open(context_data=common_pb2.ContextData(thread_id=1))
    assert fields_of(message)["context_data"] == {"thread_id": 1}


def test_what_became_of_an_exec_is_told_and_nothing_made_up(tmp_path: Path) -> None:
    path = Path(shutil.copy(TRACES.parent / "execs" / "failed-exec.gvtrace", tmp_path))
    told = [shown for shown in objects_of(path) if "outcome" in shown]
    assert [(shown["outcome"], shown["fields"]["exit"]) for shown in told] == [
        ("failed", {"result": None, "errorno": None})
    ] * 6 + [("done", {"result": 0, "errorno": 0})] * 2
    assert all(shown["dir"] == "X" for shown in told)


def test_a_call_that_two_points_report_is_written_once(tmp_path: Path) -> None:
    def raw(**fields: Any) -> bytes:
        message = syscall_pb2.Syscall(context_data=context(pid=7), sysno=0, arg1=3, **fields)
        return build_message(6, message.SerializeToString())

    done = {"exit": syscall_pb2.Exit(result=10)}
    rows = [raw(), read_message(), raw(**done), read_message(result=10), raw(), raw(**done)]
    trace = Trace.open(write_trace(tmp_path / "x.gvtrace", [(1, rows)]))
    selection = Selection(trace)
    selection.joins_points = True
    lines = [json.loads(line) for line in JsonExport(selection).lines(0, trace.end_row)]
    trace.close()
    shown = [(line["row"], line["message"]) for line in lines if "event" not in line]
    assert shown == [(2, "Read"), (4, "Read"), (5, "Syscall"), (6, "Syscall")]
    call = lines[2]["call"]
    assert (call["name"], call["outcome"], call["enter"], call["exit"]) == (
        "read",
        "returned",
        2,
        4,
    )
    assert (call["bytes_in"], call["path"], call["fd"]["num"]) == (10, "/etc/passwd", 3)
