"""When a connection rests between two turns.

Each wake takes a processor from the traced program, so the monitor wakes seldom: as seldom as the
room for what the sandbox sends meanwhile allows.
"""

from __future__ import annotations

USUAL_BUFFER_BYTES = 212_992
"""A sender's buffer as it is by default (net.core.wmem_default): it fills within 4 to 6 ms."""

CROWDED = 128
"""Messages that came in one rest with the usual buffer, after which there is none: half of what
fills it."""

MOST_ROOM = 40
"""How many times as long a connection with more room may rest: the screen is to stay live."""


class Pace:
    """The pace of one connection."""

    def __init__(self, coalesce_seconds: float, send_buffer: int) -> None:
        """Set the pace.

        Args:
            coalesce_seconds: the rest of a connection with the usual send buffer.
            send_buffer: bytes of this connection's; 0 if it is as usual.
        """
        times = min(max(1.0, send_buffer / USUAL_BUFFER_BYTES), MOST_ROOM)
        self._rest = coalesce_seconds * times
        self._crowded = CROWDED * times
        self._taken = 0

    def rest_after(self, messages: int, *, is_full: bool) -> float:
        """Seconds to rest after a turn; 0 to take the next one at once.

        Args:
            messages: how many the turn brought.
            is_full: it ended at its limit, and more may lie ready.
        """
        self._taken += messages
        if is_full:
            return 0.0
        is_crowded = self._taken >= self._crowded
        self._taken = 0
        return 0.0 if is_crowded else self._rest
