"""The interface through which queries read a trace, and grouping of rows by columns."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.trace.carried import CarriedMark
    from gvtui.trace.row import Row
    from gvtui.trace.stretches import Stretch
    from gvtui.wire.messages import Decoded

CHUNK = 1 << 16
"""How many rows a query reads at a time."""


class RowSource(Protocol):
    """The part of `Trace` that queries use."""

    first_row: int
    end_row: int

    @property
    def side_folders(self) -> Sequence[Path]:
        """Folders for files with data derived from the rows, best first."""

    @property
    def architecture(self) -> str:
        """One of `ARCHITECTURES`, or `UNKNOWN_ARCHITECTURE`."""

    def carried(self) -> list[tuple[int, CarriedMark]]:
        """The processes of each connection at `first_row`, if older rows have been let go."""

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """Rows as an array of `ROW_DTYPE`, as far as the trace has them."""

    def stretches(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> Iterable[Stretch]:
        """The bytes of the log behind consecutive rows; see `gvtui.trace.stretches`."""

    def intact(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Which of consecutive rows are asked for, and have records that are as they came."""

    def row(self, index: int) -> Row:
        """One row; IndexError if the trace does not have it."""

    def decoded(self, index: int) -> Decoded:
        """The decoded message of a row; WireError if it is malformed."""

    def details(self, index: int) -> dict[str, Any]:
        """The details of a row that is not a message."""

    @property
    def strings(self) -> Sequence[str]:
        """All interned strings."""

    def string(self, number: int) -> str:
        """One interned string."""

    @property
    def connections(self) -> Any:  # noqa: ANN401
        """Connections by number."""


def groups(
    places: npt.NDArray[np.intp], *columns: npt.NDArray[Any]
) -> Iterator[npt.NDArray[np.intp]]:
    """Some of the places in integer columns, those with equal values together, each in order."""
    order, bounds = group(*(column[places] for column in columns))
    for begin, end in pairwise(bounds.tolist()):
        yield places[order[begin:end]]


def group(*columns: npt.NDArray[Any]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Group rows with equal values in integer columns.

    Returns:
        The sorted order of the rows, stable within a group, and the index in it at which each group
        begins, followed by the number of rows.
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
        # Sorting plain numbers with the row's index in the low bits is ten times faster.
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
