"""The pieces of many states, of which each block of bytes lies in the file once.

From one state to the next most pieces stay as they are. A state has a table for each section, which
tells where the blocks of its pieces lie: in its own bytes, or in those of states before it.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import msgpack
import numpy as np
import zstandard

from gvtui.query.kept.framing import BrokenStateError
from gvtui.query.kept.held import HeldPiece, Place, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    Found = tuple[int, int, int, bytes]
    """The number of the state that has a block, offset and size there, and its digest as it lies there."""

BLOCK_BYTES = 1 << 15
"""How many plain bytes a block has at most."""
_DIGEST_BYTES = 16
_MOST_TOGETHER = 1 << 20
"""How many bytes of blocks that lie side by side are read at once."""
_LEVEL = 1
_PLACES = np.dtype(
    [("state", "<u4"), ("offset", "<u4"), ("size", "<u4"), ("digest", "V", _DIGEST_BYTES)]
)
"""Where a block lies: the number of the state that has it, and where in that one's bytes."""


class BlockWriter:
    """Gives the tables of the states of one file, one after the other."""

    def __init__(self) -> None:
        self._zstd = zstandard.ZstdCompressor(_LEVEL, write_content_size=True)
        self._known: dict[bytes, Place] = {}
        self._former: dict[bytes, Place] = {}
        self._state = -1
        self._own: list[bytes] = []
        self._pieces: list[list[Place]] = []
        self._size = 0
        self.packed_bytes = 0
        """How many bytes all blocks of the state's tables have as they lie in the file."""

    def begin(self) -> None:
        """The next state begins."""
        self._state += 1
        # Blocks that the state before does not have any more do not come again.
        self._former, self._known = self._known, {}
        self._own, self._size, self.packed_bytes = [], 0, 0

    def table(self, pieces: Iterable[bytes | HeldPiece]) -> bytes:
        """The table of a section of these pieces; what is new of them goes to `take`."""
        self._pieces = [self._places(piece) for piece in pieces]
        counts = list(map(len, self._pieces))
        told = [counts, *packed_places([place[:4] for own in self._pieces for place in own])]
        packed: bytes = self._zstd.compress(msgpack.packb(told))
        return packed

    def held(self, references: Sequence[npt.NDArray[np.int64]]) -> list[HeldPiece]:
        """The pieces of the section whose table was made last.

        Args:
            references: for each what it refers to.
        """
        return list(map(HeldPiece, self._pieces, references))

    def _places(self, piece: bytes | HeldPiece) -> list[Place]:
        if isinstance(piece, HeldPiece):
            places = piece.places
            self._known.update((place.plain, place) for place in places)
        else:
            starts = range(0, len(piece), BLOCK_BYTES)
            places = [self._place(piece[start : start + BLOCK_BYTES]) for start in starts]
        self.packed_bytes += sum(place.size for place in places)
        return places

    def add(self, block: bytes, *others: bytes) -> Found:
        """Where a block of any size lies, for a table that the caller makes; if it is new, it goes to
        `take`.

        Args:
            block: it.
            others: tell the same; the one is taken that becomes the smallest.
        """
        return self._place(block, *others)[:4]

    def _place(self, block: bytes, *others: bytes) -> Place:
        plain = _digest(block)
        known = self._known.get(plain) or self._former.get(plain)
        if known is None:
            packed = min(map(self._zstd.compress, (block, *others)), key=len)
            known = Place(self._state, self._size, len(packed), _digest(packed), plain, packed)
            self._own.append(packed)
            self._size += len(packed)
        self._known[plain] = known
        return known

    def take(self) -> bytes:
        """The blocks that no state before has."""
        return b"".join(self._own)


def read_table(table: bytes, read: Callable[[int, int, int], bytes]) -> list[Callable[[], bytes]]:
    """What gives the pieces of a section.

    All blocks are read at once, and looked at later: when somebody needs the piece.

    Args:
        table: as `BlockWriter.table` gave it.
        read: gives bytes of a state by its number, their offset and their size.

    Raises:
        BrokenStateError: something is missing, or damaged.
    """
    try:
        counts, *told = msgpack.unpackb(zstandard.ZstdDecompressor().decompress(table))
        blocks = _read_blocks(unpacked_places(told), read)
        if sum(counts) != len(blocks):
            raise BrokenStateError("a table of other blocks")
        pieces: list[Callable[[], bytes]] = []
        at = 0
        for count in counts:
            pieces.append(partial(joined, blocks[at : at + count]))
            at += count
    except (ValueError, TypeError, LookupError, OSError, zstandard.ZstdError) as error:
        raise BrokenStateError(str(error)) from error
    return pieces


def packed_places(places: Sequence[Found]) -> list[bytes]:
    """Places as bytes, each field by itself: those of neighbours are alike."""
    every = np.array(places, _PLACES)
    return [every[name].tobytes() for name in ("state", "offset", "size", "digest")]


def unpacked_places(told: Sequence[bytes]) -> list[Found]:
    """The places.

    Raises:
        ValueError: there are not as many of one field as of another.
    """
    states, offsets, sizes = (np.frombuffer(each, "<u4").tolist() for each in told[:3])
    digests = [told[3][at : at + _DIGEST_BYTES] for at in range(0, len(told[3]), _DIGEST_BYTES)]
    return list(zip(states, offsets, sizes, digests, strict=True))


def read_block(place: Found, read: Callable[[int, int, int], bytes]) -> bytes:
    """The bytes of a block as they lie in the file.

    Args:
        place: where.
        read: as for `read_table`.

    Raises:
        BrokenStateError: they are others now.
        OSError: they cannot be read.
    """
    return _checked(place, read(*place[:3]))


def _read_blocks(places: list[Found], read: Callable[[int, int, int], bytes]) -> list[bytes]:
    """The bytes of many blocks; those that lie side by side are read together."""
    found = [b""] * len(places)
    run: list[int] = []
    begin = end = 0
    for number in sorted(range(len(places)), key=lambda number: places[number][:2]):
        state, offset, size, _ = places[number]
        is_next = run and state == places[run[0]][0] and offset == end
        if not is_next or offset + size - begin > _MOST_TOGETHER:
            _take_apart(places, run, read, found)
            run, begin = [], offset
        run.append(number)
        end = offset + size
    _take_apart(places, run, read, found)
    return found


def _take_apart(
    places: list[Found], run: list[int], read: Callable[[int, int, int], bytes], found: list[bytes]
) -> None:
    """Read blocks that lie side by side, and note each."""
    if not run:
        return
    state, begin = places[run[0]][:2]
    together = read(state, begin, sum(places[number][2] for number in run))
    for number in run:
        _, offset, size, _ = places[number]
        found[number] = _checked(places[number], together[offset - begin : offset - begin + size])


def _checked(place: Found, block: bytes) -> bytes:
    state, offset, _, digest = place
    if _digest(block) != digest:
        raise BrokenStateError(f"the block at {offset} of state {state}")
    return block


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_DIGEST_BYTES]
