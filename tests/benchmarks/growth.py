"""Whether twice as much takes twice as long, and no more: over recordings that are dear to read.

`python -m tests.benchmarks.growth [KIND]...` measures some kinds of `tests.benchmarks.hostile`, or all.
Seconds are the processor's, so that other work on the machine counts little. What seems to grow too
fast is measured again, and the least of all runs counts. The process ends with code 1 if anything
grows faster than what it reads.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import gvtui
from gvtui.__main__ import start
from tests.benchmarks.hostile import KINDS
from tests.benchmarks.table import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

Work: TypeAlias = Callable[[Path], None]
"""Does something with a recording."""

COUNT = 15_000
"""Messages of the smaller recording of a kind."""
FEWER = {"connections": 3_000}
"""The same of kinds whose messages are dear."""
MOST = 2.8
"""Times as much that twice the size may take: 2 in proportion, 4 with the square, and measuring has its
noise."""
MOST_RUNS = 6
"""How often that is measured which seems to take more."""
LEAST_SECONDS, LEAST_MIB = 0.2, 8.0
"""Less than this more than for one message is not looked at."""

NOT_OF = {"long": {"text", "json"}}
"""What only writes out what it reads."""


class Cost(NamedTuple):
    """What one run took, or the least of several."""

    seconds: float
    """Of all processors."""
    mib: float
    """Of memory, at most; that of what is loaded before it begins is part of it."""

    def least(self, other: Cost) -> Cost:
        """The lesser of both, of each kind of cost."""
        return Cost(min(self.seconds, other.seconds), min(self.mib, other.mib))


def cost(work: Work, path: Path) -> Cost:
    """Do something with a recording in a copy of this process, in which all modules are loaded."""
    pid = os.fork()
    if not pid:
        kept = os.fdopen(os.dup(sys.stderr.fileno()), "w")
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_RDWR), stream.fileno())
        code: object = 1
        try:
            work(path)
            code = 0
        except SystemExit as ended:
            code = ended.code
        except BaseException:
            traceback.print_exc(file=kept)
            kept.flush()
        finally:
            sys.stdout.flush()
            os._exit(code if isinstance(code, int) else 1)
    _, status, used = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{work} failed over {path}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Growth(NamedTuple):
    """What a command took over a recording, and over one of twice the size."""

    base: Cost
    """Over one message."""
    once: Cost
    twice: Cost

    @property
    def ratios(self) -> tuple[float | None, float | None]:
        """How many times as many seconds, and as much memory; None where it is too little to tell."""
        return (
            _ratio(self.twice.seconds, self.once.seconds, self.base.seconds, LEAST_SECONDS),
            _ratio(self.twice.mib, self.once.mib, self.base.mib, LEAST_MIB),
        )

    @property
    def is_too_fast(self) -> bool:
        """Whether either grows faster than what is read."""
        return any(ratio is not None and ratio > MOST for ratio in self.ratios)


def growth(work: Work, base: Cost, files: Sequence[Path]) -> Growth:
    """Measure a command over a recording and one of twice the size, again while it seems to fail."""
    once, twice = (cost(work, path) for path in files)
    for _ in range(MOST_RUNS - 1):
        if not Growth(base, once, twice).is_too_fast:
            break
        once, twice = (
            known.least(cost(work, path)) for known, path in zip((once, twice), files, strict=True)
        )
    return Growth(base, once, twice)


def make(path: Path, kind: str, count: int) -> None:
    """Make a recording in a process of its own, so that this one stays small: a child's memory
    begins with that of its parent."""
    command = [sys.executable, "-m", "tests.benchmarks.hostile", str(path), kind, str(count)]
    subprocess.run(command, check=True)


def make_index(path: Path) -> None:
    """Make the index of a recording anew."""
    from gvtui.trace.reader import Trace

    for side in path.parent.glob(f"{path.name}.*"):
        side.unlink()
    with closing(Trace.open(path)) as trace:
        assert trace.end_row


def look_at(path: Path) -> None:
    """Do what the viewer does with a recording, without a screen."""
    from gvtui.query.numbers.points import PointTally
    from gvtui.trace.reader import Trace
    from gvtui.tui.model.model import Model
    from gvtui.tui.processes.lines import tree_lines

    model = Model(Trace.open(path))
    analysis = model.analysis
    analysis.wants_processes = True
    statistics = analysis.statistics()
    tally = PointTally(model.trace)
    while model.refresh(0.1) or statistics.advance() or tally.advance(0.1):
        assert model.sandboxes is not None
    for _ in range(50):
        assert model.rate >= 0
        assert sum(sandbox.connected for sandbox in model.sandboxes) >= 0
    for row in range(0, model.trace.end_row, max(model.trace.end_row // 200, 1)):
        assert model.texts[row].row_id == row
    assert len(list(tree_lines(analysis.processes.tree, {}))) >= 0
    assert statistics.by_process() is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0


def compare(path: Path) -> None:
    """Tell what differs between the two halves of a recording."""
    from gvtui.export.diff.formats import DIFF_FORMATS
    from gvtui.export.diff.making import SideChoice, make_diff
    from gvtui.query.filter.write import time_text
    from gvtui.trace.reader import Trace

    with closing(Trace.open(path)) as trace:
        middle = time_text(trace.row(trace.end_row // 2).recv_ns)
        made = make_diff(SideChoice(trace, end=middle), SideChoice(trace, begin=middle))
        assert list(DIFF_FORMATS["text"].lines(made))


def _gvtui(*words: str) -> Work:
    """What runs a command of gvtui's over a recording."""

    def work(path: Path) -> None:
        sys.argv = ["gvtui", *words, str(path)]
        start()

    return work


