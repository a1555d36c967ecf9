"""Writes the states of a recording one after the other, each with what has changed since.

What was written last is held in memory. An analysis that begins anew with it, as a viewer does, has
looked at little of it when the next state is due: the rest is neither looked at nor written again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gvtui.query.kept.blocks import BlockWriter
from gvtui.query.kept.objectnumbers import LastingNumbers
from gvtui.query.kept.reading import StateReader
from gvtui.query.kept.takenup import TakenUp
from gvtui.query.kept.writing import StateWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvtui.query.column import RowColumn
    from gvtui.query.kept.held import HeldPiece


_GROWN = 2
"""How many times as many bytes as the last state that was written wholly one may have."""


class StateSeries:
    """The states of one recording, as they are written."""

    def __init__(self, anchors: Mapping[str, object]) -> None:
        """Begin before the first.

        Args:
            anchors: as for `StateWriter`.
        """
        self.blocks = BlockWriter()
        """Has the blocks of the state that is written."""
        self._anchors = anchors
        self._numbers = LastingNumbers()
        self._former: StateReader | None = None
        self._whole_bytes = 0
        self._held: dict[str, list[HeldPiece]] = {}
        self._writer = StateWriter(anchors, self._numbers)
        """That of the state before keeps the objects alive that have numbers."""

    @property
    def columns(self) -> list[RowColumn]:
        """The columns of the state, in the order of its sections."""
        return self._writer.columns

    def write(self, roots: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
        """The tables of the sections of the next state.

        Args:
            roots: the parts of each section by name.

        Raises:
            NotKeptError: something cannot be written.
        """
        # What nobody looks at stays though nothing refers to it any more: not for ever.
        is_whole = self._former is None or self.blocks.packed_bytes > _GROWN * self._whole_bytes
        self.blocks.begin()
        self._numbers.begin()
        writer = StateWriter(self._anchors, self._numbers, None if is_whole else self._former)
        tables: dict[str, bytes] = {}
        for name, parts in roots.items():
            tables[name] = self.blocks.table(writer.section(parts))
            self._held[name] = self.blocks.held(writer.references)
        self._writer = writer
        if is_whole:
            self._whole_bytes = self.blocks.packed_bytes
        return tables

    def read_back(self) -> TakenUp:
        """The state that was written last: whoever is filled with it grows into the next one."""
        self._numbers.forget()
        columns = self._writer.columns
        self._former = StateReader(self._anchors, columns.__getitem__, self._numbers.know)
        return TakenUp(self._former, partial(self._held.__getitem__))

    def begin_anew(self) -> None:
        """From now on what is written has not grown out of what was written."""
        self._numbers.forget()
        self._former = None
