"""What the sink's tunings cost and lose, where gvtui has all rights and where it has none."""

from __future__ import annotations

import statistics
from pathlib import Path

from gvtui.agent.scratch import scratch_folder
from gvtui.points.tuning import TUNINGS
from tests.benchmarks.table import print_table
from tests.benchmarks.traced import under_gvtui, under_null_sink
from tests.benchmarks.workload import find_runsc

ROUNDS = 5

RIGHTS: dict[str, dict[str, float | bool]] = {
    "all": {},
    "none": {"realtime": False, "send_buffer_bytes": 0},
}


def main() -> None:
    """Measure each tuning with each monitor, several rounds interleaved, and print medians."""
    runsc = find_runsc()
    if runsc is None:
        print("the tunings need runsc, which is not installed")
        return
    cases = [(tuning, rights) for tuning in TUNINGS.values() for rights in RIGHTS]
    results: list[list[tuple[float, int, int]]] = [[] for _ in cases]
    null: list[float] = []
    with scratch_folder("gvtui-bench-") as name:
        for _ in range(ROUNDS):
            null.append(under_null_sink(runsc, Path(name))[0])
            for (tuning, rights), rounds in zip(cases, results, strict=True):
                rounds.append(under_gvtui(runsc, Path(name), tuning, **RIGHTS[rights]))
    rows: list[tuple[str, str, str, str]] = [
        ("null sink", "-", f"{statistics.median(null):.2f}", "-")
    ]
    for (tuning, rights), rounds in zip(cases, results, strict=True):
        seconds = statistics.median(each[0] for each in rounds)
        dropped = " ".join(str(each[2]) for each in rounds)
        rows.append((tuning.name, rights, f"{seconds:.2f}", dropped))
    head = ("tuning", "rights", "dd took, s", f"dropped, {ROUNDS} rounds")
    print_table(f"Tunings, dd bs=1 count=100000 under {runsc.path}", head, rows)


if __name__ == "__main__":
    main()
