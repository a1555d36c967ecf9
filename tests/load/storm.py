"""200 sandboxes, 20 of them flat out, in a storm of connections: `python -m tests.load.storm [SECONDS]`.

All is sent to a live view that records. The process ends with code 1 if anything of what was sent is
lost or out of order, or if processes keep descriptors or threads.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gvtui.export.info import account_text, is_sound
from gvtui.monitor.priority import favoured_screen
from gvtui.trace.reader import Trace
from gvtui.trace.survey import survey
from tests.benchmarks.screen import Viewer
from tests.benchmarks.table import print_table
from tests.load.herd import Sent, read_sent
from tests.load.recorded import Recorded
from tests.load.usage import (
    LATE_DESCRIPTORS,
    LATE_THREADS,
    MIB,
    Sampler,
    Usage,
    processes_of,
)

SECONDS = 60.0
START_SECONDS, END_SECONDS = 120.0, 120.0
REST_AT_MOST_SECONDS = 60.0
SAMPLE_SECONDS = 0.25
REST_SECONDS = 0.2
IDLE_SECONDS = 3.0
GOAL_MS = 500


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are of each kind; see `tests.load.herd`."""

    eager: int = 10
    patient: int = 10
    quiet: int = 150
    late: int = 10
    slow: int = 10
    halved: int = 10
    storming: int = 3
    strange: int = 7
    silent: int = 10

    def first(self, seconds: float) -> list[tuple[str, float, int]]:
        """The plan for the sandboxes, which are there when the storm begins, and stay behind it."""
        kinds = ("eager", "patient", "quiet", "late", "slow", "halved")
        return [(kind, seconds, getattr(self, kind)) for kind in kinds]

    def then(self, seconds: float) -> list[tuple[str, float, int]]:
        """The plan for the storm."""
        return [(kind, seconds, getattr(self, kind)) for kind in ("storming", "strange", "silent")]


class Herd:
    """The processes of a plan, running."""

    def __init__(self, listen: Path, plan: list[tuple[str, float, int]], out: Path) -> None:
        command = [sys.executable, "-m", "tests.load.herd", str(listen), json.dumps(plan)]
        # A pipe would hold it up when it is full, for nobody reads meanwhile.
        self._out = out
        with out.open("wb") as file:
            # Its own session, as that of this process is favoured.
            self._process = subprocess.Popen(command, stdout=file, start_new_session=True)

    def sent(self) -> list[Sent]:
        """Wait for all, and tell what they have sent."""
        if code := self._process.wait(END_SECONDS):
            raise ChildProcessError(f"the herd ended with {code}")
        return [read_sent(line) for line in self._out.read_text().splitlines()[1:]]

    @property
    def is_running(self) -> bool:
        """Whether any of them still sends."""
        return self._process.poll() is None


@dataclass(slots=True)
class Storm:
    """What came out of one storm."""

    sent: list[Sent]
    recorded: Recorded
    account: list[str]
    delays: list[float]
    """Seconds from each key to its words on the screen."""
    before: dict[str, Usage]
    samples: list[dict[str, Usage]]
    after: dict[str, Usage]
    problems: list[str]

    def print(self) -> None:
        """Print tables."""
        self._print_sent()
        self._print_times()
        self._print_usage()
        for line in self.account:
            print(f"  {line}")

    def of(self, *kinds: str) -> list[Sent]:
        """What those of some kinds have sent."""
        return [one for one in self.sent if one.kind in kinds]

    def _print_sent(self) -> None:
        rows = []
        for kind in dict.fromkeys(one.kind for one in self.sent):
            sent = self.of(kind)
            told = self.recorded.total(sent)
            rows.append(
                (
                    kind,
                    len(sent),
                    *(
                        f"{number:,}"
                        for number in (
                            sum(one.messages for one in sent),
                            told["messages"],
                            told["out_of_order"],
                            sum(one.dropped for one in sent),
                            told["dropped"],
                            told["connections"],
                            sum(one.refused for one in sent),
                        )
                    ),
                )
            )
        head = (
            "kind",
            "processes",
            "sent",
            "recorded",
            "out of order",
            "dropped",
            "told",
            "connections",
            "refused",
        )
        print_table("messages", head, rows)

    def _print_times(self) -> None:
        rows = []
        quiet = self.recorded.waited_ms(self.of("quiet", "late"))
        for words, kinds in (
            ("handshake of those that were there before", ("quiet", "slow", "halved")),
            ("handshake of late ones", ("late",)),
        ):
            shakes = [1000 * each for one in self.of(*kinds) for each in one.handshakes]
            rows.append((words, *_spread(np.array(shakes))))
        rows.append(("messages of quiet ones, sent to received", *_spread(quiet)))
        keys = np.array([1000 * each for each in self.delays])
        rows.append((f"key to screen, to be under {GOAL_MS}", *_spread(keys)))
        print_table("milliseconds", ("what", "times", "median", "p99", "worst"), rows)

    def _print_usage(self) -> None:
        rows = []
        for name in self.before:
            series = [sample[name] for sample in self.samples]
            peak = [max(getattr(each, what) for each in series) for what in _USED]
            for moment, figures in (
                ("before", [getattr(self.before[name], what) for what in _USED]),
                ("at the peak", peak),
                ("after", [getattr(self.after[name], what) for what in _USED]),
            ):
                own, mapped, descriptors, threads = figures
                rows.append(
                    (f"{name}, {moment}", f"{own / MIB:.1f}", f"{mapped / MIB:.1f}", descriptors,
                     threads)
                )  # fmt: skip
        head = ("what", "memory, MiB", "mapped, MiB", "descriptors", "threads")
        print_table("processes", head, rows)


