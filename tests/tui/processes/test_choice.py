from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gvtui.query.processes.process import Evidence, Process
from gvtui.query.processes.tree import ProcessTree
from gvtui.tui.processes.choice import TreeChoice, TreeOrder
from gvtui.tui.processes.lines import Fold, tree_lines
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path


def _tree() -> ProcessTree:
    """1 has 2, which has ended and has 3; 4 is another root."""
    tree = ProcessTree()
    made: list[Process] = []
    for pid, calls, errors in ((1, 5, 0), (2, 9, 1), (3, 1, 3), (4, 7, 0)):
        process = tree.create("box", pid, 100 - pid, Evidence.EVENT, 1)
        process.count(calls=calls, loose_enters=0, loose_exits=0, errors=errors)
        made.append(process)
    tree.adopt(made[1], made[0], 1)
    tree.adopt(made[2], made[1], 2)
    made[1].has_ended = made[3].has_ended = True
    return tree


def _pids(tree: ProcessTree, choice: TreeChoice) -> list[int]:
    return [line.process.pid for line in tree_lines(tree, {}, choice) if line.process]


def test_only_those_that_run_stand_below_their_parents() -> None:
    tree = _tree()
    assert _pids(tree, TreeChoice()) == [1, 2, 3, 4]
    assert _pids(tree, TreeChoice(only_running=True)) == [1, 2, 3]
    tree.find(next(each.id for each in tree if each.pid == 3)).has_ended = True  # type: ignore[union-attr]
    assert _pids(tree, TreeChoice(only_running=True)) == [1]


def test_processes_are_sorted_by_what_they_did_or_by_age() -> None:
    tree = _tree()
    assert _pids(tree, TreeChoice(TreeOrder.CALLS)) == [2, 4, 1, 3]
    assert _pids(tree, TreeChoice(TreeOrder.ERRORS)) == [3, 2, 4, 1]
    assert _pids(tree, TreeChoice(TreeOrder.AGE)) == [4, 3, 2, 1]
    assert _pids(tree, TreeChoice(TreeOrder.CALLS, only_running=True)) == [1, 3]


def test_with_a_filter_only_what_passes_counts() -> None:
    tree = _tree()
    choice = TreeChoice(passing={3: (2, 1), 4: (6, 0)})
    assert _pids(tree, choice) == [1, 2, 3, 4]
    assert _pids(tree, replace(choice, only_running=True)) == [1, 2, 3]
    assert _pids(tree, replace(choice, order=TreeOrder.CALLS)) == [4, 3]
    (third,) = (each for each in tree if each.pid == 3)
    assert (choice.calls(third), choice.errors(third)) == (2, 1)
    assert (TreeChoice().calls(third), TreeChoice().errors(third)) == (1, 3)


def test_a_sorted_process_can_be_unfolded() -> None:
    tree = _tree()
    (third,) = (each for each in tree if each.pid == 3)
    third.thread(30)
    lines = list(tree_lines(tree, {third.number: Fold.ALL}, TreeChoice(TreeOrder.ERRORS)))
    assert [line.thread.tid for line in lines if line.thread] == [30]
    assert lines[1].thread is not None


def test_processes_are_sorted_by_what_they_have_open(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.fork(1, 2)
    world.fork(1, 3)
    for fd in (3, 4):
        world.open(fd, f"/tmp/{fd}", pid=3)
    world.open(3, "/tmp/a", pid=2)
    with world.resolved() as found:
        tree = found.processes
        choice = TreeChoice(TreeOrder.DESCRIPTORS, resolved=found)
        assert _pids(tree, choice) == [3, 2, 1]
        assert [choice.descriptors(process) for process in choice.sorted(tree)] == [2, 1, 0]
        assert not any(choice.grows(process) for process in tree)
        (third,) = (process for process in tree if process.pid == 3)
        lines = list(tree_lines(tree, {third.number: Fold.ALL}, choice))
        assert [line.opened.name for line in lines if line.opened] == ["/tmp/3", "/tmp/4"]
        assert all(line.is_part == (line.opened is not None) for line in lines)
        assert len({line.key for line in lines}) == len(lines)
    assert TreeChoice().descriptors(third) == 0
