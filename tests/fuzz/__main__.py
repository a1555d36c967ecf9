"""`python -m tests.fuzz SECONDS [TARGET...]`: random input, guided by what it reaches.

Each target runs in a process of its own. An input that fails stays in `tests/fuzz/found`; once it
is mended, it belongs into `tests/fuzz/corpus/TARGET`, where the usual tests find it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
_SLOWEST, _MOST_MB = 20, 2048


def main() -> None:
    """Run the targets that are named, or all; exit code 1 if an input failed one."""
    if sys.argv[1:2] == ["--one"]:
        _run_one(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
    from tests.fuzz.targets import TARGETS

    seconds = int(sys.argv[1]) if sys.argv[1:] else 60
    wanted = sys.argv[2:] or [target.name for target in TARGETS]
    unknown = set(wanted) - {target.name for target in TARGETS}
    if unknown:
        sys.exit(f"no target {', '.join(sorted(unknown))}")
    failed = False
    for target in TARGETS:
        if target.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for number, seed in enumerate(target.seeds()):
                (Path(folder) / str(number)).write_bytes(seed)
            known = HERE / "corpus" / target.name
            folders = [folder, *([str(known)] if known.is_dir() else [])]
            done = subprocess.run(
                [sys.executable, "-m", "tests.fuzz", "--one", target.name, str(seconds), *folders],
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
        runs = re.findall(r"^(?:Done |#)(\d+)", done.stderr, re.MULTILINE)
        count = f"{int(runs[-1]):,}" if runs else "no"
        print(
            f"{target.name:14} {count:>12} inputs   {'held' if not done.returncode else 'FAILED'}"
        )
        if done.returncode:
            failed = True
            print(done.stderr[-4000:])
    sys.exit(1 if failed else 0)


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
