"""Notices that the monitor is silent: while it works, it sends a message every second."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SILENT_SECONDS = 4.0
"""After how many silent seconds there is an alarm: under full load a monitor may be late."""

_STATES = {
    "T": "is stopped (kill -CONT {pid} continues it)",
    "t": "is held by a debugger",
    "D": "waits for a disk that does not answer",
}


class Heartbeat:
    """Checks that the monitor sends messages."""

    def __init__(
        self,
        pid: int,
        *,
        who: str = "the monitor",
        means: str = "nothing is received, and sandboxes drop points",
        clock: Callable[[], float] = time.monotonic,
        proc: Path = Path("/proc"),
    ) -> None:
        """Start to check.

        Args:
            pid: the pid of the process that speaks.
            who: what that process is, for the sentence.
            means: what its silence means, for the end of the sentence.
            clock: gives seconds.
            proc: the proc file system.
        """
        self._pid = pid
        self._who, self._means = who, means
        self._clock = clock
        self._proc = proc
        self._heard_at = clock()
        self._is_silent = False

    def listen(self, *, heard: bool) -> Iterator[str]:
        """Note whether a message has arrived since the last call.

        Yields:
            A sentence when the monitor falls silent; "" when it sends messages again.
        """
        now = self._clock()
        if heard:
            self._heard_at = now
            if self._is_silent:
                self._is_silent = False
                yield ""
        elif not self._is_silent and now - self._heard_at >= SILENT_SECONDS:
            self._is_silent = True
            yield f"{self._who} (process {self._pid}) {self._state()}: {self._means}"

    def _state(self) -> str:
        """The state of the process, in words."""
        try:
            told = (self._proc / str(self._pid) / "stat").read_text(errors="replace")
        except OSError:
            told = ""
        # The state follows the name, which may contain anything.
        state = told.rpartition(")")[2].strip()[:1]
        words = _STATES.get(state, "has said nothing for {seconds:g} s: it is stuck")
        return words.format(pid=self._pid, seconds=SILENT_SECONDS)
