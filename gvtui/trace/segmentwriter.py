"""Writes the log and the index of a segment."""

from __future__ import annotations

import contextlib
import fcntl
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gvtui.trace import files
from gvtui.trace.batches import SALT_SIZE, pack_one
from gvtui.trace.details import pack_details
from gvtui.trace.output import Output
from gvtui.trace.records import LogKind
from gvtui.trace.row import ROW_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(slots=True)
class SegmentWriter:
    """Both files of a segment; the log is locked. Owns their descriptors until `close`."""

    number: int
    log: Output
    index: Output
    trace_id: bytes
    first_row: int
    salt: bytes
    """The salt in all batches of this segment."""
    checksum: int = 0
    """CRC-32 of the rows."""

    @classmethod
    def create(
        cls, log_path: Path, head: dict[str, Any], trace_id: bytes, now: int
    ) -> SegmentWriter:
        """Create both files with their heads.

        Args:
            log_path: the log, which must not exist.
            head: what the header says, `segment` and `first_row` among it.
            trace_id: which trace the index belongs to.
            now: ns since the epoch.

        Raises:
            OSError: the files exist or cannot be written; then neither has been created.
        """
        salt = os.urandom(SALT_SIZE)
        first_row = head["first_row"]
        log = Output.create(log_path)
        with removed_on_failure(log):
            fcntl.flock(log.fd, fcntl.LOCK_EX)
            log.append(pack_one(LogKind.HEADER, 0, now, salt, 0, pack_details(head)))
            index = Output.create(files.index_path(log_path))
            with removed_on_failure(index):
                index.append(files.IndexHead(trace_id, first_row).pack())
        return cls(head["segment"], log, index, trace_id, first_row, salt)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return (self.index.size - files.INDEX_HEAD_SIZE) // ROW_SIZE

    @property
    def size(self) -> int:
        """The size of both files in bytes."""
        return self.log.size + self.index.size

    def append(self, records: Sequence[bytes | memoryview], rows: bytes) -> None:
        """Write records, in pieces, and their rows.

        Raises:
            OSError: they could not be written, and none of them was.
        """
        log_size = self.log.size
        try:
            for piece in records:
                self.log.append(piece)
            self.index.append(rows)
        except OSError:
            self.log.cut(log_size)
            raise
        self.checksum = zlib.crc32(rows, self.checksum)

    def close(self, summary: dict[str, Any] | None, now: int, strings_checksum: int) -> None:
        """Write the summary after the records, if there is one, seal the index and close both files.

        Raises:
            OSError: the index cannot be sealed.
        """
        packed = pack_details(summary) if summary is not None else b""
        # Where the disk is full the rest is sealed all the same.
        with contextlib.suppress(OSError):
            if packed:
                self.log.append(pack_one(LogKind.SUMMARY, 0, now, self.salt, self.log.size, packed))
        head = files.IndexHead(
            self.trace_id,
            self.first_row,
            self.rows,
            self.log.size,
            self.checksum,
            strings_checksum=strings_checksum,
        )
        os.pwrite(self.index.fd, head.pack(), 0)
        self.index.close()
        self.log.close()


@contextlib.contextmanager
def removed_on_failure(output: Output) -> Iterator[None]:
    """Remove a new file if the block fails, since it would be in the way of another attempt."""
    try:
        yield
    except OSError:
        os.close(output.fd)
        output.path.unlink(missing_ok=True)
        raise
