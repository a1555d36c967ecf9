"""A real sandbox at full rate, watched for a long time: `python -m tests.load.soak [MINUTES [KEEP]]`.

The viewer runs in a terminal over a flight recorder. Memory, descriptors and threads of each process
must stay flat, and every message must be accounted for: from the sandbox to the screen. The process
ends with code 1 if something is not so.
"""

from __future__ import annotations

import contextlib
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gvtui.points.tuning import LOWEST_OVERHEAD
from gvtui.trace.reader import Trace
from gvtui.trace.survey import survey
from tests.benchmarks.table import print_table
from tests.e2e.containers import RunscBinary, find_binaries
from tests.e2e.test_terminal import GVTUI, Terminal
from tests.load.busy import busy_container, count_messages
from tests.load.flat import Series
from tests.load.usage import FLIGHT_HELPERS, MIB, Sampler, Usage, processes_of

MINUTES, KEEP = 30.0, "2GiB"
COUNT = 100_000
"""Bytes that the workload copies one by one in each round."""
COLUMNS, LINES = 260, 50
SAMPLE_SECONDS = 0.5
LOOK_SECONDS = 0.2
START_SECONDS, WAIT_SECONDS, SETTLE_SECONDS = 60.0, 300.0, 60.0
JUDGED_SECONDS = 10.0
"""How long it goes on at least when rows are let go."""
WARM_UP = 1 / 4
"""The part of the time in which memory may still grow; also until the first rows are let go."""

MOST_GROWTH, LEAST_GROWTH = 0.05, 4 * MIB
"""Memory may grow by a part of itself, or by so many bytes if that is more, in all of the time."""
MOST_MAPPED = 0.10
"""The same part of a file's pages that are in memory, which the kernel keeps as it likes."""
MOST_COUNT = 0.5
"""Descriptors and threads."""


