"""(c) How long a key takes to the screen while a sandbox emits at its full rate."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

from tests.benchmarks.screen import FRAME, Viewer
from tests.benchmarks.table import print_table
from tests.benchmarks.workload import find_runsc, pod_init_file, run_dd


def main() -> None:
    """Pause and resume the stream again and again during the workload of (a)."""
    runsc = find_runsc()
    if runsc is None:
        print("(c) needs runsc, which is not installed")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        viewer = Viewer(["--listen", str(folder / "s.sock")])
        try:
            viewer.wait_for("following")
            pod_init = pod_init_file(folder, folder / "s.sock")
            load = threading.Thread(target=run_dd, args=(runsc, pod_init))
            load.start()
            time.sleep(1.0)
            delays: list[float] = []
            frames = seconds = 0.0
            while load.is_alive():
                started = time.perf_counter()
                viewer.forget()
                viewer.read(0.5)
                frames += viewer.seen.count(FRAME)
                seconds += time.perf_counter() - started
                for text in ("paused", "following"):
                    viewer.forget()
                    viewer.press(" ")
                    delays.append(viewer.wait_for(text))
                    viewer.read(0.13)
            load.join()
        finally:
            viewer.close()
    delays.sort()
    milliseconds = [1000 * value for value in delays]
    row = (
        len(delays),
        f"{statistics.median(milliseconds):.0f}",
        f"{milliseconds[int(len(delays) * 0.9)]:.0f}",
        f"{milliseconds[-1]:.0f}",
        f"{frames / seconds:.1f}",
    )
    head = ("keys", "median, ms", "p90, ms", "worst, ms", "repaints a second")
    print_table("(c) key to screen while the sandbox of (a) runs", head, [row])


if __name__ == "__main__":
    main()
