"""Decides how long a connection rests between two turns.

Each wake takes a processor from the traced program, so the monitor wakes as seldom as the sandbox's
send buffer allows.
"""

from __future__ import annotations

USUAL_BUFFER_BYTES = 212_992
"""The default send buffer in bytes (net.core.wmem_default), which fills within 4 to 6 ms."""

CROWDED = 128
"""How many messages in one rest, with the default buffer, end the resting: half a buffer."""

MOST_ROOM = 40
"""How many times as long a connection with a larger buffer may rest; more would delay the
screen."""


class Pace:
    """The pace of one connection."""

    def __init__(self, coalesce_seconds: float, send_buffer: int) -> None:
        """Set the pace.

        Args:
            coalesce_seconds: the rest of a connection with the default send buffer.
            send_buffer: this connection's send buffer in bytes; 0 for the default.
        """
        times = min(max(1.0, send_buffer / USUAL_BUFFER_BYTES), MOST_ROOM)
        self._rest = coalesce_seconds * times
        self._crowded = CROWDED * times
        self._taken = 0

    def rest_after(self, messages: int, *, is_full: bool) -> float:
        """How many seconds to rest after a turn; 0 to start the next at once.

        Args:
            messages: how many messages the turn received.
            is_full: whether it ended at its limit, so that more messages may be waiting.
        """
        self._taken += messages
        if is_full:
            return 0.0
        is_crowded = self._taken >= self._crowded
        self._taken = 0
        return 0.0 if is_crowded else self._rest
