"""What queries need of a trace, and how they bring the rows of a thread or a process together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.trace.row import Row
    from gvtui.trace.stretches import Stretch
    from gvtui.wire.messages import Decoded

CHUNK = 1 << 16
"""Rows that a query takes in at once."""


class RowSource(Protocol):
    """The part of a `Trace` that queries read."""

    first_row: int
    end_row: int

    @property
    def side_folders(self) -> Sequence[Path]:
        """Where what is worked out for each row may lie, best first."""

    @property
    def architecture(self) -> str:
        """One of `ARCHITECTURES`, or `UNKNOWN_ARCHITECTURE`."""

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """Rows as an array of `ROW_DTYPE`, as far as they are held."""

    def stretches(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> Iterable[Stretch]:
        """The bytes of the log behind consecutive rows; see `gvtui.trace.stretches`."""

    def row(self, index: int) -> Row:
        """One row; IndexError if it is not there."""

    def decoded(self, index: int) -> Decoded:
        """A message row's message; WireError if it is malformed."""

    def details(self, index: int) -> dict[str, Any]:
        """What a row says that is no message."""

    @property
    def strings(self) -> Sequence[str]:
        """All interned strings."""

    def string(self, number: int) -> str:
        """One interned string."""

    @property
    def connections(self) -> Any:  # noqa: ANN401
        """Connections by number."""


def group(*columns: npt.NDArray[Any]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Bring rows with equal values in whole-number columns together.

    Returns:
        The order that does so, stable within a group, and where in it each group begins, followed
        by the number of rows.
    """
    count = len(columns[0])
    if count == 0:
        return np.empty(0, np.intp), np.zeros(1, np.intp)
    index_bits = (count - 1).bit_length()
    bits = index_bits
    parts = []
    for column in columns:
        wide = column.astype(np.int64)
        low = int(wide.min())
        width = (int(wide.max()) - low).bit_length()
        bits += width
        parts.append(((wide - low).astype(np.uint64), np.uint64(width)))
    differs = np.zeros(count - 1, np.bool_)
    if bits <= 64:
        # Sorting plain numbers with the row's place in the low bits is ten times quicker.
        packed = np.zeros(count, np.uint64)
        for part, shift in parts:
            packed = (packed << shift) | part
        packed = (packed << np.uint64(index_bits)) | np.arange(count, dtype=np.uint64)
        packed.sort()
        order = (packed & np.uint64((1 << index_bits) - 1)).astype(np.intp)
        keys = packed >> np.uint64(index_bits)
        differs = keys[1:] != keys[:-1]
    else:
        order = np.lexsort([part for part, _ in reversed(parts)])
        for part, _ in parts:
            ordered = part[order]
            differs |= ordered[1:] != ordered[:-1]
    return order, np.flatnonzero(np.concatenate(([True], differs, [True])))
