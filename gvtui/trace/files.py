"""The names of a trace's files, and the head of an index file."""

from __future__ import annotations

import contextlib
import re
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_SIZE
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gvtui.trace.bytesource import ByteSource

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
    def read(cls, index: ByteSource) -> IndexHead | None:
        """Read the head of an index file, see `unpack`.

        Raises:
            OSError: the file cannot be read.
        """
        return cls.unpack(index.pread(INDEX_HEAD_SIZE, 0))

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


class Piece(NamedTuple):
    """What was kept of consecutive segments of a flight recorder that have gone; see
    `gvtui.trace.thinning`."""

    first: int
    last: int
    """The numbers of the first and the last of these segments."""
    version: int
    """Of two of the same segments, the one that counts has the higher version."""

    @property
    def name(self) -> str:
        """The name of its log."""
        return f"kept-{self.first:08d}-{self.last:08d}-{self.version:04d}{LOG_SUFFIX}"


_PIECE = re.compile(rf"kept-(\d{{8}})-(\d{{8}})-(\d{{4,9}}){re.escape(LOG_SUFFIX)}")


def pieces_in(folder: Path) -> list[Piece]:
    """All pieces in a flight recorder's folder, in no order, also those that no longer count."""
    found = map(_PIECE.fullmatch, (path.name for path in folder.glob(f"kept-*{LOG_SUFFIX}")))
    return [Piece(*map(int, match.groups())) for match in found if match is not None]


def chain(pieces: Iterable[Piece], last: int) -> list[Piece]:
    """The pieces, oldest first, that stand without a gap before what follows a segment.

    One that covers others stands for them: whoever wrote it was ended before it removed those.

    Args:
        pieces: all that there are.
        last: the number of the last segment that they are to cover.
    """
    by_last: dict[int, Piece] = {}
    for each in pieces:
        known = by_last.get(each.last)
        if each.first <= each.last and (
            known is None or (-each.first, each.version) > (-known.first, known.version)
        ):
            by_last[each.last] = each
    found: list[Piece] = []
    while piece := by_last.get(last):
        found.insert(0, piece)
        last = piece.first - 1
    return found


def counting(folder: Path, numbers: list[int]) -> list[Piece]:
    """The pieces that count in a folder with such segments, oldest first, those among them that are
    not seen before their segment goes."""
    there = pieces_in(folder)
    last = max((each.last for each in there if each.last < numbers[-1]), default=0)
    return chain(there, max(last, numbers[0] - 1))


def left_of_pieces(folder: Path) -> list[Path]:
    """The files of pieces that do not count any more, and of those that were not finished: of nobody
    who writes the folder now."""
    numbers = segment_numbers(folder)
    names = {each.name for each in counting(folder, numbers)} if numbers else set()
    return [
        path for path in folder.glob("kept-*") if path.name.removesuffix(INDEX_SUFFIX) not in names
    ]


def pieces_bytes(folder: Path) -> int:
    """Bytes that pieces take, but for those that are another name of a segment that is there."""
    found = 0
    for path in folder.glob("kept-*"):
        with contextlib.suppress(FileNotFoundError):
            info = path.stat()
            found += info.st_size if info.st_nlink == 1 else 0
    return found


def is_piece(log: Path) -> bool:
    """Whether a log in a flight recorder's folder is what was kept of segments that have gone."""
    return _PIECE.fullmatch(log.name) is not None


def is_of_folder(path: Path) -> bool:
    """Whether a file has the name of a segment, or of a piece, of a flight recorder's folder, or of
    the index of one."""
    log = path.name.removesuffix(INDEX_SUFFIX)
    return log.removesuffix(LOG_SUFFIX).isdigit() or _PIECE.fullmatch(log) is not None


def logs_in(folder: Path) -> dict[int, Path]:
    """The logs of a flight recorder by number, oldest first: of a piece the number of the last
    segment of which it was kept."""
    numbers = segment_numbers(folder)
    if not numbers:
        return {}
    kept = chain(pieces_in(folder), numbers[0] - 1)
    logs = {piece.last: folder / piece.name for piece in kept}
    return logs | {number: segment_path(folder, number) for number in numbers}


def no_trace(folder: Path) -> TraceError:
    """That a folder is no flight recorder's; it names the newest of those that are in it."""
    found = []
    with contextlib.suppress(OSError):
        found = sorted(
            each.name
            for each in folder.iterdir()
            if each.is_dir() and each.name.isprintable() and segment_numbers(each)
        )
    if not found:
        return TraceError(f"{folder} holds no trace")
    return TraceError(
        f"{folder} is no trace, but a folder of {counted(len(found), 'trace')}: name one of them, "
        f"such as {folder / found[-1]}"
    )


def logs_of(trace: Path) -> list[Path]:
    """The logs of a recording, or of a flight recorder's folder, oldest first.

    Raises:
        TraceError: the folder has none.
    """
    if not trace.is_dir():
        return [trace]
    logs = logs_in(trace)
    if not logs:
        raise no_trace(trace)
    return list(logs.values())
