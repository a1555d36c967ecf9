"""SIGKILL at random moments: `python -m tests.load.kills [MOMENTS [SEED]]`.

Numbered messages come at full rate, viewers look on, and now the monitor is killed, now a viewer, now
several processes at once; at any moment, in the moment in which a segment follows another, or while
one is compressed. What is left must open, and hold of each connection the messages 1 to n without gap and unchanged, where n is
at least what a reader had seen, and what the monitor had said, before the kill. The process ends with
code 1 if something is not so.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.places import trace_at
from gvtui.trace import files
from gvtui.trace.reader import Trace
from tests.benchmarks.screen import Viewer
from tests.benchmarks.table import print_table
from tests.load.prefix import Found, found_in, problems_of, repaired_problems
from tests.load.usage import COMPRESSING_HELPERS, processes_of

MOMENTS, SEED = 100, 1
CONNECTIONS = 2
SMALL_KEEP, LARGE_KEEP = "16MiB", "256MiB"
"""Of the small one old segments are let go all the time."""
MOST_SECONDS = 1.5
"""The latest moment of a kill, after the first messages are there."""
WAIT_SECONDS = 300.0
_LOOK_SECONDS = 0.01
_UNFINISHED = ".gvtui-*.new"
_COMPRESSION_SECONDS = 20.0
"""How long a segment is waited for at most that is compressed."""
_UNCOMPILED = "PYTHONDONTWRITEBYTECODE"


class Victim(StrEnum):
    """Who is killed."""

    RECEIVER = "the process that receives"
    KEEPER = "the process that keeps it"
    MONITOR = "both of the monitor's"
    VIEWER = "a viewer that is attached"
    BOTH = "viewer and monitor"
    OWNER = "a viewer with its own monitor"
    ALL = "viewer and its own monitor"


class Moment(StrEnum):
    """When somebody is killed."""

    ANY = "at some moment"
    ROTATION = "at a rotation"
    COMPRESSION = "during compression"


_WITH_OWN = (Victim.OWNER, Victim.ALL)
_WITH_VIEWER = (Victim.VIEWER, Victim.BOTH, *_WITH_OWN)


@dataclass(slots=True)
class Kills:
    """What came out of it."""

    moments: Counter[str] = field(default_factory=Counter)
    """How often whom."""
    when: Counter[str] = field(default_factory=Counter)
    """How often when."""
    compressed: int = 0
    """Recordings with compressed segments."""
    messages: int = 0
    """Messages that were looked at, one by one."""
    seen: int = 0
    """Messages that had been seen before a kill."""
    torn: int = 0
    """Recordings whose end was torn."""
    let_go: int = 0
    """Recordings whose oldest segments had been let go."""
    problems: list[str] = field(default_factory=list)

    def print(self) -> None:
        """Print tables."""
        rows = [(name, count) for name, count in self.moments.items()]
        print_table(f"{sum(self.moments.values())} kills", ("who", "times"), rows)
        print_table(
            "found",
            ("what", "number"),
            [
                *((f"kills {name}", count) for name, count in self.when.items()),
                ("recordings with compressed segments", self.compressed),
                ("recordings with a torn end", self.torn),
                ("recordings that had let go of segments", self.let_go),
                ("messages seen before the kill", f"{self.seen:,}"),
                ("messages found, each looked at", f"{self.messages:,}"),
                ("problems", len(self.problems)),
            ],
        )


class Senders:
    """A process that sends numbered messages."""

    def __init__(self, socket: Path) -> None:
        command = [sys.executable, "-m", "tests.load.numbered", str(socket), str(CONNECTIONS)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._said = self._process.stdout
        if self._said.readline() != b"started\n":
            raise ChildProcessError("nobody sends")

    def sent(self) -> list[int]:
        """End it, if it has not ended; gives how many each connection has sent."""
        self._process.terminate()
        told = self._said.read()
        self._process.wait(WAIT_SECONDS)
        self._said.close()
        found: list[int] = json.loads(told)
        return found

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._said.close()


@contextmanager
def _monitoring(folder: Path, keep: str) -> Iterator[subprocess.Popen[bytes]]:
    """`gvtui monitor`, from when it listens."""
    limits = ["--limit", "keep-others-seconds=0"]
    words = ["monitor", "--listen", str(folder / "s"), "--trace", str(folder / "t"), "--keep", keep]
    with (folder / "said").open("wb") as err:
        process = subprocess.Popen([sys.executable, "-m", "gvtui", *words, *limits], stderr=err)

    def listens() -> bool:
        said = (folder / "said").read_bytes()
        if process.poll() is not None:
            raise ChildProcessError(f"the monitor has ended: {said.decode()}")
        return b"listening on" in said

    try:
        _wait_for(listens, "the monitor")
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_for(condition: object, words: str) -> None:
    assert callable(condition)
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {WAIT_SECONDS:.0f} s for {words}")
        time.sleep(_LOOK_SECONDS)


class Round:
    """One kill: what runs before it, and what is left."""

    def __init__(
        self,
        folder: Path,
        victim: Victim,
        dice: random.Random,
        *,
        moment: Moment,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """Prepare it.

        Args:
            folder: a new folder.
            victim: who is killed.
            dice: chooses the moment.
            moment: when.
            most_seconds: how long after the first messages the kill comes at most.
        """
        self._most_seconds = most_seconds
        self._folder, self.victim, self._dice, self._moment = folder, victim, dice, moment
        is_any = moment is Moment.ANY
        self.keep = dice.choice((SMALL_KEEP, LARGE_KEEP)) if is_any else SMALL_KEEP
        self.seen: list[int] = []
        """How many messages of each connection a reader saw before the kill."""
        self.said = 0
        """How many the monitor had said were written."""
        self.sent: list[int] = []
        self.trace = folder
        """Where the trace is."""
        self.found = Found()
        self.compressed = 0
        """Segments that are compressed."""
        self.problems: list[str] = []

    def play(self) -> None:
        """Run it, and judge what is left.

        Raises:
            TimeoutError: something has not come in time.
        """
        with contextlib.ExitStack() as stack:
            socket, monitor = self._folder / "s", None
            if self.victim in _WITH_OWN:
                words = ["--listen", str(socket), "--keep", self.keep, "--compress", "zstd"]
                viewer = Viewer([*words, "--fresh", "--limit", "keep-others-seconds=0"])
                stack.callback(viewer.close)
                viewer.wait_for("following", WAIT_SECONDS)
                processes = processes_of(viewer.pid, helpers=COMPRESSING_HELPERS)
                pids = {"viewer": viewer.pid, "receiver": processes["monitor"]}
                [self.trace] = (self._folder / "cache" / "gvtui" / "live").glob("*/")
            else:
                keeper = stack.enter_context(_monitoring(self._folder, self.keep))
                monitor = AttachedMonitor.find(socket)
                assert monitor is not None
                stack.callback(monitor.stop)
                pids = {"keeper": keeper.pid, "receiver": monitor.pid}
                self.trace = trace_at(self._folder / "t")
                if self.victim in _WITH_VIEWER:
                    viewer = Viewer(["attach", str(self._folder / "t")])
                    stack.callback(viewer.close)
                    pids["viewer"] = viewer.pid
            senders = Senders(socket)
            stack.callback(senders.close)
            reader = Trace.open(self.trace)
            stack.callback(reader.close)

            def look() -> None:
                reader.refresh()
                if "viewer" in pids:
                    viewer.read(0)

            self._reach_moment(reader, look)
            if monitor is not None:
                monitor.read_events()
                self.said = monitor.account.logged
            watched = [stack.enter_context(_watched(pid)) for pid in self._to_end(pids)]
            look()
            self.seen = _counts(reader)
            for pid in self._to_kill(pids):
                os.kill(pid, signal.SIGKILL)
            if self.victim is Victim.VIEWER:
                self._goes_on(reader, keeper)
            for each in watched:
                if not select.select([each], [], [], WAIT_SECONDS)[0]:
                    raise TimeoutError(f"a process goes on after the kill of {self.victim}")
            self.sent = senders.sent()
        self._judge()

    def _reach_moment(self, reader: Trace, look: object) -> None:
        assert callable(look)

        def has_begun() -> bool:
            look()
            return bool(reader.connections.messages > 100 * CONNECTIONS)

        _wait_for(has_begun, "the first messages")
        until = time.monotonic() + self._dice.uniform(0, self._most_seconds)
        while time.monotonic() < until:
            look()
            time.sleep(_LOOK_SECONDS)
        if self._moment is Moment.COMPRESSION:
            while not list(self.trace.glob(_UNFINISHED)):
                look()
                time.sleep(_LOOK_SECONDS)
            # Under load it takes seconds: now in the midst of it, now when files take their places.
            until = time.monotonic() + self._dice.choice((0.3, _COMPRESSION_SECONDS))
            while time.monotonic() < until and not reader.compressed.segments:
                look()
                time.sleep(_LOOK_SECONDS)
        if self._moment is Moment.ROTATION:
            following = files.segment_numbers(self.trace)[-1] + 1
            log = files.segment_path(self.trace, following)
            deadline = time.monotonic() + WAIT_SECONDS
            # It takes less than a millisecond.
            while not log.exists():
                if time.monotonic() > deadline:
                    raise TimeoutError("no segment follows")
            time.sleep(self._dice.choice((0, 0, 0.0002, 0.0005, 0.001)))

    def _to_kill(self, pids: dict[str, int]) -> list[int]:
        names = {
            Victim.RECEIVER: ("receiver",),
            Victim.KEEPER: ("keeper",),
            Victim.MONITOR: ("keeper", "receiver"),
            Victim.VIEWER: ("viewer",),
            Victim.BOTH: ("viewer", "receiver", "keeper"),
            Victim.OWNER: ("viewer",),
            Victim.ALL: ("receiver", "viewer"),
        }[self.victim]
        return [pids[name] for name in names]

    def _to_end(self, pids: dict[str, int]) -> list[int]:
        """Who must end by it."""
        return [pids["viewer"]] if self.victim is Victim.VIEWER else [
            pid for name, pid in pids.items() if name != "viewer" or self.victim in _WITH_VIEWER
        ]  # fmt: skip

    def _goes_on(self, reader: Trace, keeper: subprocess.Popen[bytes]) -> None:
        """The monitor does not notice that a viewer is killed, and ends when it is told to."""
        before = reader.connections.messages

        def more() -> bool:
            reader.refresh()
            return reader.connections.messages > before + 1000

        _wait_for(more, "messages after the kill of a viewer")
        keeper.terminate()
        if keeper.wait(WAIT_SECONDS):
            self.problems.append("the monitor did not end well after the kill of a viewer")

    def _judge(self) -> None:
        # As the kill has left it, before anybody opens it.
        untouched = self._folder / "untouched"
        shutil.copytree(self.trace, untouched)
        self.found = found = found_in(self.trace)
        with contextlib.closing(Trace.open(self.trace)) as trace:
            self.compressed = trace.compressed.segments
        self.problems += problems_of(found, self.seen, self.sent)
        if sum(found.last) < self.said:
            self.problems.append(
                f"{sum(found.last):,} messages, the monitor had said {self.said:,}"
            )
        if self.victim in (Victim.VIEWER, Victim.OWNER, Victim.KEEPER) and found.torn:
            self.problems.append("a torn end, though the process that writes was not killed")
        self.problems += repaired_problems(untouched, self._folder / "mended.gvtrace", found)


@contextmanager
def _watched(pid: int) -> Iterator[int]:
    fd = os.pidfd_open(pid)
    try:
        yield fd
    finally:
        os.close(fd)


def _counts(reader: Trace) -> list[int]:
    """The messages that a reader has seen of each connection."""
    known = sorted(reader.connections.values(), key=lambda each: each.conn)
    return [each.messages for each in known]


@contextmanager
def _home_in(folder: Path) -> Iterator[None]:
    """Have gvtui keep what it keeps in a folder, and start as an installed program does, which is
    compiled already."""
    homes = {
        name: str(folder / name[4:-5].lower()) for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME")
    }
    former = {name: os.environ.get(name) for name in (*homes, _UNCOMPILED)}
    os.environ |= homes
    os.environ.pop(_UNCOMPILED, None)
    try:
        yield
    finally:
        for name, value in former.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def play(
    moments: int,
    seed: int = SEED,
    victims: Sequence[Victim] = tuple(Victim),
    most_seconds: float = MOST_SECONDS,
) -> Kills:
    """Kill so often.

    Args:
        moments: how often.
        seed: of the random choices.
        victims: who is killed, in turn; each of them at all kinds of moments.
        most_seconds: how long after the first messages a kill comes at most.
    """
    dice, kills = random.Random(seed), Kills()
    for turn in range(moments):
        victim = victims[turn % len(victims)]
        moment = tuple(Moment)[turn // len(victims) % len(Moment)]
        with tempfile.TemporaryDirectory(prefix="gvtui-kills-") as name, _home_in(Path(name)):
            one = Round(Path(name), victim, dice, moment=moment, most_seconds=most_seconds)
            try:
                one.play()
            except Exception as error:
                one.problems.append(f"{type(error).__name__}: {error}")
        kills.moments[str(victim)] += 1
        kills.when[str(moment)] += 1
        kills.compressed += one.compressed > 0
        kills.messages += one.found.messages
        kills.seen += sum(one.seen)
        kills.torn += one.found.torn > 0
        kills.let_go += one.found.let_go > 0
        kills.problems += [f"kill {turn}, {victim}, {moment}: {each}" for each in one.problems]
        print(f"{turn + 1}: {victim}, {moment}: {sum(one.seen):,} seen, {sum(one.found.last):,} "
              f"there, {sum(one.sent):,} sent", *one.problems, flush=True)  # fmt: skip
    return kills


def main(arguments: Sequence[str]) -> None:
    """Kill; exit code 1 if anything is lost that had been written."""
    moments = int(arguments[0]) if arguments else MOMENTS
    kills = play(moments, int(arguments[1]) if len(arguments) > 1 else SEED)
    kills.print()
    if kills.problems:
        sys.exit("\n".join(kills.problems))


if __name__ == "__main__":
    main(sys.argv[1:])
