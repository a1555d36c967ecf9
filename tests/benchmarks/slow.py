"""(k) A terminal behind a slow line: how long a key takes to it, and what an idle screen sends."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.screen import Viewer
from tests.benchmarks.table import print_table
from tests.trace.recorder import TRACES

BYTES_PER_SECOND = 20_000
_STEP_SECONDS = 0.02
_IDLE_SECONDS = 5.0
_KEYS = 12


class SlowLine:
    """Reads what a viewer writes at the speed of a line, and answers when it has come so far."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.bytes = 0

    def read(self, seconds: float) -> None:
        """Let the line carry what it can in some time."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            time.sleep(min(_STEP_SECONDS, left))
            self.bytes += self._viewer.read_at_most(int(BYTES_PER_SECOND * _STEP_SECONDS))

    def wait_for(self, text: str, seconds: float = 60.0) -> float:
        """Seconds until a text has come through the line.

        Raises:
            TimeoutError: it has not.
        """
        started = time.perf_counter()
        while text.encode() not in self._viewer.seen:
            if time.perf_counter() - started > seconds:
                raise TimeoutError(f"no {text!r} through the line within {seconds:g} s")
            self.read(_STEP_SECONDS)
        return time.perf_counter() - started


def main() -> None:
    """Replay a recording on a line of 20 kB/s: press keys, then let it idle and pause."""
    with tempfile.TemporaryDirectory() as name:
        trace = shutil.copy(TRACES / "shell-2024.trace", name)
        viewer = Viewer(["replay", str(Path(trace)), "--fresh"])
        try:
            line = SlowLine(viewer)
            first = line.wait_for("container/start")
            line.read(2.0)
            delays = []
            for place in range(_KEYS):
                viewer.seen = b""
                viewer.press("23"[place % 2])
                delays.append(line.wait_for(("Processes", "errors")[place % 2]))
                line.read(1.0)
            viewer.press("1")
            line.read(3.0)
            line.bytes = 0
            line.read(_IDLE_SECONDS)
            idle = line.bytes / _IDLE_SECONDS
        finally:
            viewer.close()
    delays.sort()
    row = (
        f"{first:.1f}",
        len(delays),
        f"{1000 * statistics.median(delays):.0f}",
        f"{1000 * delays[-1]:.0f}",
        f"{idle:.0f}",
    )
    head = ("first frame, s", "keys", "median, ms", "worst, ms", "idle, bytes a second")
    print_table(f"(k) a terminal on a line of {BYTES_PER_SECOND // 1000} kB/s", head, [row])


if __name__ == "__main__":
    main()
