"""Reads a recording through, and keeps what an analysis has found out at some of its rows.

How far these rows are apart follows from the time that a state takes to write, and from the room
that is left for them.
"""

from __future__ import annotations

import time
from collections import deque
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgpack
import numpy as np

from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.calls.doubles import Doubles
from gvtui.query.kept.chunks import ChunkWriter
from gvtui.query.kept.framing import NotKeptError
from gvtui.query.kept.series import StateSeries
from gvtui.query.kept.spaced import (
    BLOCKS,
    COLUMNS,
    PACKED_BYTES,
    RENAMED,
    REPEATED,
    ROWS,
    TAKEN_IN,
    TOLD,
    rows_before,
    section_name,
    spaced_version,
)
from gvtui.query.kept.takenup import SECTIONS
from gvtui.query.kept.writing import StateWriter
from gvtui.query.leftovers import without_collecting
from gvtui.query.repeated import RepeatedRows
from gvtui.trace.growing import is_growing
from gvtui.trace.keptfile import open_of, write_growing
from gvtui.trace.keptplace import forget_old_states, states_place
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    from gvtui.query.kept.takenup import TakenUp
    from gvtui.trace.reader import Trace

LEAST_APART = 1 << 14
"""The fewest rows between two states: they are read in a tenth of a second."""
MOST_STATES = 1 << 12
"""The most states of a recording."""
LEAST_BYTES, MOST_BYTES = 32 << 20, 1 << 30
"""The room for states: a quarter of the recording's size, and within these bounds."""
_MOST_BEGINNINGS = 8
"""How often all rows are read again because a container's name was taken back."""
WRITING_SHARE = 3
"""How many times as long as reading the rows the writing of states may take."""
_WORTH_SECONDS = 0.2
"""What writing must have taken too long before a state is taken up."""
_MOST_GROWN = 1.25
"""How many times as long as before the first state after that may take to be thought as quick."""
_TRIED = 64
"""Beside how many rows one is searched that parts no call that is told twice."""
_NEAR = 1 << 9
"""How many rows before and after it are looked at for that."""
_WAIT_SECONDS = 0.5
"""Between two looks at whether rows have come."""


_SIZED_BY = 8
"""How many states tell how large the next ones will be: every now and then one is written wholly."""


class _Written(NamedTuple):
    """What a state took."""

    row: int
    told_bytes: int
    """Of what it tells of all that it has: that grows with the rows."""
    block_bytes: int
    """Of what no state before it has."""
    seconds: float


