"""Exec sessions: what is started in a container from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.processes.procfs import take_mark
from gvtui.trace.procfs import ProcessesMark, ProcfsEntry
from gvtui.trace.reader import Trace
from gvtui.wire.pb import common_pb2
from tests.query.processes.box import Box, only, processes_of

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.query.processes.tree import ProcessTree


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "made-up.gvtrace")


def _context(box: Box, pid: int, **fields: Any) -> common_pb2.ContextData:
    """Start times after the connection's opening, which tests of events have no need for."""
    return box.context(pid, thread_group_start_time_ns=1_800_000_000_000_000_000 + pid, **fields)


def _outside(tree: ProcessTree) -> list[int]:
    return [process.pid for process in tree if tree.is_from_outside(process)]


def test_a_process_without_parent_and_start_that_is_not_the_first_came_from_outside(
    box: Box,
) -> None:
    box.read(_context(box, 1))
    box.clone(1, 2, 1_800_000_000_000_000_002, created_thread_group_id=2)
    box.read(_context(box, 2))
    box.read(_context(box, 7))
    assert _outside(box.tree()) == [7]


def test_where_clones_are_not_traced_nobody_is_taken_for_a_stranger(box: Box) -> None:
    box.read(_context(box, 1))
    box.read(_context(box, 7))
    assert _outside(box.tree()) == []


def test_a_process_of_before_the_session_is_no_stranger(box: Box) -> None:
    box.read(_context(box, 1))
    box.clone(1, 2)
    box.read(box.context(9))
    assert 9 not in _outside(box.tree())


def test_a_start_that_is_told_late_is_one(box: Box) -> None:
    box.read(_context(box, 1))
    box.clone(1, 3)
    box.read(_context(box, 2))
    box.clone(1, 2, 1_800_000_000_000_000_002)
    assert _outside(box.tree()) == []


def test_messages_that_say_so_are_believed(box: Box) -> None:
    box.read(box.context(5, is_exec_session=True))
    box.read(box.context(6, is_exec_session=True, parent_thread_group_id=5))
    assert _outside(box.tree()) == [5]


def test_whoever_descends_from_a_session_is_of_it(box: Box) -> None:
    box.read(_context(box, 1))
    box.clone(1, 2, 1_800_000_000_000_000_002, created_thread_group_id=2)
    box.read(_context(box, 2))
    box.read(_context(box, 7))
    box.read(_context(box, 8, parent_thread_group_id=7))
    tree = box.tree()
    sessions = {process.pid: tree.session_of(process) for process in tree}
    assert {pid: top.pid for pid, top in sessions.items() if top is not None} == {7: 7, 8: 7}


def test_filters_know_sessions_that_only_the_tree_has_found(box: Box) -> None:
    box.read(_context(box, 1))
    box.clone(1, 2, 1_800_000_000_000_000_002, created_thread_group_id=2)
    box.read(_context(box, 2))
    box.read(_context(box, 7))
    box.read(_context(box, 8, parent_thread_group_id=7))
    box.writer.close()
    trace = Trace.open(box.path)
    analysis = Analysis(trace)
    while analysis.context.advance():
        pass

    def pids(text: str) -> set[int]:
        mask = compile_filter(text, analysis.context).mask(trace, trace.rows(0, trace.end_row), 0)
        return {trace.row(row).pid for row in mask.nonzero()[0].tolist()}

    assert pids("proc.is_exec_session = true") == {7, 8}
    assert not pids("proc.is_exec_session = true and proc.pid in (1, 2)")
    assert pids("proc.pid = 7 and not proc.pname exists") == {7}
    trace.close()


def test_the_audit_id_is_that_of_the_programs_environment(box: Box) -> None:
    box.read(_context(box, 1))
    box.read(_context(box, 7))
    box.clone(7, 8, 1_800_000_000_000_000_008)
    env = ["A=1", "KUBERNETES_EXEC_AUDIT_ID=abc-123", "MY_AUDIT=mine"]
    box.executed(_context(box, 8), "/bin/ls", env=env)
    box.executed(_context(box, 8), "/bin/ls", env=["KUBERNETES_EXEC_AUDIT_ID=forged"])
    processes = box.processes()
    assert only(processes.tree, 7).audit_id == "abc-123"
    assert only(processes.tree, 8).audit_id == ""


def test_the_variable_is_configured(box: Box) -> None:
    box.executed(_context(box, 7), "/bin/ls", env=["MY_AUDIT=" + "x" * 500])
    box.writer.close()
    trace = Trace.open(box.path)
    tree = processes_of(trace, audit_variable="MY_AUDIT").tree
    assert only(tree, 7).audit_id == "x" * 128
    trace.close()


def test_a_terminal_is_known_from_descriptors(box: Box) -> None:
    box.read(_context(box, 1))
    box.read(_context(box, 7))
    box.clone(7, 8, 1_800_000_000_000_000_008)
    files = {"stdin": common_pb2.FdInfo(mode=0o20600, path="host:[7]")}
    box.executed(_context(box, 8), "/bin/ls", **files)
    tree = box.tree()
    assert only(tree, 7).has_tty
    assert not only(tree, 1).has_tty


def test_a_dump_lists_exec_sessions_without_a_parent(box: Box) -> None:
    box.read(box.context(1))
    box.read(box.context(7))
    tree = box.tree()
    entries = (
        ProcfsEntry(1, 0, 1, "sh", "/bin/sh"),
        ProcfsEntry(7, 0, 7, "sh", "/bin/sh", files=[(0, "host:[7]", 0o20600)]),
        ProcfsEntry(8, 0, 8, "sh", "/bin/sh"),
        ProcfsEntry(9, 7, 9, "sh", "/bin/sh"),
    )
    take_mark(tree, 9, 1, ProcessesMark("", "box", 10, True, 1, 1, entries), lambda _, name: name)
    # Nothing but the dump tells of 8: in a pod it may be the first of another container.
    assert _outside(tree) == [7]
    assert only(tree, 7).has_tty


def test_the_first_message_may_be_an_event(box: Box) -> None:
    box.read(_context(box, 1))
    box.executed(_context(box, 7), "/bin/ls")
    box.clone(1, 2)
    assert _outside(box.tree()) == [7]
