"""Rows of which later ones may tell what they are about: they wait until nothing changes it.

What a descriptor is called, and of which kind it is, a sandbox may tell only when it is used again,
or closed. And a raw row may turn out to repeat a decoded one that comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gvtui.query.activity.activity import Behind
from gvtui.query.activity.filing import IN_WORDS
from gvtui.query.activity.part import ActivityPart
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.lookup import tells_name
from gvtui.query.source import groups
from gvtui.trace.row import ROW_DTYPE
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.activity.lines import ActivityLines
    from gvtui.query.resolved.lookup import Resolved

MAX_PENDING = 1 << 14
"""How many groups of rows wait at most; of more, the oldest are told as they are known by then."""
_FIRST_LOOK = 1 << 9
"""From how many groups on it is looked at whether some of them need not wait any more."""

_MATTERS = int(
    Happened.OPENED
    | Happened.OPENED_READ
    | Happened.OPENED_WRITE
    | Happened.CREATED
    | Happened.MAY_CREATE
    | Happened.CONNECTED
    | Happened.ACCEPTED
    | Happened.LISTENING
    | Happened.MADE_SOCKET
    | Happened.CHANGED_FILE
)
"""What the lines of descriptors are made of."""


class RowsAlike(NamedTuple):
    """What rows have in common that wait together: all that their lines depend on, but for what
    may yet be told of their description."""

    number: int
    """That of the description; 0 for a row about none."""
    call: int
    """As `ActivityPart.calls` has it."""
    happened: int
    came: bool
    went: bool
    has_failed: bool
    errno: int
    address: int
    """The string number of the address of a connect that failed."""
    own: int
    """The text number of the path that the rows tell by themselves; 0 if they tell none."""
    then: int
    """That of the addresses that a socket had then."""
    unsure: int
    """The row, if it may repeat a decoded one; else -1."""
    who: str


@dataclass(slots=True)
class _Waiting:
    """The rows that are alike, and the bytes that they moved."""

    behind: Behind
    came: int = 0
    went: int = 0


class PendingRows:
    """Rows that wait."""

    def __init__(
        self, resolved: Resolved, who: Callable[[ActivityPart, int], str], most: int = MAX_PENDING
    ) -> None:
        """Make it.

        Args:
            resolved: has read the rows.
            who: gives in words who did what the rows of a place of a part tell.
            most: how many groups of rows wait.
        """
        self._resolved = resolved
        self._who = who
        self._most = most
        self._waiting: dict[RowsAlike, _Waiting] = {}
        self._next_look = min(_FIRST_LOOK, most)

    def take_out(self, part: ActivityPart, lines: ActivityLines) -> ActivityPart:
        """Keep the rows of a slice that have to wait; gives the slice without them.

        Args:
            part: the slice.
            lines: know the names of calls; what waits is added to them later.
        """
        acts = ((part.happened & _MATTERS) != 0) | (part.came > 0) | (part.went > 0) | part.failed
        waits = acts & (part.numbers > 0)
        waits[waits] = self._may_change(part.numbers[waits])
        unsure = np.full(len(acts), -1, np.int64)
        for row in self._resolved.resolver.unsure_rows(part.start, len(acts)):
            place = row - part.start
            if acts[place] or part.happened[place] & IN_WORDS:
                waits[place], unsure[place] = True, row
        if not waits.any():
            return part
        self._add(part, np.flatnonzero(waits), unsure, lines)
        return part.without(waits)

    def _may_change(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether more may yet be told of descriptions."""
        each, which = np.unique(numbers, return_inverse=True)
        known = map(self._resolved.descriptions.get, each.tolist())
        found = np.array([one is not None and one.is_open for one in known], np.bool_)
        may_change: npt.NDArray[np.bool_] = found[which]
        return may_change

    def _add(
        self,
        part: ActivityPart,
        places: npt.NDArray[np.intp],
        unsure: npt.NDArray[np.int64],
        lines: ActivityLines,
    ) -> None:
        rows, numbers, unsure = part.rows[places], part.numbers[places], unsure[places]
        happened = part.happened[places] & np.where(unsure < 0, _MATTERS, _MATTERS | IN_WORDS)
        own = np.where(numbers > 0, self._resolved.own_names(rows, numbers), part.paths[places])
        asked = np.zeros(len(part.rows), np.bool_)
        asked[places] = (numbers > 0) & (own == 0)
        then = self._resolved.names_then(part.start, part.numbers, asked)[places]
        is_connect = rows["type"] == MessageType.SYSCALL_CONNECT
        people: dict[str, int] = {"": 0}
        who = np.zeros(len(places), np.int64)
        for index in np.flatnonzero(happened & (Happened.CHANGED_FILE | IN_WORDS)).tolist():
            who[index] = people.setdefault(self._who(part, int(places[index])), len(people))
        names = list(people)
        columns: tuple[npt.NDArray[Any], ...] = (
            numbers,
            part.calls[places],
            happened,
            part.came[places] > 0,
            part.went[places] > 0,
            part.failed[places],
            rows["errno"],
            np.where(is_connect & part.failed[places], rows["path"], 0),
            own,
            then,
            unsure,
            who,
        )
        for each in groups(np.arange(len(places)), *columns):
            *told, person = (column[each[0]].item() for column in columns)
            alike = RowsAlike._make((*told, names[person]))
            waiting = self._waiting.get(alike)
            if waiting is None:
                waiting = self._waiting[alike] = _Waiting(Behind(ledger=lines.ledger))
            mine = places[each]
            waiting.behind.add((mine + part.start).tolist(), [lines.name_of_call(alike.call)])
            waiting.came += int(part.came[mine].sum())
            waiting.went += int(part.went[mine].sum())

    def settled(self) -> ActivityPart | None:
        """Those that need not wait any more, and as many of the oldest as there is no room for; None
        while it is too soon to look. They are taken out."""
        if len(self._waiting) < self._next_look:
            return None
        numbers = np.array([alike.number for alike in self._waiting], np.int64)
        may_change = (numbers > 0) & self._may_change(numbers)
        may_change |= [self._is_unsure(alike.unsure) for alike in self._waiting]
        waiting = np.flatnonzero(may_change)
        may_change[waiting[: max(0, len(waiting) - self._most // 2)]] = False
        before, self._waiting = self._waiting, {}
        over: dict[RowsAlike, _Waiting] = {}
        for (alike, rows), waits in zip(before.items(), may_change.tolist(), strict=True):
            (self._waiting if waits else over)[alike] = rows
        self._next_look = min(max(2 * len(self._waiting), _FIRST_LOOK), self._most)
        return self._part(over)

    def _is_unsure(self, row: int) -> bool:
        return row >= 0 and bool(self._resolved.resolver.unsure_rows(row, 1))

    def part(self) -> ActivityPart:
        """All that wait, by what is known now; they go on waiting."""
        return self._part(self._waiting)

    def _part(self, waiting: dict[RowsAlike, _Waiting]) -> ActivityPart:
        """What waits as a part: each place has the rows that are alike."""
        counting = {
            alike: held
            for alike, held in waiting.items()
            if alike.unsure < 0 or not self._resolved.doubles(alike.unsure, 1)[0]
        }
        count = len(counting)
        told = np.array([alike[:-1] for alike in counting], np.int64)
        column = dict(
            zip(RowsAlike._fields, told.reshape(count, len(RowsAlike._fields) - 1).T, strict=False)
        )
        rows = np.zeros(count, ROW_DTYPE)
        rows["type"], rows["sysno"] = column["call"] >> 32, column["call"].astype(np.int32)
        rows["errno"], rows["path"] = column["errno"], column["address"]
        numbers, paths = column["number"], column["own"].copy()
        late = np.flatnonzero((numbers > 0) & (paths == 0))
        paths[late] = self._resolved.names_of(
            numbers[late], tells_name(rows["type"][late]), column["then"][late]
        )
        return ActivityPart(
            0,
            rows,
            np.ones(count, np.bool_),
            np.ones(count, np.bool_),
            column["happened"].astype(np.int32),
            paths,
            self._resolved.kinds_of(numbers),
            numbers,
            column["call"],
            np.array([held.came for held in counting.values()], np.int64),
            np.array([held.went for held in counting.values()], np.int64),
            column["has_failed"].astype(np.bool_),
            [held.behind for held in counting.values()],
            [alike.who for alike in counting],
        )
