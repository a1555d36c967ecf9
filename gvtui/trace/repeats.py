"""Finds the rows of messages that differ from an earlier one only in the time, many at a time.

A program in a tight loop sends the same few messages again and again. They are compared in whole
batches: each message without its time becomes a line of 64-bit words, which is looked up by a
weighted sum of the words and then compared word by word. So no sandbox can cause a wrong match.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, repeat
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.row import ROW_DTYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

WIDTH = 256
"""The longest message that is looked up, in bytes."""

FEWEST = 64
"""The smallest batch that is looked up: indexing fewer messages one by one is faster."""

MAX_KNOWN = 1 << 14
"""How many messages are remembered at most. Some 5 MB, of which as much is used as is remembered."""

_WORDS = WIDTH // 8
_STEP_MESSAGES = 64
_STEP_BYTES = 64

_SLOT_BITS = 18
"""How many bits of a line's sum are its index in the table: 512 KB. As indices are at random, a table
of any size is soon used throughout."""

_U64 = np.uint64
_CONTINUED = _U64(0x8080_8080_8080_8080)
_SEVEN_BITS = _U64(0x7F7F_7F7F_7F7F_7F7F)
_LOW_HALF, _BYTE = _U64(0xFFFF_FFFF), _U64(0xFF)
# A varint's bytes have seven bits each: neighbours are joined to 14, 28 and 56 bits.
_JOINS = [
    (_U64(0x007F_007F_007F_007F), _U64(0x7F00_7F00_7F00_7F00), _U64(1)),
    (_U64(0x0000_3FFF_0000_3FFF), _U64(0x3FFF_0000_3FFF_0000), _U64(2)),
    (_U64(0x0000_0000_0FFF_FFFF), _U64(0x0FFF_FFFF_0000_0000), _U64(4)),
]


@dataclass(frozen=True, slots=True)
class RepeatLines:
    """A batch of messages as lines of words, for looking up and for learning."""

    words: npt.NDArray[np.uint64]
    """A line for each message: header size and type, the message's size, and the bytes without the
    time. As many words as the batch's longest message needs, at most `WIDTH` bytes."""
    slots: npt.NDArray[np.int64]
    """The index in the table of each line."""
    time_ns: npt.NDArray[np.uint64]
    lengths: npt.NDArray[np.int64]
    dropped: npt.NDArray[np.uint64]
    """The headers' dropped counts."""
    fits: npt.NDArray[np.bool_]
    """Which messages are short enough and have a time of nine bytes in its usual position."""


class Repeats:
    """Remembers rows of messages, and finds them for messages that repeat."""

    def __init__(self) -> None:
        # Random weights, so that no sandbox can make its messages collide.
        self._weights = np.frombuffer(np.random.default_rng().bytes(WIDTH), _U64) | _U64(1)
        # Index 0 is unused: no message gives a line of zeros.
        self._table = np.zeros(1 << _SLOT_BITS, np.uint16)
        self._words = np.zeros((MAX_KNOWN + 1, _WORDS), _U64)
        self._rows = np.zeros(MAX_KNOWN + 1, ROW_DTYPE)
        self._slots = np.zeros(MAX_KNOWN + 1, np.int32)
        self._came = np.zeros(MAX_KNOWN + 1, np.bool_)
        """Which have come since `age` was called last."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def lines(self, datagrams: Sequence[bytes], lengths: npt.NDArray[np.int64]) -> RepeatLines:
        """Make lines of messages of these lengths, whatever their bytes are."""
        count = len(datagrams)
        lines = -(-count // _STEP_MESSAGES) * _STEP_MESSAGES
        longest = min(int(lengths.max(initial=0)), WIDTH)
        width = max(-(-longest // _STEP_BYTES), 1) * _STEP_BYTES
        packed = bytearray(lines * width)
        _packer(lines, width).pack_into(packed, 0, *datagrams, *repeat(b"", lines - count))
        words = np.frombuffer(packed, _U64).reshape(-1, width // 8)[:count]
        first, second, third = words[:, :3].T.copy()
        dropped = first >> _U64(32)
        # How many bits precede the time in the second word: tag and length of the context data,
        # where the length has one byte or two, and the tag of the time.
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
        return RepeatLines(words, slots, time, lengths, dropped, fits)

    def find(self, lines: RepeatLines) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.void]]:
        """Which messages are known, and the row of each known one.

        The caller has to set `offset`, `recv_ns` and `conn` of each row.
        """
        places = self._table.take(lines.slots)
        self._came[places] = True
        width = lines.words.shape[1]
        words = self._words.take(places, axis=0)[:, :width]
        known = lines.fits & (words == lines.words).all(axis=1)
        rows = self._rows.take(places)
        rows["time_ns"] = lines.time_ns
        rows["length"] = lines.lengths
        rows["dropped"] = lines.dropped
        return known, rows

    def learn(self, lines: RepeatLines, places: list[int], rows: Sequence[bytes]) -> None:
        """Remember rows of messages in which only the time may differ from others of the same line.

        Args:
            lines: a batch.
            places: indices of the messages to remember.
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
        new = dict(islice(new.items(), MAX_KNOWN))
        if self._count + len(new) > MAX_KNOWN:
            self.age()
            if self._count + len(new) > MAX_KNOWN // 2:
                self._keep(np.zeros(0, np.int64))
        slots = np.fromiter(new, np.int64, len(new))
        learned = self._table.take(slots)
        # A message displaced from its slot gives its number to the new one.
        fresh = np.flatnonzero(learned == 0)
        learned[fresh] = np.arange(self._count + 1, self._count + 1 + len(fresh))
        self._count += len(fresh)
        width = lines.words.shape[1]
        self._words[learned, :width] = lines.words[[place for place, _ in new.values()]]
        self._words[learned, width:] = 0
        self._rows[learned] = np.frombuffer(b"".join(row for _, row in new.values()), ROW_DTYPE)
        self._table[slots] = learned
        self._slots[learned] = slots
        self._came[learned] = True

    def age(self) -> None:
        """Forget the messages that have not come since this was called last."""
        self._keep(np.flatnonzero(self._came[1 : self._count + 1]) + 1)

    def _keep(self, kept: npt.NDArray[np.int64]) -> None:
        """Forget all messages but those of these numbers, which rise."""
        count = len(kept)
        if count < self._count:
            numbers = slice(1, count + 1)
            for each in (self._words, self._rows, self._slots):
                each[numbers] = each[kept]
            self._table[:] = 0
            self._table[self._slots[numbers]] = np.arange(1, count + 1)
            self._count = count
        self._came[:] = False


@lru_cache(maxsize=64)
def _packer(count: int, width: int) -> struct.Struct:
    """A struct that packs messages side by side, each padded or cut to `width` bytes."""
    return struct.Struct(f"{width}s" * count)
