"""The first line of the process tree: how many there are, what is shown of them, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.processes.process import Evidence
from gvtui.tui.kit.signs import ENDED_SIGN, LOST_SIGN
from gvtui.tui.model.thinned import thinned_words
from gvtui.tui.model.unread import part_read
from gvtui.tui.processes.painter import GROWS_SIGN, SOURCE_SIGNS
from gvtui.words import noun_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.processes.process import Process
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.model.model import Model
    from gvtui.tui.processes.choice import TreeChoice


class TreeCounts(NamedTuple):
    """How many processes there are of each kind."""

    running: int = 0
    ended: int = 0
    lost: int = 0
    """Those whose sandbox has no connection any more."""
    deduced: int = 0
    earlier: int = 0
    grown: int = 0
    """Those that leave descriptors open."""

    @classmethod
    def of(cls, every: Iterable[Process], choice: TreeChoice) -> TreeCounts:
        """Count processes."""
        processes = list(every)
        ended = sum(process.has_ended for process in processes)
        lost = sum(process.is_out_of_sight for process in processes)
        return cls(
            len(processes) - ended - lost,
            ended,
            lost,
            sum(process.source is Evidence.CONTEXT for process in processes),
            sum(process.source is Evidence.PROCFS for process in processes),
            choice.resolved.growing() if choice.resolved is not None else 0,
        )


def title_of(
    counts: TreeCounts, tree: ProcessTree, chosen: str, choice: TreeChoice, model: Model
) -> list[Part]:
    """The parts of the line with their looks.

    Args:
        counts: how many processes there are.
        tree: the processes.
        chosen: what is shown of all and in which order, in words; "" for all.
        choice: the same.
        model: the model.
    """
    title: list[Part] = [
        (f"{counts.running:,} running", "good" if counts.running else "heading"),
        (f"   {ENDED_SIGN} {counts.ended:,} ended", "heading"),
    ]
    if chosen:
        title.append((f"   {chosen}", "tag"))
    if counts.grown:
        words = noun_for(counts.grown, "leaves", "leave")
        title.append((f"   {GROWS_SIGN} {counts.grown:,} {words} descriptors open", "failed"))
    if counts.lost:
        words = f"   {LOST_SIGN} {counts.lost:,} without a connection: they run or not"
        title.append((words, "heading"))
    if counts.deduced:
        sign = SOURCE_SIGNS[Evidence.CONTEXT]
        title.append((f"   {sign} {counts.deduced:,} deduced from their messages", "heading"))
    if counts.earlier:
        sign = SOURCE_SIGNS[Evidence.PROCFS]
        title.append((f"   {sign} {counts.earlier:,} known from procfs", "heading"))
    return title + [(f"   {words}", "progress") for words in _missing(tree, choice, model)]


def _missing(tree: ProcessTree, choice: TreeChoice, model: Model) -> list[str]:
    """What the tree lacks, or has not read yet."""
    words = []
    if thinned := thinned_words(model):
        words.append(thinned)
    if tree.is_cut:
        words.append("more ran before the oldest row than are noted")
    if tree.forgotten:
        words.append(f"{tree.forgotten:,} that ended are forgotten")
    if tree.ended_before:
        words.append(f"{tree.ended_before:,} ended before the oldest row")
    processes = model.analysis.processes
    if processes.rows_without_pid:
        words.append("some calls have no pid: collect group_id")
    part = part_read(model, processes.position)
    if part:
        words.append(f"reading {part}")
    opened = part_read(model, choice.resolved.position) if choice.resolved is not None else ""
    if opened not in ("", part):
        words.append(f"descriptors read {opened}")
    return words
