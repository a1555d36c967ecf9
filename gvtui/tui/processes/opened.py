"""What a process has open, for the tree: those that are alike together, since leaks are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.query.filter.write import literal

if TYPE_CHECKING:
    from gvtui.query.processes.process import Process
    from gvtui.query.resolved.description import Description
    from gvtui.query.resolved.lookup import Resolved

_ALIKE = 4
"""From how many on descriptors of one name have one line."""
MAX_LINES = 100
"""Lines of what one process has open."""
_MOST_IDS = 50


@dataclass(frozen=True, slots=True)
class OpenFds:
    """One line: a descriptor of a process, or several of the same name."""

    fds: tuple[int, ...]
    descriptions: tuple[Description, ...]
    """What they stand for, in the order of `fds`; the same may be there twice."""

    @property
    def name(self) -> str:
        """What they are called, or their kind; "" if nothing is known."""
        return self.descriptions[0].name or self.descriptions[0].kind.word

    @property
    def bytes_in(self) -> int:
        """How many bytes were read from them, each open file counted once."""
        return sum(each.bytes_in for each in self._distinct())

    @property
    def bytes_out(self) -> int:
        """How many bytes were written to them."""
        return sum(each.bytes_out for each in self._distinct())

    @property
    def filter_text(self) -> str:
        """The filter for their rows; for very many, for the rows of their name or kind."""
        found = list(self._distinct())
        if len(found) == 1:
            return found[0].rows_filter
        if len(found) <= _MOST_IDS:
            return f"fd.id in ({', '.join(str(each.number) for each in found)})"
        first = found[0]
        return f"fd.name = {literal(first.name)}" if first.name else f"fd.type = {first.kind.word}"

    def _distinct(self) -> tuple[Description, ...]:
        return tuple({each.number: each for each in self.descriptions}.values())


def open_fds(resolved: Resolved, process: Process) -> tuple[list[OpenFds], int]:
    """What a process has open: the most of one name first, then by descriptor; and how many lines
    are left out because there are too many."""
    alike: dict[tuple[int, str], list[tuple[int, Description]]] = {}
    for fd, description in resolved.descriptors(process.number):
        alike.setdefault((description.kind, description.name), []).append((fd, description))
    many = [each for each in alike.values() if len(each) >= _ALIKE]
    few = sorted(
        (one for each in alike.values() if len(each) < _ALIKE for one in each),
        key=lambda one: one[0],
    )
    many.sort(key=len, reverse=True)
    groups = [*many, *([one] for one in few)]
    lines = [
        OpenFds(tuple(fd for fd, _ in group), tuple(what for _, what in group))
        for group in groups[:MAX_LINES]
    ]
    return lines, max(0, len(groups) - MAX_LINES)