_USED = ("own", "mapped", "descriptors", "threads")


def _spread(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[object, ...]:
    if not len(values):
        return 0, "-", "-", "-"
    figures = (statistics.median(values.tolist()), np.percentile(values, 99), values.max())
    return f"{len(values):,}", *(f"{each:.1f}" for each in figures)


def play(seconds: float, crowd: Crowd, limits: Sequence[str] = ()) -> Storm:
    """Run a viewer, have the crowd send to it, and look at what was recorded.

    Args:
        seconds: how long the crowd sends.
        crowd: who sends.
        limits: those of the viewer that are not the usual ones, as for `--limit`.
    """
    with tempfile.TemporaryDirectory(prefix="gvtui-storm-") as name, _cache_in(Path(name)):
        listen, record = Path(name, "s.sock"), Path(name, "storm.gvtrace")
        # Another user connects, too.
        Path(name).chmod(0o711)
        words = ["--record", str(record), "--socket-mode", "666", "--fresh", "--on-exit", "keep"]
        words += [word for limit in limits for word in ("--limit", limit)]
        viewer = Viewer(["--listen", str(listen), *words])
        try:
            viewer.wait_for("following", START_SECONDS)
            sampler = Sampler(processes_of(viewer.pid), SAMPLE_SECONDS)
            before = sampler.at_rest(IDLE_SECONDS, lambda: viewer.read(REST_SECONDS))
            with sampler.running():
                sent, delays = _send(viewer, listen, seconds, crowd)
                _settle(viewer, record)
            most = {
                name: replace(
                    usage,
                    descriptors=usage.descriptors + LATE_DESCRIPTORS,
                    threads=usage.threads + LATE_THREADS,
                )
                for name, usage in before.items()
            }
            after = sampler.at_rest(REST_AT_MOST_SECONDS, lambda: viewer.read(REST_SECONDS), most)
        finally:
            viewer.close()
        return _look_at(record, sent, delays, before, sampler.samples, after)


def _send(
    viewer: Viewer, listen: Path, seconds: float, crowd: Crowd
) -> tuple[list[Sent], list[float]]:
    """Have all send, and press keys meanwhile; gives what was sent, and how long keys took."""
    delays = []
    sandboxes = Herd(listen, crowd.first(seconds), listen.with_name("first"))
    viewer.read(min(2.0, seconds / 8))
    storm = Herd(listen, crowd.then(seconds * 3 / 4), listen.with_name("then"))
    # Else this process would wait for a processor behind the herd, and take that for the viewer's time.
    with favoured_screen():
        while storm.is_running:
            for words in ("paused", "following"):
                viewer.forget()
                viewer.press(" ")
                delays.append(viewer.wait_for(words, START_SECONDS))
                viewer.read(REST_SECONDS)
    while sandboxes.is_running:
        viewer.read(REST_SECONDS)
    return sandboxes.sent() + storm.sent(), delays


def _settle(viewer: Viewer, record: Path) -> None:
    """Wait until all connections have ended, and the viewer had time to see it."""
    trace = Trace.open(record)
    deadline = time.monotonic() + END_SECONDS
    try:
        while any(each.connected for each in trace.connections.values()):
            if time.monotonic() > deadline:
                raise TimeoutError("connections stay open")
            viewer.read(REST_SECONDS)
            trace.refresh()
    finally:
        trace.close()
    viewer.read(3.0)


def _look_at(
    record: Path,
    sent: list[Sent],
    delays: list[float],
    before: dict[str, Usage],
    samples: list[dict[str, Usage]],
    after: dict[str, Usage],
) -> Storm:
    trace = Trace.open(record)
    try:
        recorded = Recorded(trace)
        found = survey(trace)
        problems = recorded.problems(sent)
        if not is_sound(trace, found):
            problems.append("the recording is damaged, or something in it is unaccounted for")
        account = list(account_text(found))
    finally:
        trace.close()
    for name, usage in after.items():
        for what, more in (("descriptors", LATE_DESCRIPTORS), ("threads", LATE_THREADS)):
            left = getattr(usage, what) - getattr(before[name], what)
            if left > more:
                problems.append(f"the {name} keeps {left} {what}")
    return Storm(sent, recorded, account, delays, before, samples, after, problems)


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Have gvtui keep what it keeps in a folder, which goes with the storm."""
    former = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    try:
        yield
    finally:
        if former is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = former


def main(arguments: Sequence[str]) -> None:
    """Run a whole storm; exit code 1 if anything is lost, out of order, or kept."""
    seconds = float(arguments[0]) if arguments else SECONDS
    storm = play(seconds, Crowd())
    storm.print()
    if storm.problems:
        sys.exit("\n".join(storm.problems))


if __name__ == "__main__":
    main(sys.argv[1:])