@dataclass(slots=True)
class Soak:
    """What came out of it."""

    minutes: float
    rounds: int
    warm_up: int
    """Samples of the time before growth counts."""
    samples: list[dict[str, Usage]]
    counts: list[tuple[str, int, int]] = field(default_factory=list)
    """What each place counts, and what it must be."""
    problems: list[str] = field(default_factory=list)

    def expect(self, name: str, count: int, expected: int) -> None:
        """Take in what a place counts."""
        self.counts.append((name, count, expected))

    def series(self) -> list[Series]:
        """What must be flat."""
        judged = self.samples[self.warm_up :]
        found = []
        for name in judged[0] if judged else ():
            for what in ("own", "mapped", "descriptors", "threads"):
                values = tuple(float(getattr(sample[name], what)) for sample in judged)
                middle = sorted(values)[len(values) // 2]
                if what in ("own", "mapped"):
                    part = MOST_GROWTH if what == "own" else MOST_MAPPED
                    most = max(LEAST_GROWTH, part * middle)
                else:
                    most = MOST_COUNT
                found.append(Series(f"{name}, {_WORDS[what]}", values, most))
        return found

    def judge(self) -> list[str]:
        """What is not flat or not equal, in sentences without full stop."""
        problems = list(self.problems)
        series = self.series()
        if not series:
            problems.append("nothing was measured behind the warm-up")
        problems += [f"{each.name}: grew by {_number(each, each.growth)}" for each in series
                     if not each.is_flat]  # fmt: skip
        problems += [
            f"{name}: {count:,} where {expected:,} were expected"
            for name, count, expected in self.counts
            if count != expected
        ]
        return problems

    def print(self) -> None:
        """Print tables."""
        rows = [
            (
                each.name,
                *(
                    _number(each, value)
                    for value in (
                        each.values[0],
                        each.values[-1],
                        min(each.values),
                        max(each.values),
                        each.growth,
                        each.most_growth,
                    )
                ),
                "" if each.is_flat else "NOT FLAT",
            )
            for each in self.series()
        ]
        seconds = self.warm_up * SAMPLE_SECONDS
        title = f"{self.minutes:g} minutes, {self.rounds:,} rounds, warm-up {seconds:.0f} s"
        print_table(title, ("what", "first", "last", "least", "most", "grew", "may", ""), rows)
        print_table(
            "counted",
            ("what", "number", "expected", ""),
            [
                (name, f"{count:,}", f"{expected:,}", "NOT EQUAL" * (count != expected))
                for name, count, expected in self.counts
            ],
        )


_WORDS = {
    "own": "memory, MiB",
    "mapped": "mapped, MiB",
    "descriptors": "descriptors",
    "threads": "threads",
}


def _number(series: Series, value: float) -> str:
    if series.name.endswith("MiB"):
        return f"{value / MIB:.1f}"
    return f"{value:.1f}" if value % 1 else f"{value:.0f}"


class Watched:
    """A live view in a terminal, over a flight recorder of its own."""

    def __init__(self, folder: Path, keep: str) -> None:
        self.socket = folder / "s.sock"
        self._cache = folder / "cache"
        words = f"--listen {self.socket} --keep {keep} --fresh --on-exit keep"
        command = f"XDG_CACHE_HOME={self._cache} {GVTUI} {words}"
        self._terminal = Terminal(command, COLUMNS, LINES)
        try:
            wait_for(self.socket.exists, "the viewer to listen", START_SECONDS)
        except TimeoutError as error:
            screen = self.screen
            self.close()
            raise TimeoutError(f"{error}:\n{screen}") from error

    @property
    def program(self) -> int:
        """The viewer's process."""
        return self._terminal.program

    @property
    def recorder(self) -> Path:
        """The folder of its flight recorder."""
        (found,) = (each for each in (self._cache / "gvtui" / "live").iterdir() if each.is_dir())
        return found

    @property
    def screen(self) -> str:
        """What it shows."""
        return self._terminal.screen

    def number(self, pattern: str) -> int:
        """A number on the screen; -1 if it is not there."""
        found = re.search(pattern, self.screen)
        return int(found[1].replace(",", "")) if found else -1

    def close(self) -> None:
        """End it."""
        self._terminal.close()


RECEIVED = r"([\d,]+) received, all accounted for"
ROWS = r"([\d,]+) rows"
DROPPED = r"([\d,]+) dropped"
GONE = r"rows before ([\d,]+) are gone"


def wait_for(condition: Callable[[], bool], words: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it has not come in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {words}")
        time.sleep(LOOK_SECONDS)


def play(binary: RunscBinary, minutes: float, keep: str, count: int = COUNT) -> Soak:
    """Let it run for so many minutes; then count.

    Args:
        binary: the runsc.
        minutes: how long the sandbox sends at full rate; longer, until the recorder lets rows go.
        keep: the flight recorder's share of the disk, as for `--keep`.
        count: bytes that each of its rounds copies.

    Raises:
        TimeoutError: the viewer, the sandbox or what was expected of them did not come.
    """
    known = count_messages(binary, count)
    with tempfile.TemporaryDirectory(prefix="gvtui-") as name:
        watched = Watched(Path(name), keep)
        try:
            with busy_container(binary, watched.socket, LOWEST_OVERHEAD, count) as busy:
                sampler = Sampler(
                    processes_of(watched.program, helpers=FLIGHT_HELPERS), SAMPLE_SECONDS
                )
                until = time.monotonic() + minutes * 60
                with sampler.running():
                    wait_for(
                        lambda: watched.number(GONE) > 0,
                        "rows to be let go",
                        WAIT_SECONDS + minutes * 60,
                    )
                    full = len(sampler.samples)
                    until = max(until, time.monotonic() + JUDGED_SECONDS)
                    wait_for(
                        lambda: time.monotonic() > until, "the end", minutes * 60 + WAIT_SECONDS
                    )
                    samples = list(sampler.samples)
                busy.finish()
                wait_for(lambda: busy.is_quiet, "the workload to end")
                soak = Soak(minutes, busy.rounds, max(full, int(len(samples) * WARM_UP)), samples)
                _count(soak, watched, known.messages(soak.rounds), busy.dropped)
        finally:
            watched.close()
    return soak


def _count(soak: Soak, watched: Watched, made: int, dropped: int) -> None:
    """Compare what the sandbox has made and dropped with each place that counts it."""
    sent = made - dropped
    with contextlib.suppress(TimeoutError):
        # The viewer asks for the last drops when the sandbox has been quiet for a while.
        wait_for(lambda: watched.number(RECEIVED) == sent and watched.number(DROPPED) == dropped,
                 "the screen", SETTLE_SECONDS)  # fmt: skip
    trace = Trace.open(watched.recorder)
    try:
        found = survey(trace)
        account = found.accounting
        soak.expect("dropped, by the sandbox", dropped, dropped)
        soak.expect("dropped, in the trace", trace.connections.dropped, dropped)
        soak.expect("dropped, on the screen", watched.number(DROPPED), dropped)
        soak.expect("messages, received by the screen", watched.number(RECEIVED), sent)
        soak.expect("messages, in the log and let go", account.logged + account.let_go, sent)
        soak.expect("messages, in the index and let go", account.indexed + account.let_go, sent)
        soak.expect("messages, of the connections", trace.connections.messages, sent)

        def is_the_same() -> bool:
            # A mark may have come meanwhile.
            trace.refresh()
            return watched.number(ROWS) == trace.end_row

        with contextlib.suppress(TimeoutError):
            wait_for(is_the_same, "the rows on the screen", SETTLE_SECONDS)
        soak.expect("rows, on the screen", watched.number(ROWS), trace.end_row)
        soak.expect("first row that is kept, on the screen", watched.number(GONE), trace.first_row)
        soak.problems += found.problems
    finally:
        trace.close()


def main(arguments: Sequence[str]) -> None:
    """Run a whole soak."""
    binaries = find_binaries()
    if not binaries:
        sys.exit("the soak needs runsc, which is not installed")
    minutes = float(arguments[0]) if arguments else MINUTES
    soak = play(binaries[-1], minutes, arguments[1] if arguments[1:] else KEEP)
    print(f"{binaries[-1].path}, {binaries[-1].name}")
    soak.print()
    if problems := soak.judge():
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main(sys.argv[1:])
