from __future__ import annotations

import pytest

from gvtui.query.processes.process import Evidence, Process, ProcessId
from gvtui.query.processes.tree import ProcessTree
from gvtui.wire.pb.common_pb2 import ContextData


def add(tree: ProcessTree, pid: int, start_ns: int = 0, container: str = "web") -> Process:
    life = 2 if container == "db" else 1
    return tree.create(container, pid, start_ns, Evidence.EVENT, 1, life=life)


def test_a_process_is_found_by_what_tells_it_from_others() -> None:
    tree = ProcessTree()
    first, second, other = add(tree, 7, 100), add(tree, 7, 200), add(tree, 7, 100, "db")
    assert tree.find(ProcessId("web", 7, 100)) is first
    assert tree.find(ProcessId("web", 7, 200)) is second
    assert tree.find(ProcessId("web", 7, 0)) is second
    assert tree.find(ProcessId("db", 7, 0)) is other
    assert tree.find(ProcessId("web", 7, 300)) is None
    assert tree.get(first.number) is first
    assert [tree.is_reused(process) for process in (first, second, other)] == [True, True, False]
    assert (first.has_ended, second.has_ended) == (True, False)
    assert tree.containers() == ["web", "db"]
    assert tree.roots("db") == [other]


def test_a_child_that_comes_first_waits_for_its_parent() -> None:
    tree = ProcessTree()
    child = add(tree, 8)
    tree.adopt(child, None, 7)
    assert child.parent is None
    parent = add(tree, 7)
    assert child.parent is parent
    assert list(parent.children.values()) == [child]
    assert tree.roots() == [parent]


def test_nobody_is_its_own_ancestor() -> None:
    tree = ProcessTree()
    first, second = add(tree, 1), add(tree, 2)
    tree.adopt(second, first, 1)
    tree.adopt(first, second, 2)
    tree.adopt(first, first, 1)
    assert tree.roots() == [first]


def test_those_that_ended_are_forgotten_first() -> None:
    tree = ProcessTree(max_processes=3)
    first, second = add(tree, 1), add(tree, 2)
    child = add(tree, 3)
    tree.adopt(child, second, 2)
    second.has_ended = True
    fourth = add(tree, 4)
    assert list(tree) == [first, child, fourth]
    assert tree.forgotten == 1
    assert child.parent is None
    assert tree.find(second.id) is None
    # Who has been forgotten has no more children.
    tree.adopt(fourth, second, 2)
    assert fourth.parent is None
    assert len(tree.roots()) == len(tree) == 3


def test_few_that_end_do_not_have_all_looked_at_each_time() -> None:
    tree = ProcessTree(max_processes=640)
    for pid in range(1, 641):
        add(tree, pid).has_ended = pid == 1
    losses = []
    for pid in range(1000, 1100):
        before = tree.forgotten
        # It ends at once, so there is always one to forget that runs no more.
        add(tree, pid).has_ended = True
        losses += [tree.forgotten - before] if tree.forgotten > before else []
    # A quarter of a sixteenth is forgotten at least, and each time all are looked at.
    assert min(losses) == 10
    assert len(losses) == 10


@pytest.mark.parametrize(("held", "kept"), [(29, 29), (30, 29)])
def test_a_sandbox_with_many_processes_pushes_out_its_own_alone(held: int, kept: int) -> None:
    # A sixteenth goes at once: of what stays, 59, each of two may have 29.
    tree = ProcessTree(max_processes=64)
    quiet = [add(tree, pid, container="db") for pid in range(1, held + 1)]
    for process in quiet[5:8]:
        process.has_ended = True
    for pid in range(1, 500):
        add(tree, pid)
        assert len(tree) <= 64
    lost = [process for process in quiet if process not in tree.of_life(2)]
    assert lost == quiet[5 : 5 + held - kept], "beyond its share, those that ended go first"
    assert tree.of_life(1)[-1].pid == 499
    assert len(tree) >= 59


