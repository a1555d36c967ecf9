"""How processes that runsc told of enter the tree, as marks of a trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.agent.procfs import Dump, marks_of, parse_procfs
from gvtui.query.processes.process import Evidence
from gvtui.query.processes.rows import processes_filter
from gvtui.trace.procfs import MAX_PROCESSES, ProcfsEntry
from gvtui.wire.pb import common_pb2, sentry_pb2
from tests.query.processes.box import Box, only

DATA = Path(__file__).parents[2] / "data"
TEXT = (DATA / "procfs-2024-07.txt").read_text()
SECOND = 1_000_000_000


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "made-up.gvtrace")


def dump_of(*processes: tuple[int, int, int, str]) -> Dump:
    """A dump of processes: id, parent's id, start, name."""
    return Dump(tuple(ProcfsEntry(*each, exe="", args=[each[3]]) for each in processes), True)


def note(box: Box, dump: Dump, *, conn: int = 1, taken_ns: int = 0) -> None:
    for mark in marks_of(dump, "box", taken_ns or box.clock):
        box.writer.mark(box.clock, mark.details(), conn)


def test_half_a_character_does_not_keep_a_dump_from_being_noted(box: Box) -> None:
    text = json.dumps(
        {"status": {"pid": 2, "comm": "\ud800x"}, "args": ["\udfff"], "cwd": "\udc00"}
    )
    note(box, parse_procfs(text))
    assert only(box.tree(), 2).name == "?x"


def test_processes_of_a_dump_join_those_of_the_trace(box: Box) -> None:
    dump = parse_procfs(TEXT)
    start_ns = dump.entries[1].start_ns
    box.read(box.context(2, thread_group_start_time_ns=start_ns))
    note(box, dump)
    box.read(box.context(2, thread_group_start_time_ns=start_ns))
    box.read(box.context(3, thread_group_start_time_ns=dump.entries[2].start_ns))
    tree = box.tree()
    assert len(tree) == 3
    assert [child.pid for child in only(tree, 1).children.values()] == [2, 3]
    assert only(tree, 2).calls == 2
    assert only(tree, 2).first_row == 1
    assert only(tree, 2).command_line == "sleep 1000"
    assert [process.source for process in tree].count(Evidence.PROCFS) == 3
    assert only(tree, 2).pipe_to == only(tree, 3).id
    assert only(tree, 3).pipe_from == only(tree, 2).id
    assert only(tree, 3).calls == 1
    assert only(tree, 1).first_row == -1


@pytest.mark.parametrize("step", [1, 1 << 20])
@pytest.mark.parametrize("event_first", [True, False])
@pytest.mark.parametrize("start_ns", [0, 5])
def test_what_an_event_tells_of_is_not_doubled(
    box: Box, step: int, event_first: bool, start_ns: int
) -> None:
    """Whether or not the session collects start times, and whichever came first."""
    dump = dump_of((1, 0, 1, "sh"), (2, 1, 5, "cat"))
    if not event_first:
        note(box, dump)
    context = box.context(1, thread_group_start_time_ns=min(start_ns, 1))
    box.read(context)
    box.clone(1, 2, start_ns=5)
    box.read(box.context(2, thread_group_start_time_ns=start_ns))
    if event_first:
        note(box, dump)
    tree = box.tree(step)
    assert sorted(process.pid for process in tree) == [1, 2]
    assert only(tree, 2).source is Evidence.EVENT
    assert only(tree, 2).parent is only(tree, 1)
    assert (only(tree, 1).start_ns, only(tree, 2).start_ns) == (1, 5)
    assert only(tree, 1).command_line == "sh"
    assert only(tree, 1).source is Evidence.PROCFS


