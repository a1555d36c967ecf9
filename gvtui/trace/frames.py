"""The layout of a log or an index that is compressed: zstd's seekable format, with a note in front.

A segment that is complete may lie compressed. The file is one that any zstd reads:

======================= =======================================================================
what                    bytes
======================= =======================================================================
note                    a skippable frame (`0x184D2A5D`), see below
frames                  zstd frames, each of so many plain bytes as the note says, the last of
                        fewer; each with its size and a checksum of its contents
note                    the same again, in case the first is damaged
table                   a skippable frame (`0x184D2A5E`): for each frame before, notes included,
                        its size here and its plain size (u32 each, 0 for a note); then how many
                        these are (u32), a zero byte, and `0x8F92EAB1`
======================= =======================================================================

A note holds, little-endian: `MAGIC`, the plain size (u64), the plain size of a frame (u32), the
width (u32) and a CRC-32 of these. With a width, as an index has it, the bytes of a frame lie turned
about: the first byte of each row, then the second of each, and so on, then what is less than a row;
without one, as a log has it, they lie as they are. So any plain byte is found by reading one frame.

All numbers here are claims. A file is read only as far as they agree with each other and with its
size; where the table is damaged or cut off, the frames are found one after another by their own
sizes; a frame that is damaged reads as zeros, in which whatever reads the log finds the damage.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Pread = Callable[[int, int], bytes]
    """Gives so many bytes of a file, from an offset on."""

MAGIC = b"GVTUZST\x01"
_NOTE = struct.Struct("<8sQII")
_CRC = struct.Struct("<I")
_SKIPPABLE = struct.Struct("<II")
_NOTE_KIND, _TABLE_KIND = 0x184D2A5D, 0x184D2A5E
NOTE_SIZE = _SKIPPABLE.size + _NOTE.size + _CRC.size
"""Bytes of a note, as a frame."""
_ENTRY = np.dtype([("size", "<u4"), ("plain", "<u4")])
_FOOTER = struct.Struct("<IBI")
_SEEKABLE = 0x8F92EAB1

MOST_FRAME_BYTES = 1 << 20
"""Plain bytes of the largest frame that is read."""
_MOST_SIZE = 64 << 30
_MOST_FRAMES = 1 << 22
_MOST_FRONT = 18
"""Bytes of the longest front of a zstd frame."""
_CHECKSUM_BYTES = 4
_BLOCK_BYTES = 3
_RLE = 1

LEVEL = 3
"""How hard zstd tries."""


class FramesNote(NamedTuple):
    """What a note says."""

    size: int
    """The plain size of the whole."""
    frame_bytes: int
    """The plain size of each frame but the last."""
    width: int
    """Bytes of a row, where the bytes of a frame lie turned about; 0 where they do not."""

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return -(-self.size // self.frame_bytes)

    def plain_size(self, number: int) -> int:
        """The plain size of a frame."""
        return min(self.frame_bytes, self.size - number * self.frame_bytes)

    def pack(self) -> bytes:
        """The note as a frame."""
        packed = _NOTE.pack(MAGIC, *self)
        front = _SKIPPABLE.pack(_NOTE_KIND, _NOTE.size + _CRC.size)
        return front + packed + _CRC.pack(zlib.crc32(packed))

    @classmethod
    def unpack(cls, data: bytes) -> FramesNote | None:
        """Read a note; None if the bytes are none, or say what cannot be."""
        packed = data[_SKIPPABLE.size : NOTE_SIZE - _CRC.size]
        front = _SKIPPABLE.pack(_NOTE_KIND, _NOTE.size + _CRC.size)
        if len(data) < NOTE_SIZE or not data.startswith(front):
            return None
        if data[NOTE_SIZE - _CRC.size : NOTE_SIZE] != _CRC.pack(zlib.crc32(packed)):
            return None
        magic, size, frame_bytes, width = _NOTE.unpack(packed)
        note = cls(size, frame_bytes, width)
        is_possible = 0 < frame_bytes <= MOST_FRAME_BYTES and width <= frame_bytes
        is_possible = is_possible and size <= _MOST_SIZE and note.frames <= _MOST_FRAMES
        return note if magic == MAGIC and is_possible else None


class FramesTable(NamedTuple):
    """Where the frames of a file lie."""

    note: FramesNote
    """What it says; of a file that was cut short, the size of what is left."""
    starts: list[int]
    """Where each frame begins, and at the end where the last one ends."""


def packed_frames(read: Pread, note: FramesNote, level: int = LEVEL) -> Iterator[bytes]:
    """The whole compressed file, piece by piece.

    Args:
        read: gives the plain bytes.
        note: how they are to lie.
        level: how hard zstd tries.

    Raises:
        OSError: a plain byte cannot be read.
        EOFError: there are fewer than the note says.
    """
    compressor = zstandard.ZstdCompressor(level, write_checksum=True, write_content_size=True)
    yield note.pack()
    entries = np.zeros(note.frames + 2, _ENTRY)
    entries["size"][[0, -1]] = NOTE_SIZE
    for number in range(note.frames):
        plain = read(note.plain_size(number), number * note.frame_bytes)
        if len(plain) != note.plain_size(number):
            raise EOFError("it is shorter than it was")
        frame = compressor.compress(turned(plain, note.width))
        entries[number + 1] = len(frame), len(plain)
        yield frame
    yield note.pack()
    table = entries.tobytes() + _FOOTER.pack(len(entries), 0, _SEEKABLE)
    yield _SKIPPABLE.pack(_TABLE_KIND, len(table)) + table


def turned(plain: bytes, width: int) -> bytes:
    """The bytes of a frame as they lie in it: by their places in the rows, where there is a width."""
    if not width:
        return plain
    whole = len(plain) - len(plain) % width
    rows = np.frombuffer(plain, np.uint8, whole).reshape(-1, width)
    return rows.T.tobytes() + plain[whole:]


def turned_back(stored: bytes, width: int) -> bytes:
    """The plain bytes of what `turned` gave."""
    if not width:
        return stored
    whole = len(stored) - len(stored) % width
    planes = np.frombuffer(stored, np.uint8, whole).reshape(width, -1)
    return planes.T.tobytes() + stored[whole:]


def plain_frame(
    decompressor: zstandard.ZstdDecompressor, frame: bytes, size: int, width: int
) -> bytes | None:
    """The plain bytes of a frame; None if it is damaged, or would have another size than this."""
    try:
        front = zstandard.get_frame_parameters(frame)
        if front.content_size != size or not front.has_checksum:
            return None
        stored = decompressor.decompress(frame, max_output_size=size)
    except (zstandard.ZstdError, MemoryError):
        return None
    return turned_back(stored, width) if len(stored) == size else None


def find_frames(read: Pread, size: int, plain_starts: tuple[bytes, ...]) -> FramesTable | None:
    """Where the frames of a file lie; None if it is not compressed.

    Args:
        read: gives the file's bytes.
        size: the size of the file.
        plain_starts: how files begin that are plain, whatever stands at their end: that may have
            come from a sandbox.

    Raises:
        OSError: the file cannot be read.
    """
    start = read(NOTE_SIZE, 0)
    note = FramesNote.unpack(start)
    if note is None and (start.startswith(plain_starts) or size < 2 * NOTE_SIZE):
        return None
    footer = read(_FOOTER.size, size - _FOOTER.size)
    count, flags, magic = _FOOTER.unpack(footer) if len(footer) == _FOOTER.size else (0, 1, 0)
    table_size = count * _ENTRY.itemsize + _FOOTER.size
    begin = size - table_size - _SKIPPABLE.size
    is_table = magic == _SEEKABLE and not flags and 2 <= count <= _MOST_FRAMES + 2
    if is_table and begin >= 2 * NOTE_SIZE:
        note = note or FramesNote.unpack(read(NOTE_SIZE, begin - NOTE_SIZE))
        data = read(table_size + _SKIPPABLE.size, begin)
        if note is not None and data.startswith(_SKIPPABLE.pack(_TABLE_KIND, table_size)):
            entries = np.frombuffer(data, _ENTRY, count, _SKIPPABLE.size)
            starts = _checked(entries, note, begin)
            if starts is not None:
                return FramesTable(note, starts)
    if note is None:
        return None
    starts = _walked(read, size, note)
    left = min(note.size, (len(starts) - 1) * note.frame_bytes)
    return FramesTable(note._replace(size=left), starts)


def _checked(entries: np.ndarray, note: FramesNote, end: int) -> list[int] | None:
    """Where the frames begin that a table lists; None if it does not agree with the file."""
    sizes, plain = entries["size"].astype(np.int64), entries["plain"]
    if len(entries) != note.frames + 2 or int(sizes.sum()) != end:
        return None
    if sizes[0] != NOTE_SIZE or sizes[-1] != NOTE_SIZE or plain[0] or plain[-1]:
        return None
    if note.frames:
        is_full = bool((plain[1:-2] == note.frame_bytes).all())
        if not is_full or int(plain[-2]) != note.plain_size(note.frames - 1):
            return None
        if int(sizes.max()) > most_frame_bytes(note.frame_bytes):
            return None
    starts: list[int] = np.cumsum(sizes[:-1]).tolist()
    return starts


def most_frame_bytes(plain_size: int) -> int:
    """The size of the largest frame that zstd makes of so many bytes."""
    return plain_size + (plain_size >> 8) + 128


def _walked(read: Pread, size: int, note: FramesNote) -> list[int]:
    """Where the frames begin, as far as they can be followed by their own sizes."""
    starts = [NOTE_SIZE]
    while len(starts) <= note.frames:
        end = _frame_end(read, starts[-1], most_frame_bytes(note.frame_bytes))
        if end is None or end > size:
            break
        starts.append(end)
    return starts


def _frame_end(read: Pread, start: int, most_bytes: int) -> int | None:
    """Where a zstd frame ends; None if none is there."""
    front = read(_MOST_FRONT, start)
    try:
        position = start + zstandard.frame_header_size(front)
        has_checksum = zstandard.get_frame_parameters(front).has_checksum
    except (zstandard.ZstdError, ValueError):
        return None
    is_last = 0
    while not is_last and position - start <= most_bytes:
        block = read(_BLOCK_BYTES, position)
        if len(block) < _BLOCK_BYTES:
            return None
        told = int.from_bytes(block, "little")
        is_last, kind, length = told & 1, told >> 1 & 3, told >> 3
        position += _BLOCK_BYTES + (1 if kind == _RLE else length)
    if not is_last:
        return None
    return position + _CHECKSUM_BYTES * has_checksum
