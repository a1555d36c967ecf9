"""Reads rows and sums up what was done in them; `activity` gives the result so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from heapq import nsmallest
from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.activity.activity import (
    SECTIONS,
    Activity,
    ActivityLine,
    Behind,
    Section,
    Unseen,
)
from gvtui.query.activity.filing import Filing
from gvtui.query.activity.folding import fold
from gvtui.query.activity.lines import ActivityLines
from gvtui.query.activity.part import ActivityPart, part_of, second_side
from gvtui.query.activity.pending import PendingRows
from gvtui.query.activity.programs import Programs
from gvtui.query.activity.runs import fold_programs, fold_sessions
from gvtui.query.follower import Follower
from gvtui.query.resolved.transfers import UNTOLD
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.context import QueryContext
    from gvtui.query.filter.compile import Filter

_BEGUN = "begun; nothing tells whether it came about"
_FILES = ("read", "written", "created", "maybe_created", "folders", "permissions")


def _by_count(line: ActivityLine) -> tuple[int, str, str]:
    return -line.behind.count, line.details, line.what


def _by_row(line: ActivityLine) -> tuple[bool, int, str, str]:
    # What one should look at is not to be among those for which there is no room.
    return not line.is_noticed, line.behind.first, line.what, line.details


def _with_doubt(line: ActivityLine) -> ActivityLine:
    return replace(line, details=", ".join(filter(None, (line.details, _BEGUN))))


class ActivityReader(Follower):
    """What was done in the rows that a context has resolved, or in those that pass a filter."""

    def __init__(self, context: QueryContext, condition: Filter | None = None) -> None:
        """Read from the first row on.

        Args:
            context: whoever owns it advances it.
            condition: compiled with this context; None for all rows.
        """
        super().__init__(context.pairs.trace)
        self.context = context
        """What resolves the rows."""
        self._resolved = context.resolved
        self._condition = condition
        self.rows = 0
        """How many rows passed."""
        self.first_ns = self.last_ns = 0
        self.points: set[int] = set()
        """The string numbers of the points that sent any of the rows, those that pass or not."""
        self.unread = 0
        """How many messages could not be read."""
        self.missed_rows = 0
        """How many rows were let go before they were read."""
        self.lines = ActivityLines(self._trace)
        self.descriptions: set[int] = set()
        """Numbers of descriptors that were used, and whose opening was not seen."""
        self.vague: dict[str, int] = {}
        """How many calls there were of those of `UNTOLD`, by the calls' names."""
        self._programs = Programs(self._trace, context.processes)
        self._filing = Filing(self._trace, self._resolved, self._programs.label)
        self._pending = PendingRows(self._resolved, self._filing.who)
        self._late_lines: tuple[tuple[int, int], ActivityLines] | None = None
        """The lines of the rows that wait, as they were at two positions: those of `Resolved` and of
        this reader."""
        if condition is None and context.kept is not None:
            context.kept.offer("activity", {"activity": self})

    @property
    def _end(self) -> int:
        return min(self.context.position, self._resolved.position)

    def _begin(self) -> None:
        if self._trace.first_row > self.position:
            self.missed_rows += self._trace.first_row - self.position
        self.lines.let_go(self._trace.first_row)

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        is_message = rows["kind"] == Kind.MESSAGE
        self.points.update(np.unique(rows["point"][is_message]).tolist())
        chosen = is_message.copy()
        if self._condition is not None:
            chosen &= self._condition.mask(self._trace, rows, start)
        self.rows += int(np.count_nonzero(chosen))
        self._time(rows[chosen])
        self.unread += int(np.count_nonzero(chosen & (rows["flags"] != 0)))
        part = part_of(self._resolved, start, rows, chosen)
        self._note_vague(part)
        self._note_unknown(np.unique(part.numbers[part.chosen]).tolist())
        self._programs.take_in(part, self.lines)
        other = second_side(self._resolved, part)
        if other is not None:
            self._note_unknown(np.unique(other.numbers[other.chosen]).tolist())
        for side in filter(None, (part, other)):
            self._filing.take_in(self._pending.take_out(side, self.lines), self.lines)
        over = self._pending.settled()
        if over is not None:
            self._filing.take_in(over, self.lines)
        self.lines.put_away()

    def _time(self, rows: npt.NDArray[np.void]) -> None:
        times = np.where(rows["time_ns"] != 0, rows["time_ns"], rows["recv_ns"])
        times = times[times != 0]
        if len(times):
            first = int(times.min())
            self.first_ns = min(self.first_ns or first, first)
            self.last_ns = max(self.last_ns, int(times.max()))

    def _note_vague(self, part: ActivityPart) -> None:
        rows, numbers = part.rows, sysnos_by_name(self._trace.architecture)
        done = part.chosen & (rows["type"] == RAW_SYSCALL) & (rows["direction"] == Direction.EXIT)
        sysnos = rows["sysno"][done & (rows["errno"] == 0) & (rows["result"] > 0)]
        for names in UNTOLD if len(sysnos) else ():
            wanted = [numbers[name] for name in names.split() if name in numbers]
            if count := int(np.count_nonzero(np.isin(sysnos, wanted))):
                self.vague[names] = self.vague.get(names, 0) + count

    def _note_unknown(self, numbers: list[int]) -> None:
        for number in numbers:
            description = self._resolved.descriptions.get(number) if number else None
            if description is not None and description.opened_row < 0:
                self.descriptions.add(number)

    def _late(self) -> ActivityLines:
        """The lines of the rows that wait, by what is known now."""
        now = (self._resolved.position, self.position)
        if self._late_lines is None or self._late_lines[0] != now:
            lines = ActivityLines(self._trace, has_ledger=False)
            self._filing.take_in(self._pending.part(), lines)
            self._late_lines = now, lines
        return self._late_lines[1]

    @property
    def untold(self) -> dict[str, int]:
        """How many calls of a section have no path in their messages."""
        found = Counter(self.lines.untold)
        found.update(self._late().untold)
        return dict(found)

    def activity(self, not_seen: tuple[Unseen, ...], *, folds: bool = True) -> Activity:
        """What was done in the rows so far.

        Args:
            not_seen: what is missing, see `gvtui.query.activity.notseen`.
            folds: whether files of one folder stand together where there are many.
        """
        sections = [self.section(key, folds=folds) for key in SECTIONS]
        happened = tuple(section for section in sections if section.total)
        return Activity(happened, not_seen, self.rows, self.first_ns, self.last_ns)

    def unsorted(self, key: str) -> list[ActivityLine]:
        """The lines of a section so far, in no order and not folded, but for searches of PATH."""
        lines = list(self.lines.of(key))
        late = {(line.what, line.details): line for line in self._late().of(key)}
        for line in self._programs.lines(key):
            late[line.what, line.details] = line
        if late and lines:
            lines = [_joined(line, late.pop((line.what, line.details), None)) for line in lines]
        every = [*lines, *late.values()]
        return [_with_doubt(line) if line.is_begun else line for line in every]

    def sample(self, key: str, most: int) -> tuple[int, list[ActivityLine]]:
        """How many lines a section has so far, and so many of them, not folded: those that came
        first, of failures those that came most often."""
        lines = self.unsorted(key)
        return len(lines), nsmallest(most, lines, key=_by_count if key == "failed" else _by_row)

    def section(self, key: str, *, folds: bool = True) -> Section:
        """One section so far, in the order of a report; `folds` as for `activity`."""
        lines = self.unsorted(key)
        total = len(lines)
        if folds and key == "sessions":
            lines = fold_sessions(self.context.processes.tree, lines)
        elif folds and key == "programs":
            lines = fold_programs(lines)
        if key in _FILES:
            lines.sort(key=lambda line: line.what)
            lines = fold(lines) if folds else lines
        elif key == "failed":
            lines = fold(lines) if folds else lines
            lines.sort(key=_by_count)
        else:
            lines.sort(key=_by_row)
        return Section(key, SECTIONS[key], tuple(lines), total)

    @property
    def programs(self) -> Programs:
        """What is known of programs, and how many of them are told in part."""
        return self._programs

    @property
    def forgotten_programs(self) -> int:
        """How many processes executed more programs than are known of each."""
        return self._programs.cut


def _joined(line: ActivityLine, late: ActivityLine | None) -> ActivityLine:
    """A line with the rows of another one with the same words; neither of them changes."""
    if late is None:
        return line
    behind = Behind()
    behind.join(line.behind)
    behind.join(late.behind)
    return replace(
        line,
        behind=behind,
        bytes_in=line.bytes_in + late.bytes_in,
        bytes_out=line.bytes_out + late.bytes_out,
        is_begun=line.is_begun and late.is_begun,
    )
