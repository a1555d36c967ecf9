"""The process tree of a flight recorder that has let its early segments go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.calls.pairs import Pairs
from gvtui.query.processes.carried import take_carried
from gvtui.query.processes.process import Evidence
from gvtui.query.processes.processes import Processes
from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.carried import CarriedMark, CarriedProcess
from gvtui.trace.keep import save
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.query.processes.box import Box, only, processes_of, tree_of

if TYPE_CHECKING:
    from pathlib import Path


class Flight(Box):
    """A sandbox whose messages a flight recorder takes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.with_suffix(".unused"))
        self.writer.close()
        self.path = path
        self.writer = TraceWriter(path, keep_bytes=100_000, segment_bytes=20_000)
        self.writer.opened(1, self.clock, {})

    def flood(self, pid: int = 1, count: int = 1000) -> None:
        for _ in range(count):
            self.read(self.context(pid))
            self.read(self.context(pid), errno=0)


@pytest.fixture
def box(tmp_path: Path) -> Flight:
    return Flight(tmp_path / "live")


def _grow(box: Flight) -> None:
    """A shell whose daemon lives on under a parent that has gone, and a thousand short ones."""
    box.start(1, "/bin/sh", "-c", "all")
    box.clone(1, 2)
    box.executed(box.context(2), "/usr/bin/starter")
    box.clone(2, 3)
    box.executed(box.context(3), "/usr/bin/daemon", "-d")
    box.task_exit(box.context(2), 256)
    box.clone(1, 4)


def _of(tree: ProcessTree) -> dict[int, tuple[int, str, bool]]:
    return {
        each.pid: (each.parent.pid if each.parent else 0, each.command_line, each.has_ended)
        for each in tree
    }


def test_a_recorder_whose_early_segments_are_gone_shows_the_right_tree(box: Flight) -> None:
    _grow(box)
    box.flood(4)
    for child in range(100, 400):
        box.clone(1, child)
        box.task_exit(box.context(child))
    box.task_exit(box.context(4))
    box.flood(1)
    box.writer.flush()
    trace = Trace.open(box.path)
    assert trace.first_row > 2000
    tree = tree_of(trace)
    assert _of(tree) == {
        1: (0, "/bin/sh -c all", False),
        2: (1, "/usr/bin/starter", True),
        3: (2, "/usr/bin/daemon -d", False),
    }
    assert only(tree, 2).exit_status == 256
    assert tree.ended_before == 302
    assert only(tree, 3).source is Evidence.EVENT
    assert [process.pid for process in tree.roots()] == [1]
    trace.close()
    box.writer.close()


def test_a_viewer_that_missed_rows_keeps_no_ghosts(box: Flight) -> None:
    _grow(box)
    trace = Trace.open(box.path)
    pairs = Pairs(trace)
    processes = Processes(trace, pairs)
    pairs.advance()
    processes.advance()
    assert not only(processes.tree, 4).has_ended
    box.task_exit(box.context(4), 9)
    box.clone(1, 5)
    box.executed(box.context(5), "/bin/new")
    box.flood(1, 2000)
    trace.refresh()
    assert trace.first_row > pairs.position
    while pairs.advance():
        processes.advance()
    known = _of(processes.tree)
    assert known[4][2]
    assert only(processes.tree, 4).exit_status == 9
    assert known[3] == (2, "/usr/bin/daemon -d", False)
    assert known[5] == (1, "/bin/new", False)
    assert processes.has_missed
    # What is here from the start on has missed nothing.
    assert not processes_of(trace).has_missed
    trace.close()
    box.writer.close()


def test_what_a_viewer_knows_and_nobody_lists_has_ended() -> None:
    tree = ProcessTree()
    for pid, is_told in ((5, True), (6, False)):
        process = tree.create("box", pid, pid, Evidence.EVENT, 1)
        process.is_start_told = is_told
        tree.spans.begin(1, 1, process)
    take_carried(tree, 9, 1, CarriedMark((CarriedProcess(1, 1),), is_cut=True), lambda _, c: c)
    assert tree.is_cut
    assert not only(tree, 5).has_ended
    take_carried(tree, 9, 1, CarriedMark((CarriedProcess(1, 1),)), lambda _, c: c)
    assert only(tree, 5).has_ended
    assert only(tree, 5).exit_status is None
    assert not only(tree, 6).has_ended


def test_an_id_without_a_start_time_that_has_ended_here_is_another_process() -> None:
    tree = ProcessTree()
    process = tree.create("box", 5, 0, Evidence.EVENT, 1)
    process.has_ended = True
    tree.spans.begin(1, 1, process)
    take_carried(tree, 9, 1, CarriedMark((CarriedProcess(5, name="new"),)), lambda _, c: c)
    assert [(each.name, each.has_ended) for each in tree] == [("", True), ("new", False)]
    assert tree.spans.current(1, 5) is not process


def test_a_saved_recording_has_the_same_tree(box: Flight, tmp_path: Path) -> None:
    _grow(box)
    box.flood(1, 2000)
    live = Trace.open(box.path)
    assert live.first_row > 0
    save(live, tmp_path / "kept.gvtrace")
    kept = Trace.open(tmp_path / "kept.gvtrace")
    assert _of(tree_of(kept)) == _of(tree_of(live))
    assert len(_of(tree_of(kept))) == 4
    for trace in (kept, live):
        trace.close()
    box.writer.close()
