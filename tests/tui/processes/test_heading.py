from __future__ import annotations

from gvtui.query.processes.process import Evidence
from gvtui.query.processes.tree import ProcessTree
from gvtui.tui.processes.choice import TreeChoice
from gvtui.tui.processes.heading import TreeCounts, title_of
from gvtui.tui.processes.painter import GROWS_SIGN
from tests.tui.fake import FakeViewer


def said(tree: ProcessTree, counts: TreeCounts | None = None, chosen: str = "") -> str:
    counts = counts or TreeCounts()
    model = FakeViewer().model
    return "".join(text for text, _ in title_of(counts, tree, chosen, TreeChoice(), model))


def test_processes_are_counted_by_kind() -> None:
    tree = ProcessTree()
    for pid in (1, 2, 3):
        tree.create("box", pid, pid, Evidence.CONTEXT, 1)
    first, second, _ = tree
    first.has_ended, second.source = True, Evidence.PROCFS
    assert TreeCounts.of(tree, TreeChoice()) == TreeCounts(running=2, ended=1, deduced=2, earlier=1)


def test_what_is_shown_and_what_leaks_is_told() -> None:
    words = said(ProcessTree(), TreeCounts(running=4, grown=1), "only running")
    assert words.startswith("4 running   † 0 ended   only running")
    assert f"{GROWS_SIGN} 1 leaves descriptors open" in words


def test_what_the_tree_lacks_is_told() -> None:
    tree = ProcessTree()
    assert "noted" not in said(tree)
    tree.is_cut, tree.ended_before = True, 7
    words = said(tree)
    assert "more ran before the oldest row than are noted" in words
    assert "7 ended before the oldest row" in words


def test_it_is_told_how_much_of_the_rows_was_read() -> None:
    model = FakeViewer().model
    model.analysis.processes.position = model.trace.end_row // 2
    title = title_of(TreeCounts(), ProcessTree(), "", TreeChoice(), model)
    assert ("   reading 50%", "progress") in title
