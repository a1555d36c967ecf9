from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gvtui.query.processes.notices import notice_at, process_notice
from gvtui.trace.reader import Trace
from gvtui.wire.pb import common_pb2, syscall_pb2
from tests.query.processes.box import Box, only, processes_of
from tests.query.processes.test_talking import address, connect

PIPE = common_pb2.FdInfo(mode=0o10600, ino=5, path="pipe:[5]")
DATA = Path(__file__).parents[2] / "data" / "newest"


def piped(path: Path, reader: str = "sh") -> Box:
    box = Box(path)
    box.start(1, "sh")
    box.clone(1, 2)
    box.clone(1, 3)
    box.executed(box.context(3), reader, stdin=PIPE)
    box.executed(box.context(2, process_name="curl"), "curl", stdout=PIPE)
    return box


def test_a_shell_fed_by_who_connected_is_noticed_later(tmp_path: Path) -> None:
    box = piped(tmp_path / "t.gvtrace")
    row = 4
    connect(box, 2, address("10.0.0.9", 80) + bytes(8))
    box.writer.close()
    trace = Trace.open(box.path)
    processes = processes_of(trace)
    words = "shell fed by curl (pid 2), which connected to 10.0.0.9:80"
    assert process_notice(processes.tree, only(processes.tree, 3)) == words
    assert notice_at(processes, row, trace.row(row)) == (words, False)
    trace.close()


def test_a_reader_of_a_socket_is_told_as_such(tmp_path: Path) -> None:
    box = piped(tmp_path / "t.gvtrace")
    box.send(9, syscall_pb2.Read(context_data=box.context(2), fd_path="socket:[3]"))
    tree = box.tree()
    words = process_notice(tree, only(tree, 3))
    assert words == "shell fed by curl (pid 2), which reads from a socket"


@pytest.mark.parametrize("reader", ["sh", "cat"])
def test_nothing_is_noticed_without_a_socket_or_a_shell(tmp_path: Path, reader: str) -> None:
    box = piped(tmp_path / "t.gvtrace", reader)
    if reader == "cat":
        connect(box, 2, address("10.0.0.9", 80) + bytes(8))
    tree = box.tree()
    assert process_notice(tree, only(tree, 3)) == ""


def test_a_recording_has_its_two_shells_on_sockets() -> None:
    trace = Trace.open(DATA / "investigation.gvtrace")
    tree = processes_of(trace).tree
    found: dict[int, Any] = {
        process.pid: words for process in tree if (words := process_notice(tree, process))
    }
    assert found == {
        1907: "shell on a socket 127.0.0.1:4444 ⇄ 127.0.0.1:33648",
        1920: "shell on a socket 127.0.0.1:60110 ⇄ 127.0.0.1:8081",
    }
    trace.close()
