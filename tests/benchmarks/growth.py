"""Whether twice as much takes twice as long, and no more: over recordings that are dear to read.

`GVTUI_BENCH_KINDS` names some kinds, parted by commas; else all are measured. The process ends with
code 1 if anything grows faster than what it reads.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.child import spent
from tests.benchmarks.hostile import KINDS
from tests.benchmarks.table import print_table

COUNT = 20_000
"""Messages of the smaller recordings."""
MOST = 2.6
"""Times as much that twice the size may take: measuring has its noise."""
LEAST_SECONDS, LEAST_MIB = 0.3, 24.0
"""Less than this more is not looked at."""

PRINT = ("-m", "gvtui", "print")
COMMANDS: dict[str, tuple[str, ...]] = {
    "stats": (*PRINT, "--stats"),
    "text": PRINT,
    "json": (*PRINT, "--format", "json"),
    "strace": (*PRINT, "--format", "strace"),
    "regex": (*PRINT, "--filter", "evt.arg.pathname regex '(a|b|ab)*c$' or evt.args regex x+y"),
    "report": ("-m", "gvtui", "report"),
    "diff": ("-m", "tests.benchmarks.growth", "diff"),
    "viewer": ("-m", "tests.benchmarks.growth", "viewer"),
}
NOT_OF = {"long": {"text", "json"}}
"""What only writes out what it reads."""


class Cost(NamedTuple):
    """What one run took."""

    seconds: float
    """Of all processors."""
    mib: float
    """Of memory, at most."""


def cost(command: tuple[str, ...], path: Path) -> Cost:
    """Run a command over a recording in a process of its own, once to make its index."""
    runs = [spent(*command, str(path)) for _ in range(2)]
    return Cost(min(each.busy for each in runs), min(each.mib for each in runs))


def make(path: Path, kind: str, count: int) -> None:
    """Make a recording in a process of its own, so that this one stays small: a child's memory
    begins with that of its parent."""
    command = [sys.executable, "-m", "tests.benchmarks.hostile", str(path), kind, str(count)]
    subprocess.run(command, check=True)


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


def main() -> None:
    """Measure each command over each kind, and over twice as much of it."""
    kinds = os.environ.get("GVTUI_BENCH_KINDS", "")
    rows, wrong = [], list[str]()
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name, "empty.gvtrace")
        make(empty, "paths", 1)
        bases = {command: cost(words, empty) for command, words in COMMANDS.items()}
        for kind in kinds.split(",") if kinds else KINDS:
            files = []
            for times in (1, 2):
                path = Path(name, f"{kind}{times}.gvtrace")
                make(path, kind, times * COUNT)
                files.append(path)
            for command, words in COMMANDS.items():
                if command in NOT_OF.get(kind, ()):
                    continue
                base = bases[command]
                once, twice = (cost(words, path) for path in files)
                grown = [
                    _ratio(twice.seconds, once.seconds, base.seconds, LEAST_SECONDS),
                    _ratio(twice.mib, once.mib, base.mib, LEAST_MIB),
                ]
                figures = [f"{each:.2f}" if each is not None else "" for each in grown]
                costs = (f"{twice.seconds:.2f}", f"{twice.mib:.0f}")
                rows.append((f"{kind}, {command}", *costs, *figures))
                if any(each is not None and each > MOST for each in grown):
                    wrong.append(f"{kind}, {command}")
            for path in files:
                path.unlink()
    head = ("what", "CPU s of twice", "MiB of twice", "times the CPU", "times the memory")
    print_table(f"{COUNT:,} messages, and twice as many", head, rows)
    if wrong:
        sys.exit(f"grows faster than what it reads: {'; '.join(wrong)}")


def _ratio(twice: float, once: float, base: float, least: float) -> float | None:
    """How many times as much was taken; None where it is too little to tell."""
    if twice - base < least:
        return None
    return (twice - base) / max(once - base, least / 4)


if __name__ == "__main__":
    if sys.argv[1:2] == ["viewer"]:
        look_at(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["diff"]:
        compare(Path(sys.argv[2]))
    else:
        main()
