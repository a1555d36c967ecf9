"""The lines of the activity: a heading for each section, what was done below it, and folds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from gvtui.query.activity.activity import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gvtui.query.activity.activity import ActivityLine
    from gvtui.query.activity.reader import ActivityReader

SHOWN = 6
"""How many lines of a section stand below its heading, until the user asks for all."""
_COUNT = re.compile(r"\b[0-9,]+ (?:files?|runs)\b")
_SAMPLE = 24
"""How many lines a heading names at most."""

EntryKey: TypeAlias = tuple[str, ...]
"""The section, then the words of each line on the way down."""


class ActivityOrder(Enum):
    """What the lines of a section are sorted by, with the words for it."""

    REPORT = ""
    NAME = "by name"
    ROWS = "most rows first"
    BYTES = "most bytes first"
    LAST = "the latest first"


_SORTING: dict[ActivityOrder, Callable[[ActivityLine], object]] = {
    ActivityOrder.NAME: lambda line: (line.what, line.details),
    ActivityOrder.ROWS: lambda line: -line.behind.count,
    ActivityOrder.BYTES: lambda line: -(line.bytes_in + line.bytes_out),
    ActivityOrder.LAST: lambda line: -line.behind.last,
}


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """A line of the pane."""

    key: EntryKey
    section: str
    depth: int
    """0 for a heading, 1 for a line, 2 and 3 for those in folds."""
    line: ActivityLine | None = None
    """What was done; None for a heading, and for the end of a section that is not shown whole."""
    total: int = 0
    """Of a heading how many things there were; of such an end how many are not shown."""
    sample: tuple[str, ...] = ()
    """Of a heading what some of its lines say; not escaped."""
    can_open: bool = False
    is_open: bool = False

    @property
    def is_heading(self) -> bool:
        """Whether it is a section's heading."""
        return self.depth == 0

    @property
    def is_more(self) -> bool:
        """Whether it stands for the lines of a section that are not shown."""
        return self.line is None and self.depth > 0


@dataclass(slots=True)
class ActivityFolds:
    """What is open, and what is closed."""

    opens_headings: bool = True
    """Whether headings are open that the user has not touched."""
    turned: frozenset[EntryKey] = frozenset()
    """Headings that are the other way, and folds that are open."""
    whole: frozenset[str] = frozenset()
    """The sections of which all lines are shown."""

    def is_open(self, key: EntryKey) -> bool:
        """Whether the lines below one are shown."""
        is_turned = key in self.turned
        return is_turned != self.opens_headings if len(key) == 1 else is_turned

    def turn(self, key: EntryKey, is_open: bool) -> None:
        """Open or close a heading or a fold."""
        if self.is_open(key) != is_open:
            self.turned ^= {key}

    def turn_all(self) -> None:
        """Open all headings; if all are open, close them. Folds in them close."""
        headings = [(key,) for key in SECTIONS]
        is_open = not all(self.is_open(key) for key in headings)
        self.turned = frozenset(key for key in headings if self.opens_headings != is_open)
        self.whole = frozenset()


def activity_entries(
    reader: ActivityReader, folds: ActivityFolds, order: ActivityOrder
) -> Iterator[ActivityEntry]:
    """The lines for the present state of a reader, from the top."""
    for section in SECTIONS:
        key = (section,)
        is_open = folds.is_open(key)
        total, lines = reader.sample(section, 0 if is_open else _SAMPLE)
        if not total:
            continue
        sample = tuple(line.what for line in lines)
        yield ActivityEntry(
            key, section, 0, total=total, sample=sample, can_open=True, is_open=is_open
        )
        if not is_open:
            continue
        told = list(reader.section(section).lines)
        is_whole = section in folds.whole or len(told) <= SHOWN + 1
        told = _sorted(told, order)
        yield from _below(told if is_whole else told[:SHOWN], key, folds, order)
        if not is_whole:
            more = sum(line.folded for line in told[SHOWN:])
            yield ActivityEntry((section, "", "more"), section, 1, total=more, can_open=True)


def _below(
    lines: Iterable[ActivityLine], key: EntryKey, folds: ActivityFolds, order: ActivityOrder
) -> Iterator[ActivityEntry]:
    for line in lines:
        # A fold stays open while files are added to it.
        words = _COUNT.sub("", line.what) if line.inner else line.what
        own = (*key, words, line.details)
        is_open = bool(line.inner) and folds.is_open(own)
        yield ActivityEntry(
            own, key[0], (len(key) + 1) // 2, line, can_open=bool(line.inner), is_open=is_open
        )
        if is_open:
            yield from _below(_sorted(line.inner, order), own, folds, order)


def _sorted(lines: Iterable[ActivityLine], order: ActivityOrder) -> list[ActivityLine]:
    sorting = _SORTING.get(order)
    return list(lines) if sorting is None else sorted(lines, key=sorting)  # type: ignore[arg-type]
