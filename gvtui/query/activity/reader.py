"""Reads rows and sums up what was done in them; `activity` gives the result so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.errno_names import errno_name
from gvtui.decode.outcome import NO_FAILURES
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.activity.activity import (
    SECTIONS,
    Activity,
    ActivityLine,
    Behind,
    Section,
    Unseen,
)
from gvtui.query.activity.folding import fold
from gvtui.query.activity.lines import ActivityLines
from gvtui.query.activity.part import ActivityPart, part_of, second_side
from gvtui.query.activity.programs import Programs
from gvtui.query.activity.runs import fold_programs, fold_sessions
from gvtui.query.activity.sockets import Sockets
from gvtui.query.activity.words import call_words
from gvtui.query.follower import Follower
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.description import FdKind
from gvtui.query.resolved.transfers import UNTOLD
from gvtui.query.source import group, groups
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.context import QueryContext
    from gvtui.query.filter.compile import Filter

_WORDED = {
    Happened.REMOVED: "deleted",
    Happened.RENAMED: "renamed",
    Happened.LINKED: "linked",
    Happened.CREATED_FOLDER: "folders_made",
    Happened.CREATED_NODE: "nodes",
    Happened.CHANGED_USER: "users",
    Happened.MOUNTED: "mounts",
    Happened.CHANGED_NAMESPACE: "namespaces",
    Happened.CHANGED_ROOT: "namespaces",
    Happened.TRACED: "traced",
}
"""What is told by the words of its call, with the section that it belongs to."""
_BEGUN = "begun; nothing tells whether it came about"
_FILES = ("read", "written", "created", "maybe_created", "folders", "permissions")


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
        self.untold: dict[str, int] = {}
        """How many calls of a section have no path in their messages."""
        self.vague: dict[str, int] = {}
        """How many calls there were of those of `UNTOLD`, by the calls' names."""
        self._programs = Programs(self._trace, context.processes)
        self._sockets = Sockets(self._trace, self._resolved)
        if condition is None and context.kept is not None:
            context.kept.offer("activity", {"activity": self})

    @property
    def _end(self) -> int:
        return min(self.context.position, self._resolved.position)

    def _begin(self) -> None:
        if self._trace.first_row > self.position:
            self.missed_rows += self._trace.first_row - self.position

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
        self._files(part)
        other = second_side(self._resolved, part)
        if other is not None:
            self._note_unknown(np.unique(other.numbers[other.chosen]).tolist())
            self._files(other)
            self._sockets.take_in(other, self.lines)
        self._permissions(part)
        self._worded(part)
        self._sockets.take_in(part, self.lines)
        self._failures(part)

    def _who(self, part: ActivityPart, place: int) -> str:
        return f"by {self._programs.label(part.rows[place], part.start + place)}"

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

    def _names_of_opened(self, part: ActivityPart) -> npt.NDArray[np.int64]:
        """The paths, where a symbolic link was opened that of the file that it leads to: reads and
        writes have that one too."""
        told = self._resolved.told_paths(part.numbers)
        opened = (part.happened & int(Happened.OPENED)) != 0
        return np.where(opened & (told > 0), told, part.paths)

    def _files(self, part: ActivityPart) -> None:
        happened, kinds, came, went = part.happened, part.kinds, part.came, part.went
        paths = self._names_of_opened(part)
        opened = (happened & int(Happened.OPENED)) != 0
        is_folder = opened & (kinds == FdKind.DIRECTORY)
        is_file = kinds == FdKind.FILE
        has = {flag: (happened & int(flag)) != 0 for flag in Happened}
        masks = {
            "folders": is_folder,
            "read": (has[Happened.OPENED_READ] & ~is_folder) | (is_file & (came > 0)),
            "written": (has[Happened.OPENED_WRITE] & ~is_folder) | (is_file & (went > 0)),
            "created": has[Happened.CREATED],
            "maybe_created": has[Happened.MAY_CREATE] & ~has[Happened.CREATED],
        }
        for section, mask in masks.items():
            self._add_files(section, part, np.flatnonzero(mask), paths)

    def _add_files(
        self,
        section: str,
        part: ActivityPart,
        places: npt.NDArray[np.intp],
        paths: npt.NDArray[np.int64],
    ) -> None:
        """Add rows to the lines of their paths."""
        if not len(places):
            return
        order, bounds = group(paths[places])
        places, begins = places[order], bounds[:-1]
        calls = part.calls[places]
        zero = np.zeros(len(begins), np.int64)
        columns = (
            begins,
            bounds[1:],
            paths[places[begins]],
            np.minimum.reduceat(calls, begins),
            np.maximum.reduceat(calls, begins),
            np.add.reduceat(part.came[places], begins) if section == "read" else zero,
            np.add.reduceat(part.went[places], begins) if section == "written" else zero,
        )
        rows = (places + part.start).tolist()
        for begin, end, path, call, last, came, went in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            text = self._resolved.texts.text(path)
            if not text:
                self.untold[section] = self.untold.get(section, 0) + end - begin
            every = (call,) if call == last else np.unique(calls[begin:end]).tolist()
            self.lines.add(
                section,
                text or "(path not told)",
                rows[begin:end],
                [self.lines.name_of_call(each) for each in every],
                bytes_in=came,
                bytes_out=went,
            )

    def _permissions(self, part: ActivityPart) -> None:
        rows = part.rows
        for place in np.flatnonzero(part.happened & int(Happened.CHANGED_FILE)).tolist():
            path = self._resolved.texts.text(int(part.paths[place]))
            name = self.lines.name(rows[place])
            if not path:
                self.untold["permissions"] = self.untold.get("permissions", 0) + 1
            what = f"{name} {path}" if path else f"{name} (path not told)"
            details = "" if path else self._who(part, place)
            self.lines.add("permissions", what, [part.start + place], [name], details=details)

    def _worded(self, part: ActivityPart) -> None:
        for flag, section in _WORDED.items():
            for place in np.flatnonzero(part.happened & int(flag)).tolist():
                row = part.start + place
                what, is_told = call_words(self._trace, row, flag)
                if not is_told:
                    self.untold[section] = self.untold.get(section, 0) + 1
                name = self.lines.name(part.rows[place])
                who = self._who(part, place)
                self.lines.add(section, what or name, [row], [name], details=who)

    def _failures(self, part: ActivityPart) -> None:
        rows, paths = part.rows, part.paths
        failed = part.chosen & (rows["direction"] == Direction.EXIT)
        failed &= ~np.isin(rows["errno"], NO_FAILURES)
        numbers = sysnos_by_name(self._trace.architecture)
        # A program that did not start has a section of its own.
        failed &= ~np.isin(rows["sysno"], [numbers.get("execve", -2), numbers.get("execveat", -2)])
        columns = (rows["errno"], rows["sysno"], rows["type"], paths, rows["path"])
        for own in groups(np.flatnonzero(failed), *columns):
            first = rows[own[0]]
            name, error = self.lines.name(first), errno_name(int(first["errno"]))
            path = self._resolved.texts.text(int(paths[own[0]]))
            if first["type"] == MessageType.SYSCALL_CONNECT:
                path = self._trace.string(int(first["path"])) or path
                address = path or "(address not told)"
                self.lines.add(
                    "not_connected", address, (own + part.start).tolist(), [name], details=error
                )
            # Which of many sockets or pipes it was makes no other failure.
            path = path if path.startswith("/") else path.partition(":[")[0]
            what = f"{name} {path}" if path else name
            self.lines.add("failed", what, (own + part.start).tolist(), [name], details=error)

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
        late = {(line.what, line.details): line for line in self._programs.lines(key)}
        if late and lines:
            lines = [_joined(line, late.pop((line.what, line.details), None)) for line in lines]
        every = [*lines, *late.values()]
        return [_with_doubt(line) if line.is_begun else line for line in every]

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
            lines.sort(key=lambda line: (-line.behind.count, line.details, line.what))
        else:
            # What one should look at is not to be among those for which there is no room.
            lines.sort(key=lambda line: (not line.is_noticed, line.behind.first))
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
    return replace(line, behind=behind)
