"""(a) What tracing costs the traced program, and what is dropped."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gvtui.agent.scratch import scratch_folder
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.points.tuning import LOWEST_OVERHEAD, Tuning
from gvtui.trace.reader import Trace
from tests.benchmarks.table import print_table
from tests.benchmarks.workload import Runsc, find_runsc, pod_init_file, run_dd

ROUNDS = 5

PLAIN = "wakes for every message, keeps none"
WAKING = "gvtui, waking for every message"


def under_null_sink(runsc: Runsc, folder: Path) -> tuple[float, int, int]:
    """Seconds, messages, dropped."""
    return run_dd(runsc, pod_init_file(folder, None)), 0, 0


def under_reference(runsc: Runsc, folder: Path) -> tuple[float, int, int]:
    """The same under the monitor that wakes for every message."""
    path = folder / "reference.sock"
    command = [sys.executable, "-m", "tests.benchmarks.reference", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        seconds = run_dd(runsc, pod_init_file(folder, path))
        messages, dropped = map(int, process.stdout.readline().split())
    path.unlink()
    return seconds, messages, dropped


def under_gvtui(
    runsc: Runsc, folder: Path, tuning: Tuning = LOWEST_OVERHEAD, **options: float | bool
) -> tuple[float, int, int]:
    """The same under gvtui's monitor, log and index written."""
    path = folder / "gvtui.sock"
    monitor = MonitorProcess.start(MonitorOptions(listen=path, **options))  # type: ignore[arg-type]
    try:
        seconds = run_dd(runsc, pod_init_file(folder, path, tuning))
        trace = Trace.open(monitor.trace_path)
        while not trace.connections or any(c.connected for c in trace.connections.values()):
            trace.refresh()
            time.sleep(0.01)
        messages, dropped = trace.connections.messages, trace.connections.dropped
        trace.close()
    finally:
        monitor.stop()
    return seconds, messages, dropped


def main() -> None:
    """Measure each monitor in turn, several rounds interleaved, and print medians."""
    runsc = find_runsc()
    if runsc is None:
        print("(a) needs runsc, which is not installed")
        return
    monitors: dict[str, Callable[[Runsc, Path], tuple[float, int, int]]] = {
        "null sink": under_null_sink,
        PLAIN: under_reference,
        "gvtui": under_gvtui,
        "gvtui --no-realtime": lambda r, f: under_gvtui(r, f, realtime=False),
        "gvtui --no-enlarge": lambda r, f: under_gvtui(r, f, send_buffer_bytes=0),
        WAKING: lambda r, f: under_gvtui(r, f, coalesce_seconds=0.0),
    }
    results: dict[str, list[tuple[float, int, int]]] = {name: [] for name in monitors}
    with scratch_folder("gvtui-bench-") as name:
        for _ in range(ROUNDS):
            for label, run in monitors.items():
                results[label].append(run(runsc, Path(name)))
    took = {
        label: statistics.median(each[0] for each in rounds) for label, rounds in results.items()
    }
    rows = []
    for label, rounds in results.items():
        seconds = took[label]
        ratios = (f"{seconds / took[PLAIN]:.2f}", f"{seconds / took[WAKING]:.2f}")
        dropped = " ".join(str(item[2]) for item in rounds)
        rows.append((label, f"{seconds:.2f}", *ratios, rounds[-1][1] or "-", dropped))
    head = (
        "monitor",
        "dd took, s",
        "of plain",
        "of gvtui waking",
        "messages",
        f"dropped, {ROUNDS} rounds",
    )
    print_table(f"(a) dd bs=1 count=100000 under {runsc.path}, retries 0", head, rows)


if __name__ == "__main__":
    main()