def room_for(size_bytes: int) -> int:
    """How many bytes the states of a recording of so many bytes may have together."""
    return min(max(size_bytes // 4, LEAST_BYTES), MOST_BYTES)


def keep_spaced(trace: Trace, audit_variable: str) -> bool:
    """Read a recording through, and keep the states at some rows; True if all were written.

    Each can be taken up as soon as it is written. States that are kept from a reading that was
    ended stay until there are more. Of a trace that somebody else writes they are kept as it grows,
    until it grows no more, or lets its oldest rows go: the states need them.

    Args:
        trace: it, opened for this.
        audit_variable: see `Analysis`.
    """
    place, known = states_place(trace), spaced_version(audit_variable)
    if place is None or not known:
        return False
    if trace.damage or trace.damaged_bytes:
        return False
    former = open_of(place.identity, known, place.path)
    least = len(former.names) if former is not None else 0
    spacer = StateSpacer(trace, audit_variable, may_grow=place.may_grow)
    if place.may_grow:
        forget_old_states(place.path)
    try:
        return write_growing(
            place.identity, known, lambda: trace.available_rows, spacer.states(), place.path, least
        )
    except NotKeptError:
        return False


class Pace:
    """Tells when it is worth while to take up the state that was written last: the more of it has
    been looked at, the longer the next ones take to write."""

    def __init__(self) -> None:
        self._least = 0.0
        """What a state takes of which little has been looked at."""
        self._is_first = False
        """Whether the next state is the first one since one was taken up."""
        self._takes = _WORTH_SECONDS
        self._more = 0.0

    def wrote(self, seconds: float) -> bool:
        """Note how long a state took to write; whether to take it up."""
        if self._is_first:
            # States grow; but after many rows the first one has been looked at as the others have.
            grown = _MOST_GROWN * self._least
            self._least = min(seconds, grown) if self._least else seconds
            self._is_first = False
        self._more += seconds - self._least
        return self._more > self._takes

    def took_up(self, seconds: float) -> None:
        """Note how long it took to take one up."""
        self._is_first, self._takes, self._more = True, max(2 * seconds, _WORTH_SECONDS), 0.0


class StateSpacer:
    """Reads a recording, row after row held back, and gives its states."""

    def __init__(self, trace: Trace, audit_variable: str, *, may_grow: bool = False) -> None:
        """Begin at the first row.

        Args:
            trace: see `keep_spaced`.
            audit_variable: likewise.
            may_grow: whether rows that come meanwhile are waited for.
        """
        self._trace = trace
        self._may_grow = may_grow
        self._first_row = trace.first_row
        self._audit_variable = audit_variable
        self._room = room_for(trace.size_bytes)
        self._beginnings = 0
        self._reading_seconds = 0.0
        self._written: deque[_Written] = deque(maxlen=_SIZED_BY)
        self._states_left = MOST_STATES
        self._series = StateSeries({"trace": trace})
        self._chunks = ChunkWriter()
        self._pace = Pace()
        trace.go_back(trace.first_row)
        self._repeated = RepeatedRows(trace)
        self._begin()

    def _begin(self) -> None:
        self._beginnings += 1
        self._renamed = self._trace.connections.claims.renamed
        self._series.begin_anew()
        self._pace = Pace()
        self._take(None)

    def _take(self, state: TakenUp | None) -> None:
        """Begin an analysis, with a state if there is one."""
        self._analysis = analysis = Analysis(
            self._trace, audit_variable=self._audit_variable, state=state
        )
        self._readers = (
            analysis.statistics(),
            analysis.statistics(by_descriptor=True),
            ActivityReader(analysis.context),
        )

    def _read_back(self) -> None:
        """Go on with the state that was written last, as a viewer would.

        Raises:
            NotKeptError: it cannot be taken up.
        """
        began = process_time()
        state = self._series.read_back()
        self._take(state)
        if state.restored != set(SECTIONS):
            raise NotKeptError("a state that cannot be taken up")
        self._pace.took_up(process_time() - began)

    @property
    def _roots(self) -> dict[str, Mapping[str, Any]]:
        analysis, (numbers, descriptors, activity) = self._analysis, self._readers
        return {
            "processes": {"pairs": analysis.pairs, "processes": analysis.processes},
            "timeline": {"timeline": analysis.timeline},
            "numbers": {"counts": numbers.counts},
            "resolved": {"resolver": analysis.resolved.resolver},
            "descriptors": {"descriptor_counts": descriptors.counts},
            "activity": {"activity": activity},
        }

    def states(self) -> Iterator[list[tuple[str, Iterable[bytes]]]]:
        """One state after the other: its sections, as `write_growing` takes them.

        Raises:
            NotKeptError: something cannot be written.
        """
        while self._states_left > 0:
            row = self._next_row()
            while row is None and self._has_grown():
                row = self._next_row()
            if row is None or not self._read_up_to(row):
                return
            began = process_time()
            with without_collecting():
                state = self._state(row)
            if state is None:
                return
            seconds = process_time() - began
            self._written.append(_Written(row, len(state[TOLD]), len(state[BLOCKS]), seconds))
            self._states_left -= 1
            is_due = self._pace.wrote(seconds)
            yield [(section_name(row, name), (packed,)) for name, packed in state.items()]
            if is_due:
                self._read_back()

    def _has_grown(self) -> bool:
        """Wait for rows; False if none will come that count."""
        trace = self._trace
        if not self._may_grow:
            return False
        is_last = not is_growing(trace.path)
        before, size = trace.available_rows, trace.size_bytes
        if not is_last:
            time.sleep(_WAIT_SECONDS)
        trace.refresh()
        self._room += room_for(trace.size_bytes) - room_for(size)
        has_grown = trace.available_rows > before
        return trace.first_row == self._first_row and (has_grown or not is_last)

    def _next_row(self) -> int | None:
        """Where the next state is to be; None if there is no room, or no row for it."""
        trace, written = self._trace, self._written
        end, first = trace.available_rows, trace.first_row
        if self._may_grow:
            # What belongs to the rows at the end may be still to come.
            end -= _NEAR
        last = written[-1].row if written else first
        apart = LEAST_APART
        if written:
            growing = (1 + (end - first) / (last - first)) / 2
            expected = growing * written[-1].told_bytes
            expected += sum(each.block_bytes for each in written) / len(written)
            fitting = (end - last) * max(expected / max(self._room, 1), 1 / (self._states_left + 1))
            # How large they become shows only with time.
            apart = max(apart, min(int(fitting), last - first))
            pace = (last - first) / max(self._reading_seconds, 1e-3)
            apart = max(apart, int(written[-1].seconds / WRITING_SHARE * pace))
        for begin in range(last + apart, end, LEAST_APART):
            for row in range(begin, min(begin + _TRIED, end)):
                if parts_nothing(trace, row):
                    return row
        return None

    def _read_up_to(self, row: int) -> bool:
        """Let an analysis see the rows before one, and no others; False if it is not worth it."""
        trace, began = self._trace, process_time()
        trace.limit = row
        trace.refresh()
        if trace.first_row != self._first_row:
            return False
        if self._renamed != trace.connections.claims.renamed:
            if self._beginnings >= _MOST_BEGINNINGS:
                return False
            self._begin()
        self._analysis.finish(*self._readers, self._repeated)
        self._reading_seconds += process_time() - began
        return True

    def _state(self, row: int) -> dict[str, bytes] | None:
        """The bytes of a state by their names; None if there is no room for them."""
        series, blocks = self._series, self._series.blocks
        told: dict[str, Any] = {**series.write(self._roots)}
        told[ROWS] = rows_before(self._trace, row)
        taken_in = {"connections": self._trace.connections, "lost": self._trace.lost}
        told[TAKEN_IN] = blocks.table(StateWriter({}).values(taken_in))
        told_rows, bits = self._repeated.packed()
        told[REPEATED] = blocks.table([msgpack.packb(told_rows), bits])
        told |= {RENAMED: self._renamed, PACKED_BYTES: blocks.packed_bytes}
        told[COLUMNS] = blocks.table(self._chunks.pieces(series.columns, blocks))
        state = {TOLD: msgpack.packb(told), BLOCKS: blocks.take()}
        self._room -= sum(map(len, state.values()))
        return state if self._room >= 0 else None


def parts_nothing(trace: Trace, row: int) -> bool:
    """Whether no two rows that tell the same are before a row and after it: who has not seen the
    second takes the first for all that comes.

    These are the raw and the decoded row of a call, and the two rows of a process's end.
    """
    before, after = trace.held_rows(row - _NEAR, row), trace.held_rows(row, row + _NEAR)
    going_on, anew = Doubles(), Doubles()
    going_on.mask(before)
    if not np.array_equal(going_on.mask(after), anew.mask(after)):
        return False
    ending = _ends(before, MessageType.SENTRY_TASK_EXIT)
    ending -= _ends(before, MessageType.SENTRY_EXIT_NOTIFY_PARENT)
    return ending.isdisjoint(_ends(after, MessageType.SENTRY_EXIT_NOTIFY_PARENT))


def _ends(rows: npt.NDArray[np.void], told_by: MessageType) -> set[tuple[int, int]]:
    """The connections and thread group ids of which rows tell an end in one way."""
    own = rows[rows["type"] == told_by]
    return set(zip(own["conn"].tolist(), own["pid"].tolist(), strict=True))
