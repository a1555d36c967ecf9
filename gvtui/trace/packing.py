"""Packs messages that were received together into batches of the log."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.batches import LEAD_OF_ONE, MAX_BODY, MAX_COUNT, lead, pack_batch
from gvtui.trace.records import LogKind
from gvtui.trace.repeats import FEWEST

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.indexer import Indexer


class Packing:
    """Messages of one connection to be written to a log."""

    def __init__(
        self, conn: int, recv_ns: int, times: list[int] | None, datagrams: list[bytes]
    ) -> None:
        """Take messages.

        Args:
            conn: their connection.
            recv_ns: when they were received.
            times: when each was received, where that differs.
            datagrams: one or more.
        """
        self._conn, self._recv_ns, self._times = conn, recv_ns, times
        self._datagrams = datagrams
        self.count = len(datagrams)
        self._lengths: npt.NDArray[np.int64] | None = None
        if self.count < FEWEST:
            self.size = sum(map(len, datagrams))
        else:
            self._lengths = _lengths_of(datagrams)
            self.size = int(self._lengths.sum())
        """The size of the messages without the batches' heads, in bytes."""

    @property
    def most_bytes(self) -> int:
        """The largest size that they can have in a log, in bytes."""
        # Of two batches that follow each other, one alone would not hold all.
        more = 2 * (self.size // MAX_BODY + self.count // MAX_COUNT) + 1
        return self.size + lead(self.count, has_times=True) + LEAD_OF_ONE * more

    def pack(
        self, indexer: Indexer, salt: bytes, place: int
    ) -> tuple[list[bytes | memoryview], bytes]:
        """The batches, in pieces to be written one behind the other, and the rows for them.

        Args:
            indexer: makes the rows.
            salt: of the segment.
            place: where in the log the first batch will begin.
        """
        if self.count < FEWEST and self.size <= MAX_BODY:
            return self._pack_few(indexer, salt, place)
        times, datagrams = self._times, self._datagrams
        lengths = self._lengths if self._lengths is not None else _lengths_of(datagrams)
        places = np.cumsum(lengths) - lengths + place
        pieces: list[bytes | memoryview] = []
        ahead = 0
        for start, stop in self._parts(lengths):
            part = slice(start, stop)
            own = times[part] if times is not None else None
            when = self._recv_ns if own is None else own[0]
            at = int(places[start]) + ahead
            front, body = self._batch(salt, at, when, datagrams[part], lengths[part], own)
            pieces += (front, body)
            ahead += len(front)
            places[part] += ahead
        if times is None:
            received = np.full(self.count, self._recv_ns, np.int64)
        else:
            received = np.array(times, np.int64)
        rows = indexer.batch(self._conn, received, places, datagrams, lengths)
        return pieces, b"".join(rows)

    def _pack_few(
        self, indexer: Indexer, salt: bytes, place: int
    ) -> tuple[list[bytes | memoryview], bytes]:
        datagrams, times = self._datagrams, self._times
        front, body = self._batch(salt, place, self._recv_ns, datagrams, None, times)
        offsets = list(accumulate(map(len, datagrams[:-1]), initial=place + len(front)))
        each = times if times is not None else [self._recv_ns] * self.count
        rows = indexer.messages(self._conn, each, offsets, datagrams)
        return [front + body], b"".join(rows)

    def _batch(
        self,
        salt: bytes,
        place: int,
        recv_ns: int,
        datagrams: list[bytes],
        lengths: npt.NDArray[np.int64] | None,
        times: list[int] | None,
    ) -> tuple[bytes, bytes | memoryview]:
        kind = LogKind.MESSAGE
        return pack_batch(kind, self._conn, recv_ns, salt, place, datagrams, lengths, times)

    def _parts(self, lengths: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
        """The ranges of messages for each batch."""
        if self.size <= MAX_BODY and self.count <= MAX_COUNT:
            return [(0, self.count)]
        parts, start, size = [], 0, 0
        for stop, each in enumerate(lengths.tolist()):
            if stop > start and (size + each > MAX_BODY or stop - start >= MAX_COUNT):
                parts.append((start, stop))
                start, size = stop, 0
            size += each
        return [*parts, (start, self.count)]


def _lengths_of(datagrams: list[bytes]) -> npt.NDArray[np.int64]:
    return np.fromiter(map(len, datagrams), np.int64, len(datagrams))
