"""What a sandbox did, as sections of lines; each line has the rows that it was made from."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.origin import Origin
from gvtui.query.filter.write import equals
from gvtui.query.rowids import RowIds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from gvtui.query.activity.rowledger import RowLedger

MAX_ROWS = 64
"""How many rows behind a line its filter names one by one."""

SECTIONS = {
    "programs": "Programs that ran",
    "not_started": "Programs that failed to start",
    "searched": "Programs found by search",
    "maybe_started": "Programs of which nothing tells whether they started",
    "mapped": "Executable memory that is not the image's",
    "sessions": "Came in from outside",
    "forks": "Who created processes",
    "read": "Files read",
    "written": "Files written",
    "created": "Files created",
    "maybe_created": "Files created unless they existed",
    "deleted": "Deleted",
    "renamed": "Renamed",
    "linked": "Linked",
    "folders_made": "Folders created",
    "nodes": "Devices and pipes created",
    "folders": "Folders opened",
    "permissions": "File attributes changed",
    "connected": "Connections to others",
    "accepted": "Connections from others",
    "not_connected": "Connections that failed",
    "listening": "Listening",
    "sockets": "Other sockets",
    "users": "Changes of user",
    "mounts": "Mounts",
    "namespaces": "Changes of namespace and root",
    "traced": "ptrace and the like",
    "failed": "Failures by call, path and error",
}
"""The sections by key, in the order of a report."""


@dataclass(slots=True)
class Behind:
    """The rows behind a line, as they are counted."""

    first: int = -1
    last: int = -1
    count: int = 0
    rows: array[int] | None = field(default_factory=partial(array, "Q"))
    """All of them, in order; None if there are more than `MAX_ROWS`."""
    kinds: set[str] = field(default_factory=set)
    """The names of their calls and events."""
    text: str = ""
    """A filter that finds them and no others, if it is not made from `rows`."""
    many: RowIds | None = field(default=None, compare=False, repr=False)
    """Those that are neither in `rows` nor in `ledger`, if there are more than `MAX_ROWS`."""
    parts: list[Behind] = field(default_factory=list, compare=False, repr=False)
    """The rows of other lines, which together are the rows of this one, if they are many."""
    ledger: RowLedger | None = field(default=None, compare=False, repr=False)
    """Has the rows, those of a line from the first on, those that only wait for one from when they
    are too many for `rows`."""
    number: int = field(default=-1, compare=False, repr=False)
    """That of these rows in the ledger; -1 if it has none of them."""
    taken: array[int] | None = field(default=None, compare=False, repr=False)
    """The numbers of others whose rows in the ledger were taken for good."""

    def add(self, rows: Iterable[int], kinds: Iterable[str]) -> None:
        """Count rows that were not counted before."""
        taken = sorted(rows)
        if not taken:
            return
        if self.first < 0 or taken[0] < self.first:
            self.first = taken[0]
        if taken[-1] > self.last:
            self.last = taken[-1]
        self.count += len(taken)
        self.kinds.update(kinds)
        if self.number >= 0 and self.ledger is not None:
            self.ledger.add(self.number, taken)
        if self.rows is not None:
            rows = sorted({*self.rows, *taken})
            # Of a call between two sockets both sides may be of one line.
            self.count = len(rows)
            self._set_rows(rows)
        elif self.number < 0:
            self._more().add(taken)

    def take(self, other: Behind) -> None:
        """Count the rows of another one for good; it may go on by itself.

        Args:
            other: its ledger is this one's, if both have one.
        """
        if other.rows is not None:
            self.add(other.rows, other.kinds)
            return
        if self.rows is not None and self.number < 0:
            self.many = RowIds(self.rows)
        self.rows = None
        if other.many is not None:
            self._more().join(other.many)
        self.ledger = self.ledger or other.ledger
        if numbers := other.numbers:
            self.taken = array("I") if self.taken is None else self.taken
            self.taken.extend(numbers)
        self.first = other.first if self.first < 0 else min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.count += other.count
        self.kinds |= other.kinds

    def join(self, other: Behind) -> None:
        """Count the rows of another line too; not for one that is in a ledger itself."""
        assert self.ledger is None
        own = self.rows
        if own is not None and other.rows is not None:
            rows = sorted({*own, *other.rows})
            self.count = len(rows)
            self._set_rows(rows)
        else:
            if not self.parts and self.count:
                kept = Behind(self.first, self.last, self.count, own, many=self.many)
                self.parts, self.many = [kept], None
            self.parts.append(other)
            self.rows = None
            self.count += other.count
        self.first = other.first if self.first < 0 else min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.kinds |= other.kinds

    def _more(self) -> RowIds:
        if self.many is None:
            self.many = RowIds()
        return self.many

    def _set_rows(self, rows: list[int]) -> None:
        if len(rows) <= MAX_ROWS:
            self.rows = array("Q", rows)
            return
        self.rows = None
        if self.ledger is None:
            self.many = RowIds(rows)
        elif self.number < 0:
            self.number = self.ledger.new_line()
            self.ledger.add(self.number, rows)

    @property
    def numbers(self) -> list[int]:
        """The numbers under which the ledger has the rows."""
        own = [self.number] if self.number >= 0 else []
        return [*own, *self.taken] if self.taken is not None else own

    @property
    def is_exact(self) -> bool:
        """Whether `filter_text` finds these rows and no others."""
        return self.rows is not None or bool(self.text)

    @property
    def filter_text(self) -> str:
        """A filter that finds the rows; with others in between if it is not exact."""
        if self.text:
            return self.text
        if self.rows is not None:
            if len(self.rows) == 1:
                return equals("evt.num", self.rows[0])
            return f"evt.num in ({', '.join(map(str, self.rows))})"
        near = f"evt.num >= {self.first} and evt.num <= {self.last}"
        kinds = ", ".join(sorted(self.kinds))
        return f"{near} and evt.type in ({kinds})" if kinds else near

    def mask(self, start: int, count: int) -> npt.NDArray[np.bool_]:
        """Which of `count` rows from `start` on are behind the line; not for one with a `text`."""
        found = np.zeros(count, np.bool_)
        asked: dict[RowLedger, list[int]] = {}
        for each in self._every():
            if start > each.last or start + count <= each.first:
                continue
            numbers = each.numbers
            if numbers and each.ledger is not None:
                asked.setdefault(each.ledger, []).extend(numbers)
            else:
                for row in each.rows or ():
                    if start <= row < start + count:
                        found[row - start] = True
            if each.many is not None:
                found |= each.many.mask(start, count)
        for ledger, wanted in asked.items():
            found |= ledger.mask(wanted, start, count)
        return found

    def count_before(self, row: int) -> int:
        """How many of the rows come before a row, as far as they have not been let go, or before the
        oldest that has not; not for a line with a `text`."""
        found = 0
        asked: dict[RowLedger, list[int]] = {}
        for each in self._every():
            if each.rows is not None:
                found += sum(own < row for own in each.rows)
            elif each.ledger is not None:
                asked.setdefault(each.ledger, []).extend(each.numbers)
            if each.many is not None:
                found += each.many.count_before(row)
        return found + sum(ledger.count_before(own, row) for ledger, own in asked.items())

    def _every(self) -> Iterator[Behind]:
        """This one, its parts, and theirs: those that have rows of their own are among them."""
        yield self
        for part in self.parts:
            if part.parts:
                yield from part._every()
            else:
                yield part


@dataclass(slots=True)
class ActivityLine:
    """One thing that was done, however often. Texts are as the sandbox gave them: not escaped."""

    what: str
    """The program's command line, the path, the address, or the call."""
    behind: Behind
    details: str = ""
    """What else is known of it, such as who did it."""
    bytes_in: int = 0
    bytes_out: int = 0
    origin: Origin = Origin.UNKNOWN
    """Where the file of a program, or mapped code, came from."""
    is_noticed: bool = False
    """Whether one should look at the program: where it came from, or who may command it."""
    bare: str = ""
    """The details of a program as they would be without what only some gVisor and sessions tell; ""
    if they have nothing of that."""
    is_begun: bool = False
    """Whether nothing tells more than that it was begun: a connection may have failed."""
    folded: int = 1
    """How many lines stand together in this one."""
    folder: str = ""
    """For a folded line the folder below which all of them are."""
    session: int = field(default=0, compare=False, repr=False)
    """The number of the first process of the exec session that it is about, or that did it; 0 for
    none."""
    inner: tuple[ActivityLine, ...] = field(default=(), compare=False, repr=False)
    """The lines that stand together in a folded one."""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of one kind."""

    key: str
    title: str
    lines: tuple[ActivityLine, ...]
    total: int
    """How many things there were, those that have no line included."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that may have happened and is not in the sections, or not whole."""

    kind: str
    """A word for programs: `points`, `drops`, `gvisor`, `rows`, `descriptors`, `limits`,
    `filter`, `environment`."""
    text: str
    """A sentence without its full stop; not escaped."""
    count: int | None = None
    """How many of what the sentence is about; None if that is not a number."""
    calls: tuple[str, ...] = ()
    """The calls and events that no point tells of, as `evt.type` names them."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done, and what was not seen: the one is not true without the other."""

    sections: tuple[Section, ...]
    not_seen: tuple[Unseen, ...]
    rows: int
    """How many rows were looked at: those that pass the filter."""
    first_ns: int
    """When the first of them happened, Unix nanoseconds; 0 if nothing tells."""
    last_ns: int

    def section(self, key: str) -> Section:
        """The section with a key; without lines if nothing of its kind happened."""
        for section in self.sections:
            if section.key == key:
                return section
        return Section(key, SECTIONS[key], (), 0)

    def total(self, key: str) -> int:
        """How many things a section has."""
        return self.section(key).total
