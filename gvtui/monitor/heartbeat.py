"""Whether the monitor's process speaks; it does each second while it works."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SILENT_SECONDS = 4.0
"""Without a word for so long, there is an alarm: a monitor under full load may be some seconds late."""

_STATES = {
    "T": "is stopped (kill -CONT {pid} has it go on)",
    "t": "is held by a debugger",
    "D": "waits for a disk that does not answer",
}


class Heartbeat:
    """Listens for signs of life."""

    def __init__(
        self,
        pid: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        proc: Path = Path("/proc"),
    ) -> None:
        """Begin to listen.

        Args:
            pid: the process.
            clock: gives seconds.
            proc: where the kernel tells of processes.
        """
        self._pid = pid
        self._clock = clock
        self._proc = proc
        self._heard_at = clock()
        self._is_silent = False

    def listen(self, *, heard: bool) -> Iterator[str]:
        """Take in whether something was heard since the last call.

        Yields:
            What to tell when it falls silent; "" when it speaks again.
        """
        now = self._clock()
        if heard:
            self._heard_at = now
            if self._is_silent:
                self._is_silent = False
                yield ""
        elif not self._is_silent and now - self._heard_at >= SILENT_SECONDS:
            self._is_silent = True
            yield (
                f"the monitor (process {self._pid}) {self._state()}: nothing is received, and "
                "sandboxes drop points"
            )

    def _state(self) -> str:
        """What the kernel says of it."""
        try:
            told = (self._proc / str(self._pid) / "stat").read_text(errors="replace")
        except OSError:
            told = ""
        # Behind the name, which may hold anything.
        state = told.rpartition(")")[2].strip()[:1]
        words = _STATES.get(state, "has said nothing for {seconds:g} s: it is stuck")
        return words.format(pid=self._pid, seconds=SILENT_SECONDS)
