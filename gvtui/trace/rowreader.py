"""Reads the rows of a trace, their records and their strings: for the process that has opened it,
and for others that it shares its files with."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from gvtui.trace.carried import carried_in
from gvtui.trace.damage import Damage
from gvtui.trace.payloads import payload_start
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Row
from gvtui.trace.strings import LOST_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from gvtui.trace.carried import CarriedMark
    from gvtui.trace.segments import Segments
    from gvtui.trace.stretches import Stretch
    from gvtui.trace.strings import StringReader

_BLOCK = 256
"""How many rows are read together when a single row is needed."""
_FEW = 16
"""So many rows of a block are taken one by one; who wants more will want most of them."""
_MAX_BLOCKS = 64


class _Block:
    """Some consecutive rows."""

    __slots__ = ("_known", "_rows", "_tuples")

    def __init__(self, rows: npt.NDArray[np.void]) -> None:
        self._rows = rows
        self._known: dict[int, Row] = {}
        self._tuples: list[Any] = []

    def row(self, place: int) -> Row:
        """One of them."""
        if self._tuples:
            return Row(*self._tuples[place])
        known = self._known.get(place)
        if known is None:
            if len(self._known) >= _FEW:
                self._tuples = self._rows.tolist()
            known = self._known[place] = Row(*self._rows[place].item())
        return known


class RowReader:
    """Rows by id, over segments and strings that a subclass opens and closes."""

    def __init__(self, segments: Segments, strings: StringReader) -> None:
        self._segments, self._strings = segments, strings
        self.damage = Damage()
        """The records found to be damaged so far."""
        self.first_row = segments.first_row
        """The id of the oldest row: a flight recorder removes old ones."""
        self.end_row = segments.end_row
        """The id after the newest row that may be read."""
        self._blocks: OrderedDict[tuple[int, int], _Block] = OrderedDict()

    @property
    def strings(self) -> Sequence[str]:
        """All interned strings by number, as far as they have been read."""
        return self._strings.texts

    def string(self, number: int) -> str:
        """An interned string; an ellipsis for a lost one."""
        texts = self._strings.texts
        return texts[number] if number < len(texts) else LOST_TEXT

    def carried(self) -> list[tuple[int, CarriedMark]]:
        """The processes of each connection at `first_row`, if older rows have been let go."""
        return carried_in(self._segments.head()) if self.first_row else []

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """The rows from `start` to before `stop`, as far as the trace has them; dtype
        `ROW_DTYPE`."""
        start = max(start, self.first_row)
        stop = min(stop, self.end_row)
        return self._segments.read(start, stop)

    def stretches(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> Iterator[Stretch]:
        """The bytes of the log behind some of consecutive rows; see `gvtui.trace.stretches`."""
        return self._segments.stretches(start, rows, asked)

    def intact(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Which of consecutive rows are asked for, and have records that are as they came.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
            asked: which of them to check; `damage` counts what is not as it came.
        """
        return self._segments.intact(start, rows, asked, self.damage)

    def row(self, index: int) -> Row:
        """One row.

        Raises:
            IndexError: the row does not exist, or has been removed.
        """
        if not self.first_row <= index < self.end_row:
            raise IndexError(
                f"no row {index}: rows {self.first_row} to {self.end_row - 1} are there"
            )
        start = index - index % _BLOCK
        stop = min(start + _BLOCK, self.end_row)
        first = max(start, self.first_row)
        block = self._blocks.get((first, stop))
        if block is None:
            block = self._blocks[first, stop] = _Block(self.rows(first, stop))
            if len(self._blocks) > _MAX_BLOCKS:
                self._blocks.popitem(last=False)
        return block.row(index - first)

    def payload(self, index: int) -> bytes:
        """The payload of a row's record: a message's bytes with header, else a msgpack map.

        Raises:
            IndexError: the row is not there.
            DamagedError: the record is damaged; `damage` counts it.
        """
        return self.payload_of(index, self.row(index))

    def payload_of(self, index: int, row: Row) -> bytes:
        """The payload of the record of a row that is known, and may be held back.

        Raises:
            DamagedError: the record is damaged; `damage` counts it.
        """
        segment = self._segments.of(index)
        try:
            return segment.payloads.read(index, row)
        except DamagedError:
            self.damage.note(segment.number, payload_start(row))
            raise