COMMANDS: dict[str, Work] = {
    "index": make_index,
    "stats": _gvtui("print", "--stats"),
    "text": _gvtui("print"),
    "json": _gvtui("print", "--format", "json"),
    "strace": _gvtui("print", "--format", "strace"),
    "regex": _gvtui(
        "print", "--filter", "evt.arg.pathname regex '(a|b|ab)*c$' or evt.args regex x+y"
    ),
    "report": _gvtui("report"),
    "diff": compare,
    "viewer": look_at,
}


def load_all() -> None:
    """Load all of gvtui, so that no run has to."""
    for module in pkgutil.walk_packages(gvtui.__path__, "gvtui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.collect()


def main(kinds: Sequence[str] = ()) -> None:
    """Measure each command over each kind, and over twice as much of it."""
    for kind in kinds:
        if kind not in KINDS:
            sys.exit(f"no kind {kind!r}; there are: {', '.join(KINDS)}")
    load_all()
    wrong = list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = folder / "empty.gvtrace"
        make(empty, "paths", 1)
        bases = {
            command: cost(work, empty).least(cost(work, empty))
            for command, work in COMMANDS.items()
        }
        for kind in kinds or KINDS:
            wrong += measure(folder, kind, bases)
    if wrong:
        sys.exit(f"grows faster than what it reads: {'; '.join(wrong)}")


def measure(folder: Path, kind: str, bases: dict[str, Cost]) -> list[str]:
    """Measure one kind, and print it; gives what grows faster than what it reads."""
    started = time.monotonic()
    count = FEWER.get(kind, COUNT)
    files = [folder / f"{kind}{times}.gvtrace" for times in (1, 2)]
    for times, path in enumerate(files, 1):
        make(path, kind, times * count)
    rows, wrong = [], list[str]()
    for command, work in COMMANDS.items():
        if command in NOT_OF.get(kind, ()):
            continue
        grown = growth(work, bases[command], files)
        figures = [f"{each:.2f}" if each is not None else "" for each in grown.ratios]
        rows.append((command, f"{grown.twice.seconds:.2f}", f"{grown.twice.mib:.0f}", *figures))
        if grown.is_too_fast:
            wrong.append(f"{kind}, {command}")
    for path in folder.glob(f"{kind}*"):
        path.unlink()
    took = time.monotonic() - started
    head = ("what", "CPU s of twice", "MiB of twice", "times the CPU", "times the memory")
    print_table(f"{kind}, {count:,} and twice as many, in {took:.0f} s", head, rows)
    return wrong


def _ratio(twice: float, once: float, base: float, least: float) -> float | None:
    """How many times as much was taken; None where it is too little to tell."""
    if twice - base < least:
        return None
    return (twice - base) / max(once - base, least / 4)


if __name__ == "__main__":
    main(sys.argv[1:])
