"""Caches the texts of messages that differ from an earlier one in nothing but the time.

A program in a tight loop sends the same few messages again and again, faster than each can be put
into words. So the text of a message is kept in two halves, with its time between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.wire.header import MIN_HEADER_SIZE
from gvtui.wire.messages import Unknown, decode
from gvtui.wire.pieces import all_but_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.wire.messages import Decoded

_MAX_KEPT = 1 << 12
_MAX_BYTES = 1024
"""The longest message that is cached, in bytes: longer ones seldom repeat."""


class RepeatedTexts:
    """Renders messages; one that repeats an earlier one costs a fraction."""

    def __init__(self, render: Callable[[Decoded], str], opening: str) -> None:
        """Make an empty cache.

        Args:
            render: the text of a message; it depends on nothing but the payload.
            opening: the text directly in front of the time; it occurs nowhere before that.
        """
        self._render = render
        self._opening = opening
        self._halves: dict[bytes, tuple[str, str]] = {}

    def text(self, datagram: bytes, time_ns: int) -> str:
        """The text of a message.

        Args:
            datagram: the message as it came.
            time_ns: its time, as its row has it.

        Raises:
            WireError: it cannot be read.
        """
        key = all_but_time(datagram) if len(datagram) <= _MAX_BYTES else None
        if key is None:
            return self._render(decode(datagram))
        halves = self._halves.get(key)
        if halves is not None:
            return f"{halves[0]}{time_ns}{halves[1]}"
        decoded = decode(datagram)
        text = self._render(decoded)
        # A field that comes twice counts as it came last: then the time may not be the first one.
        if not isinstance(decoded.message, Unknown) and (
            decoded.message.ByteSize() == len(datagram) - MIN_HEADER_SIZE
        ):
            self._keep(key, text, time_ns)
        return text

    def _keep(self, key: bytes, text: str, time_ns: int) -> None:
        before, opening, after = text.partition(self._opening)
        time = str(time_ns)
        if opening and after.startswith(time) and not after[len(time) :][:1].isdigit():
            if len(self._halves) >= _MAX_KEPT:
                self._halves.clear()
            self._halves[key] = (before + opening, after[len(time) :])
