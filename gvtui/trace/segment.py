"""One log and its index, open for reading."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.files import open_to_read
from gvtui.trace import files
from gvtui.trace.records import (
    HEAD_SIZE,
    MAX_PAYLOAD,
    REAL_SIZE,
    DamagedError,
    LogKind,
    head_in,
)
from gvtui.trace.row import ROW_SIZE, Flag, Kind
from gvtui.trace.savefile import SAVED_SIZE

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.trace.row import Row

_LOG_KINDS = {
    Kind.MESSAGE: LogKind.MESSAGE,
    Kind.OPENED: LogKind.OPENED,
    Kind.CLOSED: LogKind.CLOSED,
    Kind.MARK: LogKind.MARK,
}


def _opened(path: Path) -> int:
    with open_to_read(path) as file:
        return os.dup(file.fileno())


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
    is_save_file: bool = False

    @property
    def end_row(self) -> int:
        """One past its newest row."""
        return self.first_row + self.rows

    @classmethod
    def open(cls, number: int, log: Path, index: Path, *, is_save_file: bool = False) -> Segment:
        """Open both files; `is_save_file` says that the log is one of gVisor's.

        Raises:
            OSError: one cannot be read.
        """
        log_fd = _opened(log)
        try:
            index_fd = _opened(index)
        except OSError:
            os.close(log_fd)
            raise
        head = files.IndexHead.unpack(os.pread(index_fd, files.INDEX_HEAD_SIZE, 0))
        segment = cls(number, log_fd, index_fd, head.first_row if head else 0, 0, head is not None)
        segment.is_save_file = is_save_file
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

    def payload(self, row: Row) -> bytes:
        """The record of a row, without its head.

        Raises:
            DamagedError: there is no such record where the row says.
        """
        if self.is_save_file:
            lead = SAVED_SIZE.size if row.length else 0
        elif row.flags & Flag.TRUNCATED:
            lead = HEAD_SIZE + REAL_SIZE.size
        else:
            lead = HEAD_SIZE
        data = b""
        if 0 <= row.offset - lead < 1 << 62 and row.length <= MAX_PAYLOAD:
            data = os.pread(self.log_fd, lead + row.length, row.offset - lead)
        if len(data) != lead + row.length or not self._is_head_of(row, data, lead):
            raise DamagedError(f"the record at offset {row.offset} is damaged")
        return data[lead:]

    def _is_head_of(self, row: Row, data: bytes, lead: int) -> bool:
        if self.is_save_file:
            return not lead or SAVED_SIZE.unpack_from(data) == (row.length,)
        if row.kind == Kind.DROP:
            # It has no record: what is there is the message that told of it.
            return True
        kind = LogKind.TRUNCATED if row.flags & Flag.TRUNCATED else _LOG_KINDS.get(Kind(row.kind))
        return head_in(data) == (kind, row.conn, row.recv_ns, lead - HEAD_SIZE + row.length)

    def close(self) -> None:
        """Close both files."""
        os.close(self.log_fd)
        os.close(self.index_fd)
