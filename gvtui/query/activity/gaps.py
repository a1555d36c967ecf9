"""Reads what a trace tells of what it lacks: drops, and trace marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.activity.activity import Unseen
from gvtui.query.activity.knowngaps import Drops, GapsTold
from gvtui.query.activity.times import in_zone
from gvtui.query.follower import Follower
from gvtui.query.source import CHUNK
from gvtui.trace.marks import (
    BinaryMark,
    DropsMark,
    GapMark,
    GoneMark,
    RefusedMark,
    SessionMark,
    read_mark,
)
from gvtui.words import counted

if TYPE_CHECKING:
    from datetime import tzinfo

    import numpy as np
    import numpy.typing as npt

    from gvtui.query.activity.knowngaps import KnownGaps
    from gvtui.trace.reader import Trace

_MAX_MARKS = 1 << 12


class Binary(NamedTuple):
    """The runsc of a sandbox, as a mark tells it."""

    conn: int
    """The connection of the sandbox."""
    path: str
    version: str
    """"" if it is not told."""

    @property
    def words(self) -> str:
        """Path and version; not escaped."""
        return f"{self.path}, version {self.version or 'not told'}"


@dataclass(slots=True)
class _Noted:
    drops: dict[int, Drops] = field(default_factory=dict)
    sessions: dict[str, SessionMark] = field(default_factory=dict)
    binaries: dict[Binary, None] = field(default_factory=dict)
    gaps: list[GapMark] = field(default_factory=list)
    refused: int = 0
    gone: int = 0
    is_least: bool = False
    marks: int = 0


class Gaps(Follower):
    """Reads what a trace tells of what it lacks: drops, and trace marks."""

    def __init__(
        self, trace: Trace, known: KnownGaps | None = None, along: Follower | None = None
    ) -> None:
        """Begin with the first row.

        Args:
            trace: the trace.
            known: what was found in its chunks before; takes in what is found.
            along: reads the same trace, and no row is read before it has read it; None to read all
                that there are.
        """
        super().__init__(trace)
        self._details = trace.details
        self._known, self._along = known, along
        self._noted = _Noted()
        self._part: tuple[int, GapsTold] | None = None
        """What the rows from one on tell, as far as its chunk was read."""

    @property
    def _end(self) -> int:
        return super()._end if self._along is None else self._along.position

    @property
    def sessions(self) -> list[SessionMark]:
        """The last session mark of each container."""
        return list(self._noted.sessions.values())

    @property
    def binaries(self) -> list[str]:
        """The runsc of each sandbox and its version, in words, as far as marks tell."""
        return list(dict.fromkeys(each.words for each in self._noted.binaries))

    @property
    def binary_of(self) -> tuple[Binary, ...]:
        """The runsc of each connection, as far as marks tell."""
        return tuple(self._noted.binaries)

    @property
    def points_words(self) -> str:
        """What is known of the points that are on, in words."""
        if not self._noted.sessions:
            return "which points are on is not told"
        return "; ".join(f"session of {mark.container_id}: {mark.text}" for mark in self.sessions)

    @property
    def dropped(self) -> int:
        """How many points sandboxes have told that they dropped."""
        return sum(each.points for each in self._noted.drops.values())

    def advance(self, budget: int = 4 * CHUNK) -> int:
        """Read up to `budget` more rows; returns how many. A chunk in which everything is known
        counts as a row, and as one for each thing that it tells."""
        if self._known is None:
            return super().advance(budget)
        done = 0
        while done < budget:
            self.position = max(self.position, self._trace.first_row)
            stop = self.position - self.position % CHUNK + CHUNK
            told = self._known.get(self.position) if stop <= self._end else None
            if told is not None:
                self._note(told)
                self.position = stop
                done += 1 + len(told)
            elif read := super().advance(min(stop - self.position, budget - done)):
                done += read
            else:
                break
        return min(done, budget)

    def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        told = GapsTold.of(start, rows)
        self._note(told)
        if self._known is None:
            return
        if start % CHUNK == 0 or start == self._trace.first_row:
            self._part = start, GapsTold()
        if self._part is not None:
            begin, part = self._part
            part.join(told)
            if (start + len(rows)) % CHUNK == 0:
                self._known.put(begin, part)
                self._part = None

    def _note(self, told: GapsTold) -> None:
        noted = self._noted
        for number, drops in told.drops.items():
            noted.drops.setdefault(number, Drops()).join(drops)
        for row, conn in told.marks:
            if noted.marks >= _MAX_MARKS:
                return
            noted.marks += 1
            try:
                mark = read_mark(self._details(row))
            except IndexError:
                continue
            if isinstance(mark, SessionMark) and mark.session:
                noted.sessions[mark.container_id] = mark
            elif isinstance(mark, BinaryMark):
                noted.binaries[Binary(conn, mark.path, mark.version)] = None
            elif isinstance(mark, GapMark):
                noted.gaps.append(mark)
            elif isinstance(mark, RefusedMark):
                noted.refused += mark.count
            elif isinstance(mark, GoneMark):
                noted.gone += 1
            elif isinstance(mark, DropsMark):
                noted.is_least |= mark.is_least

    def told(self, zone: tzinfo | None = UTC) -> list[Unseen]:
        """What was lost, in words, with times in a zone; None for the local one."""
        noted, found = self._noted, []
        for conn, drops in noted.drops.items():
            least = "at least " if noted.is_least else ""
            found.append(
                Unseen(
                    "drops",
                    f"{least}{counted(drops.points, 'point was', 'points were')} dropped by the "
                    f"sandbox of connection {conn}, {_between(drops.first_ns, drops.last_ns, zone)}",
                    drops.points,
                )
            )
        for gap in noted.gaps:
            when = _between(gap.start_ns, gap.end_ns, zone)
            found.append(Unseen("rows", f"points are missing {when}: {gap.text}"))
        if noted.refused:
            text = f"{counted(noted.refused, 'time')} a limit kept something out"
            found.append(Unseen("limits", text, noted.refused))
        if noted.gone:
            text = f"{counted(noted.gone, 'sandbox', 'sandboxes')} ended without a last word"
            found.append(Unseen("rows", text, noted.gone))
        if noted.marks >= _MAX_MARKS:
            found.append(Unseen("limits", f"only the first {_MAX_MARKS:,} trace marks were read"))
        return found


def _between(first_ns: int, last_ns: int, zone: tzinfo | None) -> str:
    first, last = in_zone(first_ns, zone), in_zone(last_ns, zone)
    return f"at {first}" if first == last else f"from {first} to {last}"
