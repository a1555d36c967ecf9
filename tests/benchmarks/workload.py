"""The sandbox that is measured: `dd` reading and writing one byte 100,000 times."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gvtui.points.tuning import LOWEST_OVERHEAD, Tuning
from tests.e2e.containers import find_binaries

COUNT = 100_000
POINTS = [f"syscall/{name}/{side}" for name in ("read", "write") for side in ("enter", "exit")]
CONTEXT = [
    "time",
    "thread_id",
    "task_start_time",
    "group_id",
    "thread_group_start_time",
    "container_id",
    "credentials",
    "cwd",
    "process_name",
]


@dataclass(frozen=True, slots=True)
class Runsc:
    """A runsc binary with the flags it needs to run anywhere."""

    path: str
    flags: tuple[str, ...]


def find_runsc() -> Runsc | None:
    """The newest runsc that the tests would use; None if there is none."""
    binaries = find_binaries()
    if not binaries:
        return None
    newest = binaries[-1]
    flags = (f"--platform={newest.platform}", "--network=none", "--ignore-cgroups")
    return Runsc(newest.path, flags)


def pod_init_file(folder: Path, endpoint: Path | None, tuning: Tuning = LOWEST_OVERHEAD) -> Path:
    """A pod init file with the read and write points; without an endpoint for the null sink."""
    sink: dict[str, object] = {"name": "null"}
    if endpoint is not None:
        sink = {"name": "remote", "config": {"endpoint": str(endpoint), **tuning.config()}}
    points = [
        {"name": name, "optional_fields": ["fd_path"], "context_fields": CONTEXT} for name in POINTS
    ]
    session = {"name": "Default", "points": points, "sinks": [sink]}
    path = folder / "pod-init.json"
    path.write_text(json.dumps({"trace_session": session}))
    return path


def run_dd(runsc: Runsc, pod_init: Path, count: int = COUNT) -> float:
    """Run the workload; gives the seconds that `dd` says it took."""
    command = [runsc.path, *runsc.flags, f"--pod-init-config={pod_init}", "do"]
    dd = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}"]
    done = subprocess.run(
        [*command, *dd], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    found = re.search(r"copied, ([\d.e-]+) s", done.stderr)
    assert found, done.stderr
    return float(found[1])
