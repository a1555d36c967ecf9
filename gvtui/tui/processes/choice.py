"""Which processes the pane shows, in which order, and whose calls it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvtui.query.processes.process import Process
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.query.resolved.lookup import Resolved


class TreeOrder(Enum):
    """What processes are sorted by, with the words for it."""

    TREE = ""
    CALLS = "most calls first"
    ERRORS = "most errors first"
    DESCRIPTORS = "most open descriptors first"
    AGE = "the oldest first"


@dataclass(frozen=True, slots=True)
class TreeChoice:
    """The processes that are shown."""

    order: TreeOrder = TreeOrder.TREE
    only_running: bool = False
    passing: Mapping[int, tuple[int, int]] | None = None
    """Calls and errors that pass the filters, by the process's number; None for all calls."""
    resolved: Resolved | None = field(default=None, compare=False)
    """Knows what processes have open; None while nobody has asked for it."""

    def picks(self, process: Process) -> bool:
        """Whether a process is shown for its own sake."""
        is_wanted = not (self.only_running and process.has_ended)
        return is_wanted and (self.passing is None or process.number in self.passing)

    def calls(self, process: Process) -> int:
        """The calls of a process that are counted."""
        if self.passing is None:
            return process.calls
        return self.passing.get(process.number, (0, 0))[0]

    def errors(self, process: Process) -> int:
        """The failed ones of them."""
        if self.passing is None:
            return process.errors
        return self.passing.get(process.number, (0, 0))[1]

    def descriptors(self, process: Process) -> int:
        """How many descriptors a process has open, as far as known."""
        return self.resolved.open_count(process.number) if self.resolved is not None else 0

    def grows(self, process: Process) -> bool:
        """Whether a process has opened more descriptors than it closed for a while."""
        return self.resolved is not None and self.resolved.grows(process.number)

    def kept(self, tree: ProcessTree) -> set[int] | None:
        """The numbers of the processes in the tree that are shown, with the parents of those that
        are picked; None for all."""
        if not self.only_running and self.passing is None:
            return None
        kept: set[int] = set()
        for process in list(tree):
            each: Process | None = process if self.picks(process) else None
            while each is not None and each.number not in kept:
                kept.add(each.number)
                each = each.parent
        return kept

    def sorted(self, tree: ProcessTree) -> list[Process]:
        """The processes that are picked, in the order in force; those that are equal by age."""
        chosen = [process for process in tree if self.picks(process)]
        chosen.sort(key=_age)
        if self.order is TreeOrder.CALLS:
            chosen.sort(key=self.calls, reverse=True)
        elif self.order is TreeOrder.ERRORS:
            chosen.sort(key=self.errors, reverse=True)
        elif self.order is TreeOrder.DESCRIPTORS:
            chosen.sort(key=self.descriptors, reverse=True)
        return chosen


def _age(process: Process) -> tuple[bool, int, int]:
    return not process.started_ns, process.started_ns, process.number
