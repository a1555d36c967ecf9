"""Decides how long a connection rests between two turns.

Each wake takes a processor from the traced program, so the monitor wakes as seldom as the sandbox's
send buffer allows.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL_BUFFER_BYTES = 212_992
"""The default send buffer in bytes (net.core.wmem_default), which fills within 4 to 6 ms."""

CROWDED = 128
"""How many messages in one rest, with the default buffer, end the resting: half a buffer."""

MOST_ROOM = 40
"""How many times as long a connection with a larger buffer may rest; more would delay the
screen."""


BREATH_EVERY, BREATH_SECONDS = 0.04, 0.003
"""How often, and for how long, the monitor stands still while it is busy without end."""
MOST_SHARE = 0.9
"""The part of a processor above which it is."""


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


class Breath:
    """Leaves others a little of the processor where the monitor would take all of it.

    At real-time priority nothing else runs there meanwhile, and the kernel ends that by stopping it
    for 50 ms in each second (sched(7), sched_rt_runtime_us): long enough for buffers to run over.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        worked: Callable[[], float] = time.thread_time,
    ) -> None:
        """Take the times from here on.

        Args:
            clock: seconds that have passed.
            worked: seconds of them that this thread had the processor.
        """
        self._clock, self._worked = clock, worked
        self._since, self._work = clock(), worked()

    def due(self) -> float:
        """Seconds for all connections to rest now; 0 where others had their share."""
        now = self._clock()
        passed = now - self._since
        if passed < BREATH_EVERY:
            return 0.0
        work = self._worked()
        share = (work - self._work) / passed
        self._since, self._work = now, work
        return BREATH_SECONDS if share > MOST_SHARE else 0.0
