"""A segment: one log and its index, open for reading."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.trace import files
from gvtui.trace.bytesource import open_source
from gvtui.trace.payloads import PART, SAVE_FILE, Part, Payloads
from gvtui.trace.pieceheads import piece_head
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE, Row
from gvtui.trace.scanning import first_head, format_of
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.trace.bytesource import ByteSource

_STEP = 64 << 10
"""Bytes of a log read at once to tell its format."""

_MAX_PARTS = 1 << 20
_MAX_HEADS = 256
"""How many headers of joined recordings are read: each is read when a recording is opened."""


@dataclass(slots=True)
class Segment:
    """The only segment of a recording, or one of a flight recorder. Owns both files.

    A row's `offset` is an offset in this segment's log.
    """

    number: int
    log: ByteSource
    index: ByteSource
    first_row: int
    rows: int
    has_head: bool
    """Whether the index has its head; a segment that is being created may lack it."""
    parts: list[Part]
    """What the log was written by, in the order of their places; never empty."""
    is_piece: bool = False
    """Whether it is what was kept of segments that have gone; see `gvtui.trace.thinning`."""
    payloads: Payloads = field(init=False)

    def __post_init__(self) -> None:
        self.payloads = Payloads(self.log, self.parts, self.first_row, self.read)

    def number_from(self, first_row: int) -> None:
        """Give its rows other ids, from this one on."""
        if first_row != self.first_row:
            self.first_row = first_row
            self.payloads = Payloads(self.log, self.parts, first_row, self.read)

    @property
    def end_row(self) -> int:
        """The id after its newest row."""
        return self.first_row + self.rows

    @classmethod
    def open(cls, number: int, log: Path, index: Path, *, is_save_file: bool = False) -> Segment:
        """Open both files; `is_save_file` if the log is a save file of gVisor's.

        Raises:
            OSError: a file cannot be read.
        """
        log_source = open_source(log)
        try:
            index_source = open_source(index)
        except OSError:
            log_source.close()
            raise
        head = files.IndexHead.read(index_source)
        parts = _parts(index_source, head) if head is not None and head.parts else []
        if not parts:
            window = Window(log_source, log_source.size, step=_STEP)
            parts = [Part(0, SAVE_FILE if is_save_file else format_of(window))]
        first_row = head.first_row if head is not None else 0
        segment = cls(number, log_source, index_source, first_row, 0, head is not None, parts)
        segment.is_piece = files.is_piece(log)
        segment.refresh()
        return segment

    def refresh(self) -> bool:
        """Update the number of rows; True if it has changed."""
        size = self.index.size - files.INDEX_HEAD_SIZE
        if len(self.parts) > 1:
            size -= len(self.parts) * PART.size
        rows = max(0, size) // ROW_SIZE
        changed = rows != self.rows
        self.rows = rows
        return changed

    def read(self, start: int, out: npt.NDArray[np.void]) -> int:
        """Read rows from `start` on into `out`; returns how many were read."""
        offset = files.INDEX_HEAD_SIZE + (start - self.first_row) * ROW_SIZE
        return self.index.pread_into(out.view(np.uint8).data, offset) // ROW_SIZE

    def log_end(self) -> int:
        """Where the log ends that the rows describe."""
        head = files.IndexHead.read(self.index)
        if not self.rows or (head is not None and head.log_size):
            return self.log.size
        return self.end_of_records()

    def end_of_records(self) -> int:
        """Where in its log the record of its last row ends; 0 without rows."""
        if not self.rows:
            return 0
        last = np.empty(1, ROW_DTYPE)
        self.read(self.end_row - 1, last)
        return self.payloads.end_of(self.end_row - 1, Row(*last[0].tolist()))

    def head(self) -> dict[str, Any]:
        """What the header of its log says; empty where nothing of it can be read. Of a piece whose
        header is damaged it tells what was let go all the same."""
        window = Window(self.log, self.log.size, step=_STEP)
        return piece_head(window) if self.is_piece else first_head(window) or {}

    def heads(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """What the headers say of the recordings that its log is joined of, of 256 at most; in
        front of each, what the numbers of its connections have been moved on by."""
        shifts = dict.fromkeys(part.shift for part in self.parts)
        first = {part.shift: part.position for part in reversed(self.parts)}
        for shift in islice(shifts, _MAX_HEADS):
            window = Window(self.log, self.log.size, step=_STEP)
            yield shift, first_head(window, first[shift]) or {}

    def first_row_of(self, shift: int) -> int:
        """The id of the first row of the one of these recordings whose connections have been moved on
        by so much."""
        position = next((each.position for each in self.parts if each.shift == shift), 0)
        low, high = self.first_row, self.end_row
        row = np.empty(1, ROW_DTYPE)
        while low < high:
            middle = (low + high) // 2
            self.read(middle, row)
            low, high = (middle + 1, high) if row["offset"][0] < position else (low, middle)
        return low

    def is_at(self, log: Path, index: Path) -> bool:
        """Whether these are still its files; if not, others have taken their places.

        Raises:
            OSError: one of them has gone.
        """
        return all(
            os.path.samestat(os.fstat(source.fileno()), os.stat(path))
            for source, path in ((self.log, log), (self.index, index))
        )

    def close(self) -> None:
        """Close both files."""
        self.log.close()
        self.index.close()


def _parts(index: ByteSource, head: files.IndexHead) -> list[Part]:
    """The parts of a log that are told behind the rows of its index; none if they are cut short."""
    size = min(head.parts, _MAX_PARTS) * PART.size
    data = index.pread(size, files.INDEX_HEAD_SIZE + head.rows * ROW_SIZE)
    return Part.unpack(data) if len(data) == size else []
