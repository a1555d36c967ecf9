"""Answers about messages, kept by their bytes: many rows are the same call at another time."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gvtui.wire.header import WireError
from gvtui.wire.messages import decode
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pieces import all_but_time, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.query.filter.batch import Mask, RowBatch
    from gvtui.trace.stretches import Stretch
    from gvtui.wire.messages import Decoded

OfMany: TypeAlias = "Callable[[Sequence[bytes]], Sequence[bool | None]]"
"""Answers for many datagrams; None for one that is no message."""

_MAX_KEY = 512
"""Longer messages seldom repeat."""
_MAX_ANSWERS = 1 << 14
_TRIED, _UNTRIED = 1 << 11, 1 << 14
"""After how many answers it is decided whether they help, and for how many messages they are not
looked up if not."""


class Answers:
    """Answers about messages, kept by their bytes: many rows are the same call at another time."""

    def __init__(self, key: Callable[[bytes], bytes | None]) -> None:
        """Begin with none; `key` gives the bytes that an answer depends on, None for all of them."""
        self._key = key
        self._kept: dict[tuple[bytes, str], bool] = {}
        self._asked = self._known = 0
        """How often an answer was looked up lately, and how often it was there."""
        self._unasked = 0
        """How many messages are to be decoded before answers are looked up again."""

    def of(
        self,
        batch: RowBatch,
        may: Mask,
        answer: Callable[[Decoded], bool],
        of_many: OfMany | None = None,
    ) -> Mask:
        """For each row whether it passes.

        Args:
            batch: the rows.
            may: which of them to look at; no other passes.
            answer: says it of a message.
            of_many: says it of many messages whose bytes tell all; None where `answer` does.
        """
        of_many = of_many or functools.partial(_of_each, answer)
        holds: Mask = np.zeros(len(batch), np.bool_)
        # What an exec's ports are depends on other rows.
        is_plain = (batch.column("flags") == 0) & (batch.column("type") != MessageType.SENTRY_EXEC)
        for stretch in batch.trace.stretches(batch.start, batch.rows, may):
            places = slice(stretch.first, stretch.stop)
            own = may[places]
            plain = own & is_plain[places] & (np.array(stretch.ends) <= len(stretch.data))
            found = self._of_plain(batch, stretch, plain, of_many)
            # What passes because of its bytes must be what came.
            passing = np.zeros(len(batch), np.bool_)
            passing[places] = found
            holds |= batch.trace.intact(batch.start, batch.rows, passing)
            for place in np.flatnonzero(own & ~plain).tolist():
                decoded = batch.decoded(stretch.first + place)
                holds[stretch.first + place] = decoded is not None and answer(decoded)
        return holds

    def _of_plain(
        self,
        batch: RowBatch,
        stretch: Stretch,
        asked: Mask,
        of_many: OfMany,
    ) -> Mask:
        """For each row of a stretch, of those whose bytes say all, whether it seems to pass."""
        found: Mask = np.zeros(len(asked), np.bool_)
        starts, ends, data = stretch.starts, stretch.ends, stretch.data
        kept, architecture = self._kept, batch.trace.architecture
        datagrams: list[bytes] = []
        # Of each row that is not answered yet: its place, and that of its datagram.
        places: list[int] = []
        numbers: list[int] = []
        new: dict[tuple[bytes, str], int] = {}
        every = np.flatnonzero(asked).tolist()
        at = 0
        while at < len(every):
            if not self._is_worth_asking():
                some = every[at : at + self._unasked]
                at += len(some)
                self._unasked -= len(some)
                places += some
                numbers += range(len(datagrams), len(datagrams) + len(some))
                datagrams += [data[starts[place] : ends[place]] for place in some]
                continue
            place = every[at]
            at += 1
            datagram = data[starts[place] : ends[place]]
            number = len(datagrams)
            piece = self._key(datagram) if len(datagram) <= _MAX_KEY else None
            if piece is not None:
                key = (piece, architecture)
                known = kept.get(key)
                if known is not None:
                    self._known += 1
                    found[place] = known
                    continue
                number = new.setdefault(key, number)
            places.append(place)
            numbers.append(number)
            if number == len(datagrams):
                datagrams.append(datagram)
            else:
                self._known += 1
        answers = of_many(datagrams)
        if None in answers:
            for place, number in zip(places, numbers, strict=True):
                if answers[number] is None:
                    # It could be read when it came: this notes the damage.
                    batch.decoded(stretch.first + place)
        found[places] = np.array(answers, np.bool_)[numbers]
        for key, number in new.items():
            answer = answers[number]
            if answer is not None:
                if len(kept) >= _MAX_ANSWERS:
                    kept.clear()
                kept[key] = answer
        return found

    def _is_worth_asking(self) -> bool:
        """Whether answers are there often enough, so that looking them up saves time; if not,
        `_unasked` messages are to be decoded first."""
        if self._unasked:
            return False
        self._asked += 1
        if self._asked > _TRIED:
            if self._known < self._asked // 4:
                self._unasked = _UNTRIED
            self._asked = self._known = 0
        return not self._unasked


def _of_each(answer: Callable[[Decoded], bool], datagrams: Sequence[bytes]) -> list[bool | None]:
    """What is answered of each datagram; None of one that is no message."""
    found: list[bool | None] = []
    for datagram in datagrams:
        try:
            found.append(answer(decode(datagram)))
        except WireError:
            found.append(None)
    return found


def call_of(datagram: bytes) -> bytes | None:
    """A message without its header's count and without its context."""
    pieces = cut(datagram)
    return pieces.message_type + pieces.rest if pieces is not None else None


def context_of(name: str) -> Callable[[bytes], bytes | None]:
    """What the value of a field of the context depends on."""
    return all_but_time if name != "time_ns" else lambda datagram: None
