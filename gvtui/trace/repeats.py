"""Rows of messages that differ from an earlier one in their time alone, many at once.

A program in a tight loop sends the same few messages again and again. They are compared as whole
batches: each message's bytes as a line of 64-bit words, its time cut out, looked up by a sum of
weighted words, and then compared word by word. So a wrong match cannot come about, whatever a
sandbox sends.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.row import ROW_DTYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

WIDTH = 256
"""Bytes of the longest message that is looked up."""

FEWEST = 64
"""Messages from which on a batch is worth looking up: fewer are indexed sooner one by one."""

MAX_KNOWN = 1 << 14
"""Messages known at once; then they are learned anew. Some 5 MB."""

_WORDS = WIDTH // 8
_STEP_MESSAGES = 64
_STEP_BYTES = 64

_SLOT_BITS = 20
"""Bits of a line's sum that say where in the table it is looked up: 4 MB, of which few are used."""

_U64 = np.uint64
_CONTINUED = _U64(0x8080_8080_8080_8080)
_SEVEN_BITS = _U64(0x7F7F_7F7F_7F7F_7F7F)
_LOW_HALF, _BYTE = _U64(0xFFFF_FFFF), _U64(0xFF)
# A varint's bytes hold seven bits each: neighbours are joined to 14, 28 and 56 bits.
_JOINS = [
    (_U64(0x007F_007F_007F_007F), _U64(0x7F00_7F00_7F00_7F00), _U64(1)),
    (_U64(0x0000_3FFF_0000_3FFF), _U64(0x3FFF_0000_3FFF_0000), _U64(2)),
    (_U64(0x0000_0000_0FFF_FFFF), _U64(0x0FFF_FFFF_0000_0000), _U64(4)),
]


@dataclass(frozen=True, slots=True)
class Lines:
    """A batch of messages as lines of words, for looking up and for learning."""

    words: npt.NDArray[np.uint64]
    """A line for each message: size and type of the header, the message's size, all that follows
    but the time. As many words as the longest message of the batch needs, or `WIDTH` bytes."""
    slots: npt.NDArray[np.int64]
    """Where each line is looked up."""
    time_ns: npt.NDArray[np.uint64]
    lengths: npt.NDArray[np.int64]
    dropped: npt.NDArray[np.uint64]
    """The headers' dropped counts."""
    fits: npt.NDArray[np.bool_]
    """Which messages are short enough, and have a time of nine bytes where it is cut out."""


class Repeats:
    """Remembers rows of messages and finds them again for messages that repeat them."""

    def __init__(self) -> None:
        # Weights that no sandbox can know, so that none can make its messages collide.
        self._weights = np.frombuffer(np.random.default_rng().bytes(WIDTH), _U64) | _U64(1)
        # Place 0 is nobody's: no message makes a line of zeros.
        self._table = np.zeros(1 << _SLOT_BITS, np.int32)
        self._words = np.zeros((MAX_KNOWN + 1, _WORDS), _U64)
        self._rows = np.zeros(MAX_KNOWN + 1, ROW_DTYPE)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def lines(self, datagrams: Sequence[bytes], lengths: npt.NDArray[np.int64]) -> Lines:
        """The messages, of these lengths, as lines; nothing is required of their bytes."""
        count = len(datagrams)
        lines = -(-count // _STEP_MESSAGES) * _STEP_MESSAGES
        longest = min(int(lengths.max(initial=0)), WIDTH)
        width = max(-(-longest // _STEP_BYTES), 1) * _STEP_BYTES
        packed = bytearray(lines * width)
        _packer(lines, width).pack_into(packed, 0, *datagrams, *repeat(b"", lines - count))
        words = np.frombuffer(packed, _U64).reshape(-1, width // 8)[:count]
        first, second, third = words[:, :3].T.copy()
        dropped = first >> _U64(32)
        # Bytes in front of the time within the second word: tag and length of the context data,
        # where the length takes one byte or two, and the tag of the time.
        front = np.where(second & _U64(0x8000), _U64(32), _U64(24))
        low = second >> front | third << (_U64(64) - front)
        last = third >> front & _BYTE
        fits = (low & _CONTINUED == _CONTINUED) & (last < _U64(128)) & (lengths <= WIDTH)
        time = low & _SEVEN_BITS
        for even, odd, shift in _JOINS:
            time = time & even | (time & odd) >> shift
        time |= last << _U64(56)
        words[:, 0] = first & _LOW_HALF | lengths.astype(_U64) << _U64(32)
        words[:, 1] = second & ((_U64(1) << front) - _U64(1))
        behind = front + _U64(8)
        words[:, 2] = third >> behind << behind
        sums = words @ self._weights[: width // 8]
        slots = (sums >> _U64(64 - _SLOT_BITS)).view(np.int64)
        return Lines(words, slots, time, lengths, dropped, fits)

    def find(self, lines: Lines) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.void]]:
        """Which messages are known, and a row for each that is.

        Of a row, `offset`, `recv_ns` and `conn` are still to be set.
        """
        places = self._table.take(lines.slots)
        width = lines.words.shape[1]
        words = self._words.take(places, axis=0)[:, :width]
        known = lines.fits & (words == lines.words).all(axis=1)
        rows = self._rows.take(places)
        rows["time_ns"] = lines.time_ns
        rows["length"] = lines.lengths
        rows["dropped"] = lines.dropped
        return known, rows

    def learn(self, lines: Lines, places: list[int], rows: Sequence[bytes]) -> None:
        """Remember rows of messages that share all but their time with every message of the same
        line.

        Args:
            lines: a batch.
            places: which of its messages to remember.
            rows: a row for each of these.
        """
        new = {
            slot: (place, row)
            for slot, place, row, fits in zip(
                lines.slots[places].tolist(), places, rows, lines.fits[places].tolist(), strict=True
            )
            if fits
        }
        if not new:
            return
        if self._count + len(new) > MAX_KNOWN:
            self._table[:] = 0
            self._count = 0
        slots = np.fromiter(new, np.int64, len(new))
        learned = self._table.take(slots)
        # Who is displaced from a slot leaves his place to the new one.
        fresh = np.flatnonzero(learned == 0)
        learned[fresh] = np.arange(self._count + 1, self._count + 1 + len(fresh))
        self._count += len(fresh)
        width = lines.words.shape[1]
        self._words[learned, :width] = lines.words[[place for place, _ in new.values()]]
        self._words[learned, width:] = 0
        self._rows[learned] = np.frombuffer(b"".join(row for _, row in new.values()), ROW_DTYPE)
        self._table[slots] = learned


@lru_cache(maxsize=64)
def _packer(count: int, width: int) -> struct.Struct:
    """Puts messages beside each other, each filled up with zeros or cut to `width` bytes."""
    return struct.Struct(f"{width}s" * count)
