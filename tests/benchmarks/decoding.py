"""Filters that decode each message, where no two messages are alike: nothing is known beforehand.

The rows a second are those of the trace: by the clock with a process on each processor; by the time
that these take of all processors, with their start; and by that of one process alone. With other work
on the machine the first says little.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

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


class Together(NamedTuple):
    """What helpers and this process took to go over a trace."""

    seconds: float
    """By the clock, with helpers that run already."""
    busy: float
    """Of all processors, the helpers' start included."""


def together(trace: Trace, text: str) -> Together:
    """Go over the trace with helpers, as the viewer does."""
    before = _busy()
    ready = helpers()
    started = time.perf_counter()
    sum(1 for _ in Selection(trace, text, helpers=ready).row_ids(0, trace.end_row))
    taken = time.perf_counter() - started
    for helper in ready:
        helper.close()
    return Together(taken, _busy() - before)


def _busy() -> float:
    """Seconds of all processors that this process and those that have ended took."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


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
            lines = []
            for text in FILTERS:
                both, alone = together(trace, text), seconds_alone(trace, text)
                rates = [rows / seconds for seconds in (*both, alone)]
                lines.append((text, *(f"{rate:,.0f}" for rate in rates)))
    head = ("filter", "with helpers, by the clock", "by all processors", "one process alone")
    print_table(f"rows a second, of {rows:,} different messages", head, lines)


if __name__ == "__main__":
    main()