def test_a_process_moves_to_the_container_that_its_messages_name() -> None:
    tree = ProcessTree()
    process = add(tree, 7, container="pod")
    version = tree.version
    tree.move(process, "pod")
    assert tree.version == version
    tree.move(process, "inner")
    assert tree.version > version
    assert tree.find(ProcessId("inner", 7, 0)) is process
    assert tree.find(ProcessId("pod", 7, 0)) is None


@pytest.mark.parametrize(("start_ns", "is_same"), [(0, True), (100, True), (200, False)])
def test_another_connection_of_a_sandbox_knows_its_processes(start_ns: int, is_same: bool) -> None:
    tree = ProcessTree()
    process = tree.create("web", 7, 100, Evidence.EVENT, 1, life=3)
    assert (tree.elsewhere(3, 7, start_ns) is process) is is_same
    assert tree.elsewhere(4, 7, start_ns) is None
    process.has_ended = True
    assert tree.elsewhere(3, 7, 0) is None


def test_an_id_of_another_life_is_another_process_whatever_is_told_of_its_start() -> None:
    tree = ProcessTree(life_of={1: 1, 2: 2, 3: 2}.__getitem__)
    context = ContextData(thread_group_id=7, process_name="bash")
    first = tree.ensure(1, 5, context, "web", Evidence.CONTEXT)
    second = tree.ensure(2, 6, context, "web", Evidence.CONTEXT)
    assert first is not None
    assert second is not None
    assert first is not second
    assert tree.ensure(3, 7, context, "inner", Evidence.CONTEXT) is second
    assert (tree.of_life(1), tree.of_life(2), tree.of_life(3)) == ([first], [second], [])
    assert tree.alike(first) == [second]
    assert not first.has_ended
    tree.ends(1, 99)
    assert (first.has_ended, first.is_cut_off, first.end_ns) == (True, True, 99)
    assert not second.has_ended


def test_processes_of_a_sandbox_that_nobody_hears_of_run_or_not() -> None:
    tree = ProcessTree()
    process, ended = add(tree, 7), add(tree, 8)
    ended.has_ended = True
    tree.is_lost(1)
    assert (process.is_out_of_sight, process.has_ended) == (True, False)
    assert not ended.is_out_of_sight
    tree.ends(1, 5)
    assert (process.is_out_of_sight, process.has_ended, process.is_cut_off) == (False, True, True)
    assert (ended.is_cut_off, ended.end_ns) == (False, 0)


def test_children_whose_container_nothing_has_told_are_in_their_parents() -> None:
    tree = ProcessTree()
    process, told, listed = (add(tree, pid, container="pod") for pid in (2, 3, 4))
    for child in (told, listed):
        tree.adopt(child, process, 2)
    tree.move(told, "pod")
    tree.move(process, "inner")
    assert [each.container for each in (process, told, listed)] == ["inner", "pod", "inner"]


def test_the_context_of_a_message_makes_its_process() -> None:
    tree = ProcessTree()
    context = ContextData(thread_group_id=7, process_name="bash", parent_thread_group_id=1)
    assert tree.ensure(1, 5, ContextData(), "web", Evidence.CONTEXT) is None
    process = tree.ensure(1, 5, context, "web", Evidence.CONTEXT)
    assert process is not None
    assert (process.name, process.first_row, process.told_ns) == ("bash", 5, 0)
    context.thread_group_start_time_ns = 100
    assert tree.ensure(1, 6, context, "web", Evidence.EVENT) is process
    assert (process.start_ns, process.told_ns, process.source) == (100, 100, Evidence.EVENT)
    context.thread_group_start_time_ns = 200
    assert tree.ensure(1, 9, context, "web", Evidence.CONTEXT) is not process
    assert tree.spans.at(1, 7, 8) is process
    parent = tree.ensure(1, 9, ContextData(thread_group_id=1), "web", Evidence.CONTEXT)
    assert process.parent is parent
