"""Filters that decode each message, where no two messages are alike: nothing is known beforehand.

The rows a second are those of the trace, by the clock with a process on each processor, and by the
processor's time of one process alone; with other work on the machine only the latter says much.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from gvtui.export.selection import Selection
from gvtui.query.filter.compile import compile_filter
from gvtui.query.helpers.ahead import helpers
from gvtui.query.view import RowView
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import syscall_pb2
from tests.benchmarks.queries import BATCH, CONTAINER, START_NS
from tests.benchmarks.table import print_table

ROWS = 2_000_000
FILTERS = (
    "evt.arg.fd = 77",
    "evt.arg.pathname regex '99[0-9]\\.so$'",
    "evt.arg.count > 1000",
    "evt.arg.flags contains CREAT",
    "evt.arg.address contains 0.0.1",
    "evt.arg.exit.result > 5",
    "evt.args regex '99[0-9]'",
)


def message(number: int) -> bytes:
    """One of calls that are all different: an open, a read or a connect."""
    call: Any
    if number % 3 == 0:
        path = f"/usr/lib/part{number % 997}/file{number}.so"
        kind, call = 7, syscall_pb2.Open(sysno=257, fd=-100, pathname=path, flags=0o100)
    elif number % 3 == 1:
        kind, call = 9, syscall_pb2.Read(sysno=0, fd=number, count=number * 7)
    else:
        address = b"\x02\x00\x01\xbb" + number.to_bytes(4, "big") + bytes(8)
        kind, call = 10, syscall_pb2.Connect(sysno=42, fd=number, address=address)
    if number & 1:
        call.exit.result = number
    data = call.context_data
    data.time_ns = START_NS + number * 5_000
    data.thread_id = data.thread_group_id = number % 199 + 1
    data.container_id, data.process_name = CONTAINER, f"worker-{number % 23}"
    return build_message(kind, call.SerializeToString())


def write_different(path: Path, rows: int) -> None:
    """A recording of so many messages, no two alike."""
    with closing(TraceWriter(path)) as writer:
        writer.opened(1, START_NS, {"peer_pid": 1, "command": ["runsc"]})
        for start in range(0, rows, BATCH):
            messages = [message(number) for number in range(start, start + BATCH)]
            writer.received(1, START_NS + start * 2_000, messages)


def seconds_together(trace: Trace, text: str) -> float:
    """Seconds until helpers, which run already, and this process have gone over the trace."""
    ready = helpers()
    started = time.perf_counter()
    sum(1 for _ in Selection(trace, text, helpers=ready).row_ids(0, trace.end_row))
    return time.perf_counter() - started


def seconds_alone(trace: Trace, text: str) -> float:
    """Seconds of this process's processor time until it has gone over the trace by itself."""
    started = time.process_time()
    with closing(RowView(trace, compile_filter(text))) as view:
        while not view.complete:
            view.advance(10.0)
    return time.process_time() - started


def main() -> None:
    """Measure each filter over one recording."""
    rows = int(os.environ.get("GVTUI_BENCH_ROWS", ROWS)) // BATCH * BATCH
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "different.gvtrace")
        write_different(path, rows)
        with closing(Trace.open(path)) as trace:
            lines = [
                (
                    text,
                    f"{rows / seconds_together(trace, text):,.0f}",
                    f"{rows / seconds_alone(trace, text):,.0f}",
                )
                for text in FILTERS
            ]
    head = ("filter", "with helpers, rows/s", "rows a processor second")
    print_table(f"filters on arguments of {rows:,} different messages", head, lines)


if __name__ == "__main__":
    main()
