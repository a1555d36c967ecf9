"""Reads a log of either format from start to end, segment by segment, and skips damage.

A file may have several segments: those of a flight recorder copied to one recording, and those of
several recordings joined end to end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gvtui.trace.batches import (
    ANY_MARKER,
    MAGIC,
    SALT_SIZE,
    Batch,
    batch_at,
    checked_body,
    marker,
    payloads_in,
)
from gvtui.trace.batches import FORMAT as BATCHES
from gvtui.trace.details import int_in, unpack_details
from gvtui.trace.records import HEAD_SIZE, LOG_FORMAT, LogKind, Record, head_in, scan
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKER_SIZE = len(MAGIC) + SALT_SIZE

_MAX_FAR = 64
"""How many searches may reach the end of the file in vain, each of which reads all of it."""

_V1_HEADER = re.compile(rb"\x94\x00\xce\x00{4}\xcf.{8}\xc6.{4}", re.DOTALL)


class Begin(NamedTuple):
    """A segment begins."""

    position: int
    offset: int
    """Where the payload of its header begins; where it has none that can be read, the position."""
    format: int
    head: dict[str, Any]
    """What its header says; empty where that is damaged."""
    is_joined: bool
    """Whether it belongs to another recording than the segment before."""
    end: int
    """Where its header ends; where that is damaged, the position."""


class Messages(NamedTuple):
    """The messages of a batch, as far as the file has them."""

    batch: Batch
    body: bytes
    """The messages, one behind the other; perhaps more follows."""
    whole: int
    """How many they are."""
    damaged: list[int]
    """The numbers of damaged messages."""

    def payloads(self) -> list[bytes]:
        """The messages, one by one."""
        return payloads_in(self.batch, self.body, self.whole)


Item = Begin | Messages | Record | int


@dataclass(slots=True)
class _Segment:
    """What is known of the segment that is being read."""

    salt: bytes
    base: int

    def holds(self, batch: Batch) -> bool:
        return batch.salt == self.salt and batch.place == batch.position - self.base


class _Walk:
    def __init__(self, window: Window, limit: int | None) -> None:
        self._window = window
        self._limit = limit
        self._segment: _Segment | None = None
        self._format = 0
        self._newest: tuple[bytes, int] | None = None
        self._far = 0

    @property
    def _end(self) -> int:
        size = self._window.size
        return size if self._limit is None else min(self._limit, size)

    def items(self, position: int) -> Iterator[Item]:
        while position < self._end:
            batch = self._batch(position)
            if batch is not None:
                found, after = self._messages(batch)
                yield from self._items_of(found, after)
                position = after
            elif self._window.take(position, len(MAGIC)) != MAGIC and self._format != BATCHES:
                for item in self._records(position):
                    yield item
                    position += item if isinstance(item, int) else _size_of(item)
            else:
                resumed = self._resume(position)
                if resumed > position:
                    yield resumed - position
                position = resumed

    def _batch(self, position: int) -> Batch | None:
        """The batch that stands here, if it is one of this segment, or begins another."""
        batch = batch_at(self._window, position)
        if batch is None:
            return None
        is_known = self._segment is None or self._segment.holds(batch)
        return batch if is_known or _begins(batch) else None

    def _messages(self, batch: Batch) -> tuple[Messages, int]:
        """The payloads that are there, of whatever kind, and where to go on.

        Of a batch that was cut short, all up to the first that is not whole: what follows may be
        another recording.
        """
        body, count, damaged = checked_body(self._window, batch)
        is_cut = batch.end > self._end
        if (
            damaged
            and not is_cut
            and not any(batch.sizes[number] for number in {*range(damaged[0], count)} - {*damaged})
        ):
            bad = batch.offsets[damaged[0]]
            is_cut = self._batch(batch.end) is None and self._next_segment(bad, batch.end)[1] > 0
        if not is_cut:
            return Messages(batch, body, count, damaged), batch.end
        whole = damaged[0] if damaged else count
        return Messages(batch, body, whole, []), batch.body + sum(batch.sizes[:whole])

    def _items_of(self, found: Messages, after: int) -> Iterator[Item]:
        batch, damaged = found.batch, found.damaged
        if self._segment is None or batch.kind == LogKind.HEADER:
            self._segment = _Segment(batch.salt, batch.position - batch.place)
            self._format = BATCHES
            if batch.kind != LogKind.HEADER:
                # Its header is damaged, or is not asked for.
                place = batch.position
                yield Begin(place, place, BATCHES, {}, is_joined=False, end=place)
        if batch.kind == LogKind.HEADER:
            head = unpack_details(found.payloads()[0]) if found.whole and not damaged else {}
            end = after if head else batch.position
            yield self._begin(batch.position, batch.body, BATCHES, head, end)
            if not head:
                yield after - batch.position
        elif not batch.is_known or not found.whole or (batch.kind == LogKind.SUMMARY and damaged):
            yield after - batch.position
        elif batch.kind == LogKind.MESSAGE:
            yield found
        else:
            for number, payload in enumerate(found.payloads()):
                offset, when = batch.offsets[number], batch.time(number)
                yield Record(batch.kind, batch.conn, when, offset, payload, number in damaged)

    def _begin(
        self, position: int, offset: int, format_: int, head: dict[str, Any], end: int
    ) -> Begin:
        told = head.get("id")
        before = self._newest
        if isinstance(told, bytes):
            # Segments of format 1 have no number.
            self._newest = (told, int_in(head, "segment", int_in(head, "first_row")))
        is_joined = False
        if position > 0 and isinstance(told, bytes):
            is_later = before is not None and self._newest is not None and self._newest > before
            is_joined = before is None or told != before[0] or not is_later
        return Begin(position, offset, format_, head, is_joined, end)

    def _records(self, position: int) -> Iterator[Begin | Record | int]:
        """Records of format 1, up to where a segment of format 2 begins."""
        is_unknown = self._format == 0 and self._segment is None
        self._format = LOG_FORMAT
        for item in scan(self._window, position, self._limit):
            if isinstance(item, int):
                place = self._first_batch(position, position + item, is_any=is_unknown)
                if place is not None:
                    if place > position:
                        yield place - position
                    self._format = 0
                    return
                yield item
                position += item
                continue
            is_unknown = False
            position = item.offset + len(item.payload)
            if item.kind == LogKind.HEADER:
                head = unpack_details(item.payload)
                yield self._begin(item.offset - HEAD_SIZE, item.offset, LOG_FORMAT, head, position)
            yield item

    def _first_batch(self, start: int, end: int, *, is_any: bool) -> int | None:
        """Where a segment of format 2 begins in this stretch; or goes on, with `is_any`."""
        for position in self._window.find(ANY_MARKER, start, end, len(MAGIC)):
            batch = batch_at(self._window, position)
            if batch is not None and (is_any or _begins(batch)):
                return position
        return None

    def _resume(self, position: int) -> int:
        """Where what can be read goes on behind damage that stands here."""
        end, known = self._end, self._segment
        if known is not None and self._far < _MAX_FAR:
            pattern = marker(known.salt)
            for place in self._window.find(pattern, position + 1, end, _MARKER_SIZE):
                batch = batch_at(self._window, place)
                if batch is not None and known.holds(batch):
                    return place
            self._far += 1
        # Nothing more of this segment: another may begin, with a header of either format.
        if known is None and (found := self._first_batch(position + 1, end, is_any=True)):
            return found
        place, self._format = self._next_segment(position, end)
        return place

    def _next_segment(self, start: int, end: int) -> tuple[int, int]:
        """Where in this stretch a header stands, and of what format; at the end, and 0, if none."""
        found = self._first_batch(start, end, is_any=False)
        format_ = 0 if found is None else BATCHES
        end = end if found is None else found
        for place in self._window.find(_V1_HEADER, start, end, HEAD_SIZE):
            head = head_in(self._window.take(place, HEAD_SIZE))
            if head is not None and place + HEAD_SIZE + head[3] <= self._end:
                payload = self._window.take(place + HEAD_SIZE, head[3])
                if int_in(unpack_details(payload), "format") == LOG_FORMAT:
                    return place, LOG_FORMAT
        return end, format_


def _begins(batch: Batch) -> bool:
    return batch.kind == LogKind.HEADER and batch.place == 0


def _size_of(item: Begin | Record) -> int:
    return 0 if isinstance(item, Begin) else HEAD_SIZE + len(item.payload)


def scan_log(data: Window | bytes, start: int = 0, end: int | None = None) -> Iterator[Item]:
    """Walk over a log.

    Args:
        data: the whole log.
        start: where to begin: between two records or batches.
        end: where to end; None for the end of the log.

    Yields:
        A `Begin` for each segment, and for what is left of one whose header is damaged; `Messages`
        and each other `Record` of format 2, all records of format 1, headers included; and an int
        for each stretch that cannot be read: its bytes.
    """
    yield from _Walk(Window.over(data), end).items(start)


def first_head(data: Window | bytes, start: int = 0) -> dict[str, Any] | None:
    """What the header says that a log begins with, or a recording that stands at `start` in it;
    its `format` included.

    Returns:
        Without anything else where the header is damaged; None where nothing can be read.
    """
    for item in scan_log(data, start):
        if isinstance(item, Begin):
            # Format 1 was the only one of its kind: another number there is damage.
            told = {"format": item.format} if item.format != BATCHES or not item.head else {}
            return {**item.head, **told}
        if not isinstance(item, int):
            return {"format": LOG_FORMAT}
    return None


def format_of(data: Window | bytes) -> int:
    """The format of a log, by the first of it that can be read; where nothing can, the newest."""
    for item in scan_log(data):
        if not isinstance(item, int):
            return item.format if isinstance(item, Begin) else LOG_FORMAT
    return BATCHES
