"""`python -m tests.fuzz SECONDS [TARGET...]`: random input, guided by what it reaches.

Each target runs in a process of its own, one on each processor. An input that fails stays in `tests/fuzz/found`; once it
is mended, it belongs into `tests/fuzz/corpus/TARGET`, where the usual tests find it.

The target `viewer` takes random walks instead; see `tests.fuzz.viewer`.

`python -m tests.fuzz --again TARGET FILE` feeds one input again, `--walk SEED` takes a walk again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.target import Target

HERE = Path(__file__).parent
_SLOWEST, _MOST_MB = 20, 2048
_SHOWN = 60
_VIEWER = "viewer"


def main() -> None:
    """Run the targets that are named, or all; exit code 1 if an input failed one."""
    if sys.argv[1:2] == ["--one"]:
        _run_one(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
    from tests.fuzz.targets import TARGETS

    targets = {target.name: target for target in TARGETS}
    if sys.argv[1:2] == ["--again"]:
        _, _, name, file = sys.argv
        targets[name].feed(Path(file).read_bytes())
        return
    if sys.argv[1:2] == ["--walk"]:
        from tests.fuzz.viewer import go

        print(f"{go(int(sys.argv[2])):,} steps held")
        return
    seconds = int(sys.argv[1]) if sys.argv[1:] else 60
    wanted = sys.argv[2:] or [*targets, _VIEWER]
    unknown = set(wanted) - {*targets, _VIEWER}
    if unknown:
        sys.exit(f"no target {', '.join(sorted(unknown))}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(lambda name: _run(targets[name], seconds), set(wanted) - {_VIEWER})
        results = list(runs)
    if _VIEWER in wanted:
        results.append(_walk(seconds))
    print(f"{'all':14} {sum(count for count, _ in results):>12,} inputs")
    sys.exit(0 if all(held for _, held in results) else 1)


def _run(target: Target, seconds: int) -> tuple[int, bool]:
    """How many inputs a target got, and whether it held."""
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(target.seeds()):
            (Path(folder) / str(number)).write_bytes(seed)
        known = HERE / "corpus" / target.name
        folders = [folder, *([str(known)] if known.is_dir() else [])]
        span = str(seconds * target.share)
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--one", target.name, span, *folders],
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
    runs = re.findall(r"^(?:Done |#)(\d+)", done.stderr, re.MULTILINE)
    count, held = int(runs[-1]) if runs else 0, not done.returncode
    _tell(target.name, count, held=held)
    if not held:
        said = [line for line in done.stderr.splitlines() if not line.startswith("INFO: ")]
        print("\n".join(said[-_SHOWN:]), flush=True)
    return count, held


def _walk(seconds: int) -> tuple[int, bool]:
    """How many steps through the viewer were taken, and whether all screens were right."""
    from tests.fuzz.viewer import WalkError, go

    until, seed, taken = time.monotonic() + seconds, time.time_ns() // 1_000_000, 0
    try:
        while time.monotonic() < until:
            taken += go(seed)
            seed += 1
    except WalkError as error:
        _tell(_VIEWER, taken, held=False)
        print(error, flush=True)
        return taken, False
    _tell(_VIEWER, taken, held=True)
    return taken, True


def _tell(name: str, count: int, *, held: bool) -> None:
    print(f"{name:14} {count:>12,} inputs   {'held' if held else 'FAILED'}", flush=True)


def _run_one(name: str, seconds: int, folders: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["gvtui"]):
        from tests.fuzz.targets import TARGETS

    target = next(target for target in TARGETS if target.name == name)
    found = HERE / "found"
    found.mkdir(exist_ok=True)
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            f"-timeout={_SLOWEST}",
            f"-rss_limit_mb={_MOST_MB}",
            f"-artifact_prefix={found}/{name}-",
            *folders,
        ],
        target.feed,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