def test_an_id_that_was_used_again_is_another_process(box: Box) -> None:
    box.read(box.context(2, thread_group_start_time_ns=10))
    note(box, dump_of((2, 0, 20, "new")))
    box.read(box.context(2, thread_group_start_time_ns=20))
    tree = box.tree()
    old, new = sorted(tree, key=lambda process: process.start_ns)
    assert (old.start_ns, old.has_ended, old.calls, old.errors) == (10, True, 1, 0)
    assert (new.start_ns, new.has_ended, new.calls, new.errors) == (20, False, 1, 0)
    assert processes_filter(tree, [new]) == "proc.id = box/2@1970-01-01T00:00:00.000000020Z"


def test_a_process_whose_end_came_before_the_dump_does_not_live_again(box: Box) -> None:
    """The dump was taken first; the event came while it was read."""
    context = box.context(2, thread_group_start_time_ns=0)
    box.read(context)
    box.task_exit(box.context(2, thread_group_start_time_ns=0), status=256)
    note(box, dump_of((2, 0, context.time_ns - 5, "ls")))
    tree = box.tree()
    assert only(tree, 2).has_ended
    assert only(tree, 2).exit_status == 256


def test_an_id_without_start_times_that_ended_before_is_another_process(box: Box) -> None:
    box.task_exit(box.context(2, thread_group_start_time_ns=0))
    note(box, dump_of((2, 0, box.clock + 5, "new")))
    tree = box.tree()
    assert [(process.has_ended, process.name) for process in tree] == [(True, ""), (False, "new")]


def test_a_later_dump_ends_what_it_does_not_list(box: Box) -> None:
    early = box.clock - 10 * SECOND
    note(box, dump_of((1, 0, 1, "sh"), (2, 1, early, "gone"), (3, 1, early, "stays")))
    box.clock += 60 * SECOND
    box.clone(1, 4, start_ns=box.clock)
    note(box, dump_of((1, 0, 1, "sh"), (3, 1, early, "stays")))
    tree = box.tree()
    assert {process.pid: process.has_ended for process in tree} == {
        1: False,
        2: True,
        3: False,
        # It began while the dump was made.
        4: False,
    }


def test_a_dump_that_is_not_whole_ends_nothing(box: Box) -> None:
    early = box.clock - 10 * SECOND
    note(box, dump_of((1, 0, early, "sh"), (2, 1, early, "gone")))
    note(box, Dump(dump_of((1, 0, early, "sh")).entries, False))
    assert not only(box.tree(), 2).has_ended


def test_a_process_of_a_pod_gets_its_container_from_its_messages(box: Box) -> None:
    note(box, dump_of((1, 0, 10, "pause"), (7, 0, 20, "server")))
    box.read(box.context(7, thread_group_start_time_ns=20, container_id="inner"))
    box.writer.closed(1, box.clock, {})
    box.writer.opened(2, box.clock, {})
    box.read(box.context(7, thread_group_start_time_ns=20, container_id="inner"))
    tree = box.tree()
    assert [(process.pid, process.container) for process in tree] == [(1, "box"), (7, "inner")]
    assert only(tree, 7).calls == 2


def pod_of(*processes: tuple[int, int, str]) -> Dump:
    """A dump of a pod's processes: id, parent's id, container."""
    return Dump(
        tuple(
            ProcfsEntry(pid, parent, pid, f"p{pid}", "", container_id=container)
            for pid, parent, container in processes
        ),
        True,
    )


def containers_in(tree: Any) -> dict[int, str]:
    return {process.pid: process.container for process in tree}


