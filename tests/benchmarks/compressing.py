"""Compressed segments: how much smaller, what it costs, how long a row takes to be found; and whether
a monitor takes in as many messages a second while its segments are compressed.

`GVTUI_BENCH_ROWS` gives the number of messages.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep

from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.query.filter.compile import compile_filter
from gvtui.query.view import RowView
from gvtui.trace import compressed, files
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.benchmarks.intake import send_all, typical_messages
from tests.benchmarks.mixed import BATCH, START_NS, messages
from tests.benchmarks.table import print_table
from tests.trace.shrunk import shrink_folder

ROWS = 500_000
SEEKS = 200
ROUNDS = 3
SEGMENT_BYTES = 32 << 20
KEEP = 64 << 20
"""Of the monitor: a segment has a fourth of it."""


def write_folder(folder: Path, rows: int) -> None:
    """A folder of segments with about so many messages of many kinds."""
    writer = TraceWriter(folder, keep_bytes=64 << 30, segment_bytes=SEGMENT_BYTES)
    writer.opened(1, START_NS, {"peer_pid": 1, "command": ["runsc"]})
    source, waiting = messages("mixed"), list[bytes]()
    for start in range(0, rows, BATCH):
        while len(waiting) < BATCH:
            waiting += next(source)
        writer.received(1, START_NS + start * 6_000, waiting[:BATCH])
        del waiting[:BATCH]
    writer.close()


def spent(run: object) -> float:
    """Seconds of processor time of one run."""
    assert callable(run)
    began = process_time()
    run()
    return process_time() - began


def measure(folder: Path) -> list[float]:
    """CPU seconds: to open, to filter by a column, by what messages hold; microseconds to find a
    row, cold and warm."""
    opening = min(spent(lambda: Trace.open(folder).close()) for _ in range(ROUNDS))
    trace = Trace.open(folder)

    def filtered(text: str) -> float:
        def run() -> None:
            view = RowView(trace, compile_filter(text))
            while not view.complete:
                view.advance(10.0)

        return min(spent(run) for _ in range(ROUNDS))

    column, payload = filtered("proc.pid = 110"), filtered("evt.args contains qqq")
    dice = random.Random(1)
    rows = [dice.randrange(trace.first_row, trace.end_row) for _ in range(SEEKS)]
    cold = 0.0
    for row in rows:
        compressed._kept = compressed._KeptFrames(compressed.MOST_KEPT_BYTES)
        trace._blocks.clear()
        cold += spent(lambda row=row: trace.row(row))
    near = rows[0]
    trace.row(near)
    warm = spent(lambda: _again(trace, near))
    trace.close()
    return [opening, column, payload, cold / SEEKS * 1e6, warm / SEEKS * 1e6]


def _again(trace: Trace, row: int) -> None:
    for _ in range(SEEKS):
        trace._blocks.clear()
        trace.row(row)


def intake(messages: list[bytes], *, compresses: bool) -> tuple[float, float]:
    """Messages a second that a monitor takes in, and the processor time of receiving for each, in
    microseconds."""
    with tempfile.TemporaryDirectory(prefix="gvtui-bench-") as name:
        options = MonitorOptions(
            listen=Path(name, "s"), place=Path(name, "t"), keep_bytes=KEEP, compresses=compresses
        )
        monitor = MonitorProcess.start(options)
        try:
            before = _used(monitor.pid)
            began = perf_counter()
            send_all(options.listen, messages)
            with closing(Trace.open(monitor.trace_path)) as trace:
                while not trace.connections or any(
                    each.connected for each in trace.connections.values()
                ):
                    trace.refresh()
                    sleep(0.001)
                seconds = perf_counter() - began
                assert trace.connections.messages == len(messages)
            used = _used(monitor.pid) - before
        finally:
            monitor.stop()
    return len(messages) / seconds, used / len(messages) * 1e6


def _used(pid: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def print_intake(count: int) -> None:
    """Measure with and without, in turn, and print a table."""
    messages = typical_messages(count)
    found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for compresses, rounds in found.items():
            rounds.append(intake(messages, compresses=compresses))
    rows = []
    for what, place in (("messages a second", 0), ("receiving, CPU us a message", 1)):
        plain, packed = (median(each[place] for each in found[key]) for key in (False, True))
        rows.append((what, f"{plain:,.2f}", f"{packed:,.2f}", f"{packed / plain:.2f}"))
    print_table(
        f"a monitor that takes in {count:,} messages, median of {ROUNDS} in turn",
        ("what", "--compress none", "--compress zstd", "ratio"),
        rows,
    )


def main() -> None:
    """Measure, and print tables."""
    count = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS))
    print_intake(count)
    with tempfile.TemporaryDirectory(prefix="gvtui-bench-") as name:
        plain, packed = Path(name, "plain"), Path(name, "packed")
        write_folder(plain, count)
        shutil.copytree(plain, packed)
        cost = spent(lambda: shrink_folder(packed))
        with_plain, with_packed = measure(plain), measure(packed)
        names = (
            "open, CPU s",
            "filter on a column, CPU s",
            "filter on messages, CPU s",
            "a row, cold, CPU us",
            "a row, warm, CPU us",
        )
        sizes = []
        for folder in (plain, packed):
            logs = files.logs_of(folder)
            log = sum(path.stat().st_size for path in logs)
            index = sum(files.index_path(path).stat().st_size for path in logs)
            sizes.append((log / count, index / count))
        print_table(
            f"{count:,} messages in segments of {SEGMENT_BYTES >> 20} MiB",
            ("what", "plain", "compressed", "ratio"),
            [
                *(
                    (f"{what}, bytes a message", f"{a:.1f}", f"{b:.1f}", f"{a / b:.1f}")
                    for what, a, b in zip(("log", "index"), *sizes, strict=True)
                ),
                ("compressing, CPU us a message", "", f"{cost / count * 1e6:.2f}", ""),
                *(
                    (what, f"{a:.3f}", f"{b:.3f}", f"{b / a:.2f}")
                    for what, a, b in zip(names, with_plain, with_packed, strict=True)
                ),
            ],
        )


if __name__ == "__main__":
    main()
