"""The process tree, against the events of real traces and made-up ones."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.processes.process import Evidence, ProcessId
from gvtui.query.processes.rows import processes_filter
from gvtui.trace.reader import Trace
from gvtui.wire.messages import decode
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2
from tests.query.processes.box import Box, only, tree_of
from tests.trace.factory import recorded_datagrams, write_trace

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[2] / "data"
TRACES = DATA / "traces"
EXECS = DATA / "execs"


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "made-up.gvtrace")


def events_of(name: str) -> Iterator[tuple[str, str]]:
    for line in (TRACES / f"{name}.txt").read_text().splitlines():
        kind, arrow, rest = line.partition(" => ")
        if arrow:
            yield kind, rest


def number(name: str, text: str) -> int:
    found = re.search(rf"\b{name}: (\d+)", text)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("name", ["compile-2024", "shell-2024", "shell-2022", "network-2024"])
@pytest.mark.parametrize("step", [1 << 20, 5])
def test_the_tree_is_that_of_the_events(name: str, step: int) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    tree = tree_of(trace, step)
    parents = {1: 0}
    starts: dict[int, int] = {}
    statuses: dict[int, tuple[int, int]] = {}
    programs: dict[int, list[str]] = {}
    for kind, text in events_of(name):
        pid = number("thread_group_id", text)
        if kind == "Start":
            starts[pid] = number("thread_group_start_time_ns", text)
        elif kind == "CloneInfo":
            child = number("created_thread_group_id", text)
            parents[child] = pid
            starts[child] = number("created_thread_start_time_ns", text)
        elif kind == "ExecveInfo":
            path = re.search(r'binary_path: "([^"]*)"', text)
            assert path is not None
            programs.setdefault(pid, []).append(path[1])
        elif kind == "TaskExit":
            statuses[pid] = (number("exit_status", text), number("time_ns", text))
    found = {process.pid: process for process in tree}
    assert {pid: p.parent.pid if p.parent else 0 for pid, p in found.items()} == parents
    assert {pid: process.start_ns for pid, process in found.items()} == starts
    assert {pid: (p.exit_status, p.end_ns) for pid, p in found.items()} == statuses
    assert {
        pid: [entry.path for entry in process.execs]
        for pid, process in found.items()
        if process.execs
    } == programs
    assert all(process.has_ended for process in tree)
    assert all(process.source is Evidence.EVENT for process in tree)
    assert [process.pid for process in tree.roots()] == [1]
    assert next(iter(tree.roots()[0].subtree())).pid == 1
    assert {process.pid for process in tree.roots()[0].subtree()} == set(parents)
    trace.close()


@pytest.mark.parametrize("name", ["compile-2024", "shell-2024"])
def test_calls_and_errors_are_those_of_the_messages(name: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    tree = tree_of(trace, 100)
    enters: Counter[int] = Counter()
    errors: Counter[int] = Counter()
    for row in range(trace.first_row, trace.end_row):
        if trace.row(row).direction == 0:
            continue
        decoded = decode(trace.payload(row))
        message: Any = decoded.message
        assert decoded.kind is not None
        # A call with a decoded point has a raw one too where all points are on.
        if name == "compile-2024" or decoded.kind.name == "Syscall":
            pid = message.context_data.thread_group_id
            enters[pid] += not message.HasField("exit")
            errors[pid] += bool(message.exit.errorno)
    assert {process.pid: process.calls for process in tree} == dict(enters)
    assert {process.pid: process.errors for process in tree} == dict(errors)
    trace.close()


def test_command_lines_follow_the_programs(box: Box) -> None:
    box.start(1, "/bin/sh", "-c", "ls; true")
    box.clone(1, 2)
    box.execve(box.context(2), "/nowhere/ls", "-l")
    box.execve(box.context(2), "/nowhere/ls", "-l", errno=2)
    box.execve(box.context(2), "/bin/ls", "-l")
    box.executed(box.context(2), "/bin/ls", "-l")
    box.execve(box.context(2), "/bin/ls", "-l", errno=0)
    box.clone(1, 3)
    box.execve(box.context(3), "/bin/a b", "$x")
    tree = box.tree()
    assert only(tree, 1).command_line == "/bin/sh -c 'ls; true'"
    listed = only(tree, 2)
    assert [(entry.path, entry.outcome, entry.errno) for entry in listed.execs] == [
        ("/nowhere/ls", ExecOutcome.FAILED, 2),
        ("/bin/ls", ExecOutcome.DONE, 0),
    ]
    assert [entry.path for entry in listed.programs] == ["/bin/ls"]
    assert listed.args == ["/bin/ls", "-l"]
    assert listed.args_at(listed.first_row) == ["/bin/sh", "-c", "ls; true"]
    assert only(tree, 3).execs[0].outcome is ExecOutcome.ASKED
    assert only(tree, 3).command_line == "/bin/sh -c 'ls; true'"


def test_what_an_old_gvisor_says_of_the_call_alone_is_true(box: Box) -> None:
    box.execve(box.context(2), "/bin/ls", errno=0)
    box.execve(box.context(2), "/nowhere/cat", errno=2)
    box.execve(box.context(2), "/bin/cat", errno=0)
    tree = box.tree()
    assert [entry.path for entry in only(tree, 2).programs] == ["/bin/ls", "/bin/cat"]
    assert only(tree, 2).command_line == "/bin/cat"
    assert only(tree, 2).source is Evidence.CONTEXT


def test_a_call_alone_of_which_nothing_more_is_known_is_no_program(box: Box) -> None:
    box.execve(box.context(2), "/bin/ls", errno=0)
    box.execve(box.context(2), "/bin/cat", errno=0)
    process = only(box.tree(), 2)
    assert [entry.outcome for entry in process.execs] == [ExecOutcome.ASKED] * 2
    assert (process.programs, process.command_line) == ([], "")


def test_each_exec_of_the_newest_counts_once_and_a_failed_one_not(tmp_path: Path) -> None:
    for step in (1, 3, 1 << 20):
        trace = Trace.open(Path(shutil.copy(EXECS / "failed-exec.gvtrace", tmp_path)))
        tree = tree_of(trace, step)
        first, second = only(tree, 1), only(tree, 2)
        assert [(entry.path, entry.outcome) for entry in first.execs] == [
            ("/nonexistent/nope", ExecOutcome.FAILED),
            ("/tmp/garbage", ExecOutcome.FAILED),
            ("/tmp/noperm", ExecOutcome.FAILED),
        ]
        assert (first.programs, first.errors) == ([], 3)
        assert [(entry.path, entry.outcome) for entry in second.execs] == [
            ("/usr/bin/true", ExecOutcome.DONE)
        ]
        assert second.errors == 0
        trace.close()


@pytest.mark.parametrize("ends", [False, True])
def test_a_thread_takes_over_its_process_where_the_exit_comes_first(box: Box, ends: bool) -> None:
    box.start(1)
    box.clone(1, 3, created_thread_group_id=1, flags=0x10000)
    box.execve(box.context(1, 3), "/bin/true")
    box.execve(box.context(1, 3), "/bin/true", errno=0)
    box.executed(box.context(1, 3), "/bin/true")
    box.task_exit(box.context(1, 1))
    if ends:
        box.task_exit(box.context(1, 1), 256)
    process = only(box.tree(), 1)
    assert (process.has_ended, process.exit_status) == (ends, 256 if ends else None)
    assert [entry.path for entry in process.programs] == ["/bin/true"]


def test_threads_fold_under_their_process(box: Box) -> None:
    box.start(1)
    box.clone(1, 5, created_thread_group_id=1, flags=0x10000)
    box.read(box.context(1, 6))
    box.task_exit(box.context(1, 5), 9)
    tree = box.tree()
    assert len(tree) == 1
    threads = only(tree, 1).threads
    assert sorted(threads) == [1, 5, 6]
    assert (threads[5].has_ended, threads[5].exit_status) == (True, 9)
    assert not only(tree, 1).has_ended


def test_a_thread_that_executes_a_program_does_not_end_its_process(box: Box) -> None:
    box.start(1)
    box.clone(1, 3, created_thread_group_id=1, flags=0x10000)
    box.execve(box.context(1, 3), "/bin/true")
    box.executed(box.context(1, 3), "/bin/true")
    box.task_exit(box.context(1, 1))
    box.execve(box.context(1, 3), "/bin/true", errno=0)
    box.read(box.context(1, 1))
    tree = box.tree()
    assert not only(tree, 1).has_ended
    assert [entry.path for entry in only(tree, 1).execs] == ["/bin/true"]


def test_a_first_thread_that_ends_before_the_others(box: Box) -> None:
    box.start(1)
    box.clone(1, 3, created_thread_group_id=1, flags=0x10000)
    box.read(box.context(1, 3))
    box.task_exit(box.context(1, 1))
    box.read(box.context(1, 3))
    assert not only(box.tree(), 1).has_ended


def test_an_exit_notice_ends_a_process(box: Box) -> None:
    box.notify(box.context(4), 256)
    process = only(box.tree(), 4)
    assert (process.has_ended, process.exit_status, process.end_ns) == (True, 256, box.clock)


def test_ids_used_again_make_new_processes(box: Box) -> None:
    box.start(1)
    box.clone(1, 2, start_ns=100)
    box.read(box.context(2, thread_group_start_time_ns=100))
    box.task_exit(box.context(2, thread_group_start_time_ns=100))
    box.clone(1, 2, start_ns=200)
    box.read(box.context(2, thread_group_start_time_ns=200))
    box.read(box.context(2, thread_group_start_time_ns=200), errno=5)
    tree = box.tree()
    first, second = (process for process in tree if process.pid == 2)
    assert (first.start_ns, second.start_ns) == (100, 200)
    assert (first.has_ended, second.has_ended) == (True, False)
    assert (first.errors, second.errors) == (0, 1)
    assert tree.spans.at(1, 2, first.last_row) is first
    assert tree.spans.at(1, 2, second.last_row) is second
    assert tree.find(ProcessId("box", 2, 100)) is first
    assert processes_filter(tree, only(tree, 1).subtree()).startswith("(proc.pid = 1) or (proc.")


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_ids_used_again_unnoticed_are_told_apart_by_their_start(box: Box, step: int) -> None:
    for start_ns, count in ((100, 3), (200, 4)):
        for _ in range(count):
            box.read(box.context(2, thread_group_start_time_ns=start_ns))
    tree = box.tree(step)
    first, second = tree
    assert [(p.start_ns, p.calls, p.has_ended) for p in (first, second)] == [
        (100, 3, True),
        (200, 4, False),
    ]
    assert second.first_row == first.last_row + 1
    assert all(process.source is Evidence.CONTEXT for process in tree)


def test_parents_from_context_data(box: Box) -> None:
    box.read(box.context(3, parent_thread_group_id=2, is_exec_session=True))
    box.read(box.context(2))
    tree = box.tree()
    assert only(tree, 3).parent is only(tree, 2)
    assert only(tree, 3).is_exec_session
    assert only(tree, 3).depth == 1


def test_parents_that_make_a_circle_are_not_believed(box: Box) -> None:
    box.read(box.context(2, parent_thread_group_id=3))
    box.read(box.context(3, parent_thread_group_id=2))
    box.read(box.context(4, parent_thread_group_id=4))
    tree = box.tree()
    assert sum(len(list(root.subtree())) for root in tree.roots()) == 3


def test_forks_known_from_the_call_alone_are_deduced(box: Box) -> None:
    box.start(1, "sh")
    message = syscall_pb2.Fork(context_data=box.context(1), sysno=57)
    message.exit.result = 7
    box.send(29, message)
    box.read(box.context(7, process_name="child"))
    tree = box.tree()
    child = only(tree, 7)
    assert (child.parent, child.source, child.name) == (only(tree, 1), Evidence.CONTEXT, "child")
    assert child.start_ns == 7


def test_the_result_of_a_fork_in_a_pid_namespace_is_not_taken_for_a_process(box: Box) -> None:
    box.start(1)
    box.clone(1, 8)
    message = syscall_pb2.Fork(context_data=box.context(1), sysno=57)
    message.exit.result = 2
    box.send(29, message)
    assert sorted(process.pid for process in box.tree()) == [1, 8]


def test_pipes_between_processes(box: Box) -> None:
    box.start(1)
    box.clone(1, 2)
    box.clone(1, 3)
    other = sentry_pb2.PipeProcInfo(context_data=box.context(2))
    box.executed(box.context(3), "/bin/sort", pipe_input_proc=other)
    tree = box.tree()
    source = only(tree, 3).pipe_from
    assert source == ProcessId("box", 2, 2)
    assert tree.find(source) is only(tree, 2)
    assert only(tree, 3).pipe_to is None


def test_a_session_without_process_ids(box: Box) -> None:
    box.send(1, container_pb2.Start(id="box", args=["/bin/sh"]))
    box.read(common_pb2.ContextData(time_ns=1))
    processes = box.processes()
    tree = processes.tree
    assert [(process.pid, process.command_line) for process in tree] == [(0, "/bin/sh")]
    assert processes.rows_without_pid == 1
    assert processes_filter(tree, tree) == "container.id = box"
    assert processes_filter(tree, []) == ""


def test_one_container_over_several_connections(box: Box) -> None:
    box.read(box.context(2))
    box.writer.closed(1, box.clock, {})
    box.writer.opened(2, box.clock, {})
    message = syscall_pb2.Read(context_data=box.context(2))
    box.send(9, message, conn=2)
    tree = box.tree()
    assert len(tree) == 1
    assert only(tree, 2).calls == 2


def test_the_number_of_processes_is_bounded(box: Box) -> None:
    for pid in range(1, 200):
        box.clone(1, pid + 1)
        if pid % 2:
            box.task_exit(box.context(pid + 1))
    tree = box.tree(50, max_processes=64)
    assert len(tree) <= 64
    assert tree.forgotten >= 100
    known = set(tree)
    for process in tree:
        assert process.parent is None or process.parent in known
        assert set(process.children.values()) <= known


def test_the_number_of_each_row(box: Box) -> None:
    box.read(box.context(2))
    box.read(common_pb2.ContextData(thread_id=4))
    box.read(box.context(3))
    tree = box.tree()
    trace = Trace.open(box.path)
    rows = trace.rows(0, trace.end_row)
    numbers = tree.numbers(0, rows)
    expected = [0, only(tree, 2).number, 0, only(tree, 3).number]
    assert numbers.tolist() == expected
    assert numbers.dtype == np.int64


def test_rates_count_the_last_two_seconds(box: Box) -> None:
    second = 1_000_000_000
    for _ in range(6):
        box.read(box.context(2))
    process = only(box.tree(), 2)
    now = (box.clock // second + 1) * second
    assert process.rate(now) == 3
    assert process.rate(now + 10 * second) == 0


small = st.integers(0, 4)
contexts = st.builds(
    lambda pid, tid, start, parent, container: common_pb2.ContextData(
        time_ns=5,
        thread_group_id=pid,
        thread_id=tid,
        thread_group_start_time_ns=start,
        parent_thread_group_id=parent,
        container_id=container,
    ),
    st.integers(-1, 4),
    st.integers(-1, 4),
    small,
    st.integers(-1, 4),
    st.sampled_from(["", "a", "b"]),
)
sysnos = st.sampled_from([0, 56, 57, 59])
exits = st.none() | st.builds(
    syscall_pb2.Exit, result=st.integers(-2, 5), errorno=st.sampled_from([0, 0, 2])
)
messages = st.one_of(
    st.tuples(st.just(1), st.builds(container_pb2.Start, context_data=contexts)),
    st.tuples(
        st.just(2),
        st.builds(
            sentry_pb2.CloneInfo,
            context_data=contexts,
            created_thread_id=st.integers(-1, 4),
            created_thread_group_id=st.integers(-1, 4),
            created_thread_start_time_ns=small,
            flags=st.sampled_from([0, 0x8000, 0x10000]),
        ),
    ),
    st.tuples(
        st.just(3),
        st.builds(
            sentry_pb2.ExecveInfo,
            context_data=contexts,
            pipe_input_proc=st.none() | st.builds(sentry_pb2.PipeProcInfo, context_data=contexts),
        ),
    ),
    st.tuples(st.just(4), st.builds(sentry_pb2.ExitNotifyParentInfo, context_data=contexts)),
    st.tuples(st.just(5), st.builds(sentry_pb2.TaskExit, context_data=contexts)),
    *(
        st.tuples(
            st.just(number),
            st.builds(message_class, context_data=contexts, sysno=sysnos, exit=exits),
        )
        for number, message_class in (
            (6, syscall_pb2.Syscall),
            (9, syscall_pb2.Read),
            (11, syscall_pb2.Execve),
            (23, syscall_pb2.Clone),
            (29, syscall_pb2.Fork),
        )
    ),
)


@given(st.lists(messages, max_size=40), st.integers(1, 40), st.integers(2, 30))
def test_whatever_a_sandbox_sends_the_tree_stays_a_tree(
    sent: list[tuple[int, Any]], step: int, limit: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder) / "made-up.gvtrace")
        for number, message in sent:
            box.send(number, message)
        tree = box.tree(step, max_processes=limit)
        members = list(tree)
        reached = [process for root in tree.roots() for process in root.subtree()]
        assert sorted(p.number for p in reached) == sorted(p.number for p in members)
        assert len(members) <= limit
        for process in members:
            assert process.parent is None or process.number in process.parent.children
            assert process.command_line is not None
            compile_filter(processes_filter(tree, process.subtree()))


def test_a_process_has_the_name_of_no_other_in_whatever_slices_rows_come(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("newest-2026"))])
    trace = Trace.open(path, limit=0)
    analysis = Analysis(trace)
    # At 755 a process has rows of an exec alone, and then comes one of another process.
    for limit in (755, 762):
        trace.limit = limit
        trace.refresh()
        analysis.finish()
        assert [each.name for each in analysis.processes.tree if each.pid == 6] == ["sh"]
    trace.close()
