"""Builds the visible lines of the process tree, in order, with their guide lines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias

from gvtui.query.processes.runs import repeated_runs
from gvtui.tui.processes.choice import TreeChoice, TreeOrder
from gvtui.tui.processes.opened import OpenFds, open_fds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvtui.query.processes.process import Exec, Process, Thread
    from gvtui.query.processes.tree import ProcessTree

_MAX_GUIDE = 40
"""How many cells of guides precede a name; deeper names are not indented further."""

Key: TypeAlias = tuple[object, ...]


class Fold(IntEnum):
    """How far a process is unfolded."""

    CLOSED = 0
    CHILDREN = 1
    ALL = 2
    """Shows its children, the programs that it executed, its threads, and what it has open."""


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One line of the tree: a sandbox, a process, a part of one, or runs of one command."""

    guide: str
    container: str
    process: Process | None = None
    """The process; None for a sandbox's heading, and for runs."""
    fold: Fold = Fold.CHILDREN
    executed: Exec | None = None
    thread: Thread | None = None
    opened: OpenFds | None = None
    """What the process has open, if the line is about that."""
    left_out: int = 0
    """How many lines about what it has open are left out here; 0 on other lines."""
    runs: tuple[Process, ...] = ()
    """The first processes of exec sessions that are runs of one command, if the line is about
    these; it is about no single process then."""
    is_sorted: bool = False
    """Whether the process stands among others by its numbers, and not below its parent."""

    @property
    def key(self) -> Key:
        """Identifies the line's subject, independent of its position."""
        if self.runs:
            return ("runs", self.runs[0].number)
        if self.process is None:
            return ("container", self.container)
        if self.executed is not None:
            return ("exec", self.process.number, self.executed.row)
        if self.thread is not None:
            return ("thread", self.process.number, self.thread.tid)
        if self.opened is not None:
            return ("fds", self.process.number, self.opened.fds[0])
        if self.left_out:
            return ("left out", self.process.number)
        return ("process", self.process.number)

    @property
    def is_part(self) -> bool:
        """Whether it is about a part of a process: a program, a thread, what it has open."""
        is_opened = self.opened is not None or self.left_out > 0
        return self.executed is not None or self.thread is not None or is_opened


def tree_lines(
    tree: ProcessTree, folds: dict[int, Fold], choice: TreeChoice | None = None
) -> Iterator[TreeLine]:
    """The lines from top to bottom.

    The iterator may be paused after any line: changes of the tree then show the next time.

    Args:
        tree: the processes.
        folds: for each process that is not folded as usual, by its number, how far it is unfolded,
            and for runs of one command by their `runs_key`.
        choice: which processes to show, and how; None for all, as a tree.
    """
    choice = choice or TreeChoice()
    if choice.order is not TreeOrder.TREE:
        yield from _sorted(tree, folds, choice)
        return
    kept = choice.kept(tree)
    roots: dict[str, list[Process]] = {}
    for process in list(tree):
        if process.parent is None and (kept is None or process.number in kept):
            roots.setdefault(process.container, []).append(process)
    for container, processes in roots.items():
        if len(roots) > 1:
            yield TreeLine("", container)
        yield from _with_runs(tree, processes, folds, kept, choice)


def _with_runs(
    tree: ProcessTree,
    roots: list[Process],
    folds: dict[int, Fold],
    kept: set[int] | None,
    choice: TreeChoice,
) -> Iterator[TreeLine]:
    """The trees of a container, with runs of one command together where the first of them is."""
    together = {each.number: runs for runs in repeated_runs(tree, roots).values() for each in runs}
    alone: list[Process] = []
    for process in roots:
        runs = together.get(process.number)
        if runs is None:
            alone.append(process)
        elif runs[0] is process:
            yield from _forest(alone, folds, kept, choice)
            alone = []
            fold = folds.get(runs_key(runs), Fold.CLOSED)
            yield TreeLine("", process.container, fold=fold, runs=tuple(runs))
            if fold is not Fold.CLOSED:
                yield from _forest(runs, folds, kept, choice, "  ")
    yield from _forest(alone, folds, kept, choice)


def runs_key(runs: Sequence[Process]) -> int:
    """What stands for runs of one command among the folds, where processes have their numbers."""
    return -runs[0].number


def _sorted(tree: ProcessTree, folds: dict[int, Fold], choice: TreeChoice) -> Iterator[TreeLine]:
    """A line for each process, whosever child it is."""
    for process in choice.sorted(tree):
        fold = folds.get(process.number, Fold.CHILDREN)
        yield TreeLine("", process.container, process, fold, is_sorted=True)
        if fold is Fold.ALL:
            yield from _parts(process, "  ", choice)


def _parts(process: Process, rail: str, choice: TreeChoice) -> Iterator[TreeLine]:
    """The programs of a process, its threads, and what it has open."""
    for executed in list(process.execs):
        yield TreeLine(rail, process.container, process, executed=executed)
    for thread in list(process.threads.values()):
        if thread.tid != process.pid:
            yield TreeLine(rail, process.container, process, thread=thread)
    if choice.resolved is not None:
        opened, left_out = open_fds(choice.resolved, process)
        for each in opened:
            yield TreeLine(rail, process.container, process, opened=each)
        if left_out:
            yield TreeLine(rail, process.container, process, left_out=left_out)


def _forest(
    roots: list[Process],
    folds: dict[int, Fold],
    kept: set[int] | None,
    choice: TreeChoice,
    indent: str = "",
) -> Iterator[TreeLine]:
    pending = [(process, indent, indent) for process in reversed(roots)]
    while pending:
        process, guide, below = pending.pop()
        fold = folds.get(process.number, Fold.CHILDREN)
        yield TreeLine(guide, process.container, process, fold)
        if fold is Fold.CLOSED:
            continue
        children = [
            child
            for child in list(process.children.values())
            if kept is None or child.number in kept
        ]
        if fold is Fold.ALL:
            yield from _parts(process, below + ("│ " if children else "  "), choice)
        room = len(below) < _MAX_GUIDE
        for child in reversed(children):
            is_last = child is children[-1]
            if room:
                ends = ("└ ", "  ") if is_last else ("├ ", "│ ")
                pending.append((child, below + ends[0], below + ends[1]))
            else:
                pending.append((child, below, below))


def open_runs_of(tree: ProcessTree, process: Process, folds: dict[int, Fold]) -> None:
    """Unfold the line in which a process's exec session stands together with others."""
    top = (process, *process.ancestors())[-1]
    if tree.is_from_outside(top):
        for runs in repeated_runs(tree, tree.roots(top.container)).values():
            if top in runs:
                folds[runs_key(runs)] = Fold.CHILDREN
