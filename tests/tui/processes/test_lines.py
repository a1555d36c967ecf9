from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.calls.pairs import Pairs
from gvtui.query.processes.processes import Processes
from gvtui.trace.reader import Trace
from gvtui.tui.processes.lines import Fold, tree_lines
from tests.trace.recorder import TRACES

if TYPE_CHECKING:
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.tui.processes.lines import TreeLine


def _tree(name: str) -> ProcessTree:
    trace = Trace.open(TRACES / f"{name}.trace")
    pairs = Pairs(trace)
    processes = Processes(trace, pairs)
    while pairs.advance():
        processes.advance()
    trace.close()
    return processes.tree


def _words(line: TreeLine) -> str:
    if line.executed is not None:
        return f"{line.guide}» {line.executed.args[0]}"
    if line.thread is not None:
        return f"{line.guide}thread"
    return f"{line.guide}{line.process.name}" if line.process else line.container


def test_guides_join_children_with_their_parents() -> None:
    lines = list(tree_lines(_tree("compile-2024"), {}))
    assert [_words(line) for line in lines] == [
        "sh",
        "├ gcc",
        "│ ├ cc1",
        "│ ├ as",
        "│ └ collect2",
        "│   └ ld",
        "└ h",
    ]
    assert len({line.key for line in lines}) == len(lines)


def test_folding_hides_children_and_shows_programs_and_threads() -> None:
    tree = _tree("compile-2024")
    by_name = {process.name: process.number for process in tree}
    tree.get(by_name["h"]).thread(99)  # type: ignore[union-attr]
    lines = list(tree_lines(tree, {by_name["gcc"]: Fold.CLOSED, by_name["h"]: Fold.ALL}))
    words = [_words(line) for line in lines]
    assert words[:3] == ["sh", "├ gcc", "└ h"]
    assert words[3] == "    » /tmp/h"
    assert words[4:] == ["    thread"]
    assert len({line.key for line in lines}) == len(lines)


def test_very_deep_trees_do_not_go_on_to_the_right() -> None:
    tree = _tree("compile-2024")
    parent = next(iter(tree))
    for number in range(1000, 1200):
        child = tree.create(parent.container, number, 0, parent.source, 0)
        tree.adopt(child, parent, parent.pid)
        parent = child
    lines = list(tree_lines(tree, {}))
    assert len(lines) == len(tree)
    assert max(len(line.guide) for line in lines) <= 42


def test_sandboxes_have_headings_where_there_are_several() -> None:
    tree = _tree("compile-2024")
    tree.create("other", 1, 0, next(iter(tree)).source, 0)
    lines = list(tree_lines(tree, {}))
    assert [line.container for line in lines if line.process is None] == tree.containers()


def test_the_tree_may_grow_between_two_lines() -> None:
    tree = _tree("compile-2024")
    source = tree_lines(tree, {})
    first = next(source)
    assert first.process is not None
    for number in range(1000, 1010):
        child = tree.create(first.container, number, 0, first.process.source, 0)
        tree.adopt(child, first.process, first.process.pid)
    assert len(list(source)) >= 6
