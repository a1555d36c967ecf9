"""What the processes of a gvtui take, measured from outside while it runs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.processes import MONITOR, children_of, words_of

MIB = 1 << 20
START_SECONDS = 60.0

LATE_THREADS = 4 + min(32, (os.cpu_count() or 1) + 4)
"""Threads that begin when they are needed first, and stay: four that find out about connections, and
as many as asyncio has at most for long work (`concurrent.futures.ThreadPoolExecutor`)."""
LATE_DESCRIPTORS = 4
"""Files that are opened when they are needed first, and stay: where the rows of the view, the pairs of
calls, the resolved calls and the outcomes of execs lie once there are more than memory is to hold."""
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process takes."""

    own: int
    """Bytes of memory that it alone has filled."""
    mapped: int
    """Bytes of files that it has mapped and that are in memory; the kernel takes them back."""
    descriptors: int
    threads: int

    def has_more_than(self, other: Usage) -> bool:
        """Whether it has more descriptors or threads than another."""
        return self.descriptors > other.descriptors or self.threads > other.threads

    def at_most(self, other: Usage) -> Usage:
        """This, with no more descriptors and threads than another has."""
        descriptors = min(self.descriptors, other.descriptors)
        return replace(self, descriptors=descriptors, threads=min(self.threads, other.threads))


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


FLIGHT_HELPERS = ("porter", "thinner")
"""The helpers of a flight recorder's monitor, in the order in which it starts them."""
COMPRESSING_HELPERS = ("porter", "compressor", "thinner")
"""The same, of one that compresses."""


def processes_of(
    viewer: int, seconds: float = START_SECONDS, helpers: Sequence[str] = ("porter",)
) -> dict[str, int]:
    """The processes of a live view by what they are for: `viewer`, `monitor`, and its helpers.

    Args:
        viewer: the view's own process.
        seconds: how long to wait until all of them run.
        helpers: what the processes are for that the monitor starts, in this order.

    Raises:
        LookupError: one of them does not run.
    """
    deadline = time.monotonic() + seconds
    while True:
        for monitor in children_of(viewer):
            started = children_of(monitor) if MONITOR in words_of(monitor) else []
            if len(started) == len(helpers):
                return {
                    "viewer": viewer,
                    "monitor": monitor,
                    **dict(zip(helpers, started, strict=True)),
                }
        if time.monotonic() >= deadline:
            raise LookupError(f"process {viewer} has no monitor with {' and '.join(helpers)}")
        time.sleep(_LOOK_SECONDS)


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
        enough: dict[str, Usage] | None = None,
    ) -> dict[str, Usage]:
        """Measure each process, and tell the fewest descriptors and threads that it has had.

        More are there in passing: while the viewer asks a runsc what runs, the answer goes to files,
        and threads wait a while for more to do before they end.

        Args:
            seconds: how long to look.
            rest: what to do between two looks.
            enough: ends it as soon as none has more descriptors and threads than these.
        """
        deadline = time.monotonic() + seconds
        least = self.now()
        while time.monotonic() < deadline and (
            enough is None or any(least[name].has_more_than(enough[name]) for name in least)
        ):
            rest()
            now = self.now()
            least = {name: now[name].at_most(usage) for name, usage in least.items()}
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