@pytest.mark.parametrize("step", [1, 1 << 20])
@pytest.mark.parametrize("said", ["", "inner"])
@pytest.mark.parametrize("is_dump_first", [True, False])
def test_a_dump_tells_which_container_of_a_pod_a_process_is_in(
    box: Box, step: int, said: str, is_dump_first: bool
) -> None:
    """Whether or not messages tell it, too, and whichever came first."""
    dump = pod_of((1, 0, "box"), (2, 0, "inner"), (3, 2, "inner"), (9, 0, "other"))
    if is_dump_first:
        note(box, dump)
    box.send(
        2,
        sentry_pb2.CloneInfo(
            context_data=box.context(2, container_id=said),
            created_thread_id=4,
            created_thread_group_id=4,
            created_thread_start_time_ns=4,
        ),
    )
    box.read(box.context(4, container_id=said))
    box.task_exit(box.context(4, container_id=said))
    box.read(box.context(3, container_id=said))
    if not is_dump_first:
        note(box, dump)
    if said:
        box.writer.closed(1, box.clock, {})
        box.writer.opened(2, box.clock, {})
        box.read(box.context(3, container_id=said), conn=2)
    tree = box.tree(step)
    want = {1: "box", 2: "inner", 3: "inner", 4: "inner", 9: "other"}
    assert containers_in(tree) == want
    assert len(tree) == len(want)
    assert [process.pid for process in tree if process.has_ended] == [4]
    assert only(tree, 4).parent is only(tree, 2)


def test_pipes_lead_to_processes_in_their_containers(box: Box) -> None:
    writer = ProcfsEntry(2, 0, 2, "", "", pipe_to=(3, 3), container_id="inner")
    reader = ProcfsEntry(3, 0, 3, "", "", pipe_from=(2, 2), container_id="inner")
    note(box, Dump((writer, reader), True))
    tree = box.tree()
    assert (only(tree, 2).pipe_to, only(tree, 3).pipe_from) == (only(tree, 3).id, only(tree, 2).id)


def test_an_exec_session_in_a_pod_is_known_from_a_dump_alone(box: Box) -> None:
    note(box, pod_of((1, 0, "box"), (2, 0, "inner"), (3, 0, "inner"), (9, 0, "other")))
    tree = box.tree()
    assert [process.pid for process in tree if tree.is_from_outside(process)] == [3]


def test_a_large_dump_comes_in_parts_that_fit_a_datagram(box: Box) -> None:
    count = 3000
    entries = tuple(
        ProcfsEntry(pid, pid // 2, pid, "worker", "/usr/bin/worker", ["worker", "x" * 300])
        for pid in range(1, count + 1)
    )
    marks = list(marks_of(Dump(entries, True), "box", 5))
    assert len(marks) > 10
    assert max(len(json.dumps(mark.details())) for mark in marks) < 128 << 10
    assert sum(len(mark.processes) for mark in marks) == count
    assert marks[1].text.endswith(f"part 2 of {len(marks)}")
    for mark in reversed(marks):
        box.writer.mark(box.clock, mark.details(), 1)
    tree = box.tree()
    assert len(tree) == count
    assert all(p.parent is not None and p.parent.pid == p.pid // 2 for p in tree if p.pid > 1)


def test_no_process_is_another_marks_business(box: Box) -> None:
    box.writer.mark(box.clock, {"kind": "session", "processes": [{"pid": 1}]}, 1)
    assert len(box.tree()) == 0


_VALUES: Any = st.recursive(
    st.none() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(max_size=3) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["pid", "ppid", "status", "args", "fdlist", "number", "path",
                             "parent_pid", "start_ns", "pipe_from", "clone_ts", "name", "container_id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(_VALUES)
def test_any_dump_and_any_mark_can_be_read(tmp_path_factory: Any, value: Any) -> None:
    dump = parse_procfs(json.dumps(value) + "\n" + json.dumps({"status": {"pid": 9}}))
    assert all(entry.pid > 0 for entry in dump.entries)
    assert len(dump.entries) <= MAX_PROCESSES
    box = Box(tmp_path_factory.mktemp("any") / "a.gvtrace")
    processes = value if isinstance(value, list) else [value]
    box.writer.mark(1, {"kind": "processes", "processes": processes, "container_id": value}, 1)
    box.read(common_pb2.ContextData(thread_group_id=9))
    tree = box.tree()
    assert all(process.pid > 0 for process in tree)
