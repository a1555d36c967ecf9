"""The names of a trace's files, and the head of an index file."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_SIZE

if TYPE_CHECKING:
    from pathlib import Path

LOG_SUFFIX = ".gvtrace"
INDEX_SUFFIX = ".index"
STRINGS_SUFFIX = ".strings"
KEPT_SUFFIX = ".kept"
SPACED_SUFFIX = ".asof"

INDEX_MAGIC = b"GVTUIDX\x01"
_INDEX_HEAD = struct.Struct("<8s16sQIIQQQII")
_CHECKSUM = struct.Struct("<I")
INDEX_HEAD_SIZE = 88
"""The size of an index's head in bytes; the last four are the checksum of the others."""


class IndexHead(NamedTuple):
    """The head of an index file.

    All but the first two are zero while the index is being written, and are set when it is closed: an
    index that was not closed, and that nobody is writing, cannot be trusted.
    """

    trace_id: bytes
    first_row: int
    """The id of the first row in this file."""
    rows: int = 0
    log_size: int = 0
    """The size of the log that the index describes, in bytes."""
    checksum: int = 0
    """CRC-32 of all rows."""
    damaged_bytes: int = 0
    """How many bytes of the log could not be read when the index was rebuilt from it."""
    strings_checksum: int = 0
    """CRC-32 of all strings that the rows refer to."""
    parts: int = 0
    """Parts of the log that are told behind the rows, where it has more than one."""

    def pack(self) -> bytes:
        """The head as the file has it."""
        packed = _INDEX_HEAD.pack(
            INDEX_MAGIC,
            self.trace_id,
            self.first_row,
            ROW_SIZE,
            self.checksum,
            self.rows,
            self.log_size,
            self.damaged_bytes,
            self.strings_checksum,
            self.parts,
        )
        packed = packed.ljust(INDEX_HEAD_SIZE - _CHECKSUM.size, b"\0")
        return packed + _CHECKSUM.pack(zlib.crc32(packed))

    @classmethod
    def unpack(cls, data: bytes) -> IndexHead | None:
        """Read a head; None if the bytes are not the head of an index."""
        if len(data) < INDEX_HEAD_SIZE:
            return None
        (own_checksum,) = _CHECKSUM.unpack_from(data, INDEX_HEAD_SIZE - _CHECKSUM.size)
        if zlib.crc32(data[: INDEX_HEAD_SIZE - _CHECKSUM.size]) != own_checksum:
            return None
        fields = _INDEX_HEAD.unpack_from(data)
        magic, trace_id, first_row, row_size, checksum, *rest = fields
        if magic != INDEX_MAGIC or row_size != ROW_SIZE:
            return None
        rows, log_size, damaged_bytes, strings_checksum, parts = rest
        return cls(
            trace_id, first_row, rows, log_size, checksum, damaged_bytes, strings_checksum, parts
        )


def index_path(log: Path) -> Path:
    """The path of a log's index."""
    return log.with_name(log.name + INDEX_SUFFIX)


def strings_path(trace: Path) -> Path:
    """The path of a trace's strings: beside a recording, inside a flight recorder's folder."""
    if trace.is_dir():
        return trace / f"trace{STRINGS_SUFFIX}"
    return trace.with_name(trace.name + STRINGS_SUFFIX)


def segment_path(folder: Path, number: int) -> Path:
    """The path of a flight recorder's segment."""
    return folder / f"{number:08d}{LOG_SUFFIX}"


def segment_numbers(folder: Path) -> list[int]:
    """The numbers of a flight recorder's existing segments, oldest first."""
    found = (path.name.removesuffix(LOG_SUFFIX) for path in folder.glob(f"*{LOG_SUFFIX}"))
    return sorted(int(name) for name in found if name.isdigit())


def logs_of(trace: Path) -> list[Path]:
    """The logs of a recording, or of a flight recorder's folder, oldest first.

    Raises:
        TraceError: the folder has none.
    """
    if not trace.is_dir():
        return [trace]
    numbers = segment_numbers(trace)
    if not numbers:
        raise TraceError(f"{trace} holds no trace")
    return [segment_path(trace, number) for number in numbers]
