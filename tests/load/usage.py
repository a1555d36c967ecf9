"""What the processes of a gvtui take, measured from outside while it runs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
_MONITOR = b"gvtui.monitor"

LATE_THREADS = 4 + min(32, (os.cpu_count() or 1) + 4)
"""Threads that begin when they are needed first, and stay: four that find out about connections, and
as many as asyncio has at most for long work (`concurrent.futures.ThreadPoolExecutor`)."""
LATE_DESCRIPTORS = 4
"""Files that are opened when they are needed first, and stay: where the rows of the view, the pairs of
calls, the resolved calls and the outcomes of execs lie once there are more than memory is to hold."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process takes."""

    own: int
    """Bytes of memory that it alone has filled."""
    mapped: int
    """Bytes of files that it has mapped and that are in memory; the kernel takes them back."""
    descriptors: int
    threads: int


def usage_of(pid: int) -> Usage:
    """What a process takes now.

    Raises:
        OSError: there is no such process, or it may not be looked at.
    """
    folder = Path("/proc", str(pid))
    fields = dict(
        line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
    )

    def size(name: str) -> int:
        return int(fields[name].split()[0]) * 1024

    return Usage(
        size("RssAnon") + size("RssShmem"),
        size("RssFile"),
        len(os.listdir(folder / "fd")),
        int(fields["Threads"]),
    )


def children_of(pid: int) -> list[int]:
    """The processes that any thread of a process has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += (task / "children").read_text().split()
    return [int(each) for each in found]


def processes_of(viewer: int) -> dict[str, int]:
    """The processes of a live view by what they are for: `viewer`, `monitor`, `porter`.

    Raises:
        LookupError: one of them does not run.
    """
    for monitor in children_of(viewer):
        words = Path(f"/proc/{monitor}/cmdline").read_bytes().split(b"\0")
        if _MONITOR in words:
            porters = children_of(monitor)
            if len(porters) != 1:
                break
            return {"viewer": viewer, "monitor": monitor, "porter": porters[0]}
    raise LookupError(f"process {viewer} has no monitor with a porter")


class Sampler:
    """Measures processes at even intervals, in a thread."""

    def __init__(self, processes: dict[str, int], seconds: float) -> None:
        """Prepare it.

        Args:
            processes: their ids, by name.
            seconds: from one measurement to the next.
        """
        self.samples: list[dict[str, Usage]] = []
        self._processes = processes
        self._seconds = seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def now(self) -> dict[str, Usage]:
        """Measure once."""
        return {name: usage_of(pid) for name, pid in self._processes.items()}

    def at_rest(
        self,
        seconds: float,
        rest: Callable[[], object],
        enough: dict[str, int] | None = None,
    ) -> dict[str, Usage]:
        """Measure each process when it has the fewest descriptors open.

        More are open in passing: while the viewer asks a runsc what runs, the answer goes to files.

        Args:
            seconds: how long to look.
            rest: what to do between two looks.
            enough: ends it as soon as none has more descriptors than these.
        """
        deadline = time.monotonic() + seconds
        least = self.now()
        while time.monotonic() < deadline and (
            enough is None or any(least[name].descriptors > enough[name] for name in least)
        ):
            rest()
            now = self.now()
            least = {
                name: min(least[name], now[name], key=lambda usage: usage.descriptors)
                for name in least
            }
        return least

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure meanwhile."""
        self._thread.start()
        try:
            yield
        finally:
            self._end.set()
            self._thread.join()

    def _work(self) -> None:
        while not self._end.wait(self._seconds):
            try:
                self.samples.append(self.now())
            except OSError:
                # One has ended: what is missing in the measurements will be judged.
                return
