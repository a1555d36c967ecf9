"""One log and its index, open for reading."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace import files
from gvtui.trace.row import ROW_SIZE

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


@dataclass(slots=True)
class Segment:
    """A recording's only segment, or one of a flight recorder's. Owns both descriptors.

    A row's `offset` counts in this segment's log.
    """

    number: int
    log_fd: int
    index_fd: int
    first_row: int
    rows: int
    has_head: bool
    """Whether the index has its head: a segment that is being made may not have it yet."""

    @property
    def end_row(self) -> int:
        """One past its newest row."""
        return self.first_row + self.rows

    @classmethod
    def open(cls, number: int, log: Path, index: Path) -> Segment:
        """Open both files.

        Raises:
            OSError: one cannot be read.
        """
        log_fd = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
        try:
            index_fd = os.open(index, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            os.close(log_fd)
            raise
        head = files.IndexHead.unpack(os.pread(index_fd, files.INDEX_HEAD_SIZE, 0))
        segment = cls(number, log_fd, index_fd, head.first_row if head else 0, 0, head is not None)
        segment.refresh()
        return segment

    def refresh(self) -> bool:
        """Look how many rows there are; True if that has changed."""
        rows = max(0, os.fstat(self.index_fd).st_size - files.INDEX_HEAD_SIZE) // ROW_SIZE
        changed = rows != self.rows
        self.rows = rows
        return changed

    def read(self, start: int, out: npt.NDArray[np.void]) -> int:
        """Fill `out` with rows from `start` on; returns how many there were."""
        offset = files.INDEX_HEAD_SIZE + (start - self.first_row) * ROW_SIZE
        return os.preadv(self.index_fd, [out.view(np.uint8).data], offset) // ROW_SIZE

    def close(self) -> None:
        """Close both files."""
        os.close(self.log_fd)
        os.close(self.index_fd)
