"""A recording that somebody else writes, as a monitor of which no more is known than its trace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gvtui.monitor.hearing import Hearing
from gvtui.monitor.heartbeat import Heartbeat
from gvtui.trace.growing import is_growing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOOK_SECONDS = 0.5


class FollowedWriter(Hearing):
    """Notices that nobody writes a trace any more."""

    is_shared = True
    counts = False

    def __init__(self, trace_path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to follow.

        Args:
            trace_path: the recording, or the folder of a flight recorder.
            clock: gives seconds.
        """
        super().__init__(None, trace_path, Heartbeat(0))
        self._clock = clock
        self._looked_at = clock()

    def read_events(self) -> list[dict[str, Any]]:
        """`died` once, when nobody writes the trace any more."""
        now = self._clock()
        if self._told_death or now - self._looked_at < _LOOK_SECONDS:
            return []
        self._looked_at = now
        if is_growing(self.trace_path):
            return []
        self._told_death = True
        return [{"kind": "died", "text": f"nobody writes {self.trace_path} any more"}]

    def stop(self, *, keep: bool = False) -> None:
        """Nothing ends: it is somebody else's."""
        del keep
