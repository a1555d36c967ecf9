"""Takes up what an analysis had found out at rows of a recording that `spacing` has chosen.

So one can stand at any row soon: the rows between the chosen one and that one are all that is read.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgpack

from gvtui.query.column import RowColumn
from gvtui.query.kept.blocks import read_table
from gvtui.query.kept.chunks import ChunkReader
from gvtui.query.kept.framing import BrokenStateError
from gvtui.query.kept.reading import StateReader
from gvtui.query.kept.takenup import TakenUp
from gvtui.query.kept.version import version
from gvtui.query.repeated import RepeatedRows
from gvtui.trace.connections import Connections
from gvtui.trace.keptfile import open_of
from gvtui.trace.keptplace import states_place
from gvtui.trace.lostrows import LostRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.trace.keptfile import KeptFile
    from gvtui.trace.keptplace import StatesPlace
    from gvtui.trace.reader import Trace

_Value = TypeVar("_Value", int, bytes)

LEAST_ROWS = 50_000
"""A recording with fewer rows is read again sooner than anybody notices."""

ROWS, TAKEN_IN, REPEATED, COLUMNS = "rows", "taken in", "repeated", "columns"
RENAMED, PACKED_BYTES = "renamed", "packed bytes"
"""What a state tells beside the tables of its sections: see `rows_before`; the tables of what the trace
had taken in, of which rows are repeated, and of the chunks of its columns; how often a container's name
had been taken back, as what was found out before is void then; and how many bytes its sections have as
they lie in the file, whichever state has them."""
TOLD, BLOCKS = "told", "blocks"
"""What the file has of a state: all that it tells, and the blocks that no state before has."""
_TOLD_BY = 64
"""How many rows before a state tell that it is of these rows."""

BYTES_A_ROW = 200
"""To take up so many bytes, as they lie in the file, takes as long as to read a row."""


def spaced_version(audit_variable: str) -> str:
    """What the states depend on beside the recording; "" where that cannot be told."""
    code = version()
    return f"{code} as of rows {audit_variable}" if code else ""


def section_name(row: int, name: str) -> str:
    """The name in the file of what it has of the state at a row."""
    return f"{row} {name}"


class SpacedStates:
    """All states that are kept of one recording."""

    def __init__(
        self, trace: Trace, file: KeptFile, place: StatesPlace, audit_variable: str
    ) -> None:
        """Make it of an open file; callers use `open`."""
        self._trace = trace
        self._place = place
        self._audit_variable = audit_variable
        self._file = file
        self._told: tuple[int, dict[str, Any]] = (-1, {})
        """What the state tells that was asked last, with its row."""
        self._rows = _rows_of(file)
        self._chunks = ChunkReader(self._block, trace.side_folders)

    @classmethod
    def open(cls, trace: Trace, audit_variable: str) -> SpacedStates | None:
        """The states that are kept of a recording; None if none are, or they cannot be believed."""
        place, known = states_place(trace), spaced_version(audit_variable)
        if place is None or not known:
            return None
        file = open_of(place.identity, known, place.path)
        if file is None or (not place.may_grow and file.rows != trace.available_rows):
            return None
        return cls(trace, file, place, audit_variable)

    def later(self) -> SpacedStates | None:
        """The states that are kept now, where some have been added since; None where none hold good
        any more."""
        if self.is_whole and not self._place.may_grow:
            return self
        found = SpacedStates.open(self._trace, self._audit_variable)
        if found is not None and self._file.take_over(found._file):
            self._rows = found._rows
            return self
        if found is not None and len(found._rows) >= len(self._rows):
            return found
        now = states_place(self._trace)
        return self if now is not None and now.identity == self._place.identity else None

    @property
    def is_whole(self) -> bool:
        """Whether no more will be added, as long as no rows come."""
        return self._file.is_whole and self._file.rows == self._trace.available_rows

    @property
    def rows(self) -> list[int]:
        """The rows before which the states are, in their order."""
        return list(self._rows)

    def best(self, position: int, reached: int) -> StateAt | None:
        """The state from which all rows before a position are read soonest.

        Args:
            position: the position.
            reached: the position up to which an analysis has read.

        Returns:
            None if that analysis is there sooner.
        """
        place = bisect_right(self._rows, position) - 1
        if place < 0 or self._rows[place] <= reached:
            return None
        row = self._rows[place]
        try:
            if row - reached < self._tells(row, PACKED_BYTES, int) // BYTES_A_ROW:
                return None
            if self._tells(row, ROWS, bytes) != rows_before(self._trace, row):
                return None
            return StateAt(self, row)
        except BrokenStateError:
            return None

    def take_in(self, row: int) -> None:
        """Have the trace take in all rows up to its limit, those before a state at once.

        Raises:
            BrokenStateError: what it had taken in then is missing, or damaged.
        """
        reader = StateReader({}, lambda _: RowColumn())
        found = reader.values(self.pieces(row, TAKEN_IN))
        connections, lost = found.get("connections"), found.get("lost")
        if not isinstance(connections, Connections) or not isinstance(lost, LostRows):
            raise BrokenStateError(f"{TAKEN_IN} at {row}")
        self._trace.take_up(row, connections, lost)
        self._trace.refresh()

    def repeated(self, row: int) -> RepeatedRows:
        """What was known at a row of the rows that are repeated.

        Raises:
            BrokenStateError: it is missing, or damaged.
        """
        found = RepeatedRows(self._trace)
        try:
            told, bits = self.pieces(row, REPEATED)
            found.take_packed(msgpack.unpackb(told()), bits())
        except (ValueError, TypeError, msgpack.UnpackException) as error:
            raise BrokenStateError(f"{REPEATED} at {row}: {error}") from error
        return found

    def is_void(self, row: int) -> bool:
        """Whether rows that the trace has taken in since tell that those before a state are of
        another sandbox than it seemed.

        Raises:
            BrokenStateError: nothing tells.
        """
        return self._tells(row, RENAMED, int) != self._trace.connections.claims.renamed

    def reader(self, row: int) -> StateReader:
        """What fills parts with the state at a row.

        Raises:
            BrokenStateError: nothing tells where its columns are.
        """
        columns = self._chunks.columns(self.pieces(row, COLUMNS))
        self._chunks.look(columns)
        return StateReader(
            {"trace": self._trace}, lambda number: self._chunks.column(columns[number])
        )

    def pieces(self, row: int, name: str) -> list[Callable[[], bytes]]:
        """What gives the pieces of a section of the state at a row.

        Raises:
            BrokenStateError: something is missing, or damaged.
        """
        return read_table(self._tells(row, name, bytes), self._block)

    def _block(self, state: int, offset: int, size: int) -> bytes:
        return self._file.part(section_name(self._rows[state], BLOCKS), offset, size)

    def _tells(self, row: int, name: str, kind: type[_Value]) -> _Value:
        """What the state at a row tells under a name.

        Raises:
            BrokenStateError: it is missing, or damaged.
        """
        known, told = self._told
        if known != row:
            packed = self._file.read(section_name(row, TOLD))
            if packed is None:
                raise BrokenStateError(f"the state at {row}")
            told = _unpacked(packed)
            self._told = (row, told)
        found = told.get(name)
        if not isinstance(found, kind):
            raise BrokenStateError(f"{name} at {row}")
        return found


def _unpacked(packed: bytes) -> dict[str, Any]:
    try:
        told = msgpack.unpackb(packed)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise BrokenStateError(f"what a state tells: {error}") from error
    if not isinstance(told, dict):
        raise BrokenStateError("what a state tells")
    return told


def rows_before(trace: Trace, row: int) -> bytes:
    """What tells the last rows before one from those of another trace."""
    return hashlib.sha256(trace.held_rows(row - _TOLD_BY, row).tobytes()).digest()


def _rows_of(file: KeptFile) -> list[int]:
    return sorted({int(name.partition(" ")[0]) for name in file.names})


class StateAt(TakenUp):
    """What an analysis had found out when it had read the rows before one, and no others."""

    def __init__(self, states: SpacedStates, row: int) -> None:
        """Make it; callers use `SpacedStates.best`."""
        super().__init__(states.reader(row), partial(states.pieces, row))
        self._states = states
        self.row = row
        """The row."""

    def take_in(self) -> bool:
        """Have the trace take in all rows up to its limit, those before the state at once.

        Whoever reads the trace begins anew then: its connections are others.

        Returns:
            Whether the state holds good for these rows.
        """
        try:
            self._states.take_in(self.row)
            return not self._states.is_void(self.row)
        except BrokenStateError:
            return False

    def repeated(self) -> RepeatedRows | None:
        """What was known of the rows that are repeated; None where it cannot be believed."""
        try:
            return self._states.repeated(self.row)
        except BrokenStateError:
            return None
