"""Filters over millions of rows, making an index, and the viewer's memory."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gvtui.query.calls.doubles import Twins
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.write import process_filter
from gvtui.query.once import OnceFilter
from gvtui.query.repeated import BothKinds
from gvtui.query.view import RowView
from gvtui.trace import files
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import MIN_HEADER_SIZE, build_message
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.pb import syscall_pb2
from tests.benchmarks.screen import Viewer
from tests.benchmarks.table import print_table

CONTAINER = "runsc-668231"
START_NS = 1_795_455_436_533_277_469
ROWS = 5_000_000
DISTINCT = 5_000
BATCH = 500
ROUNDS = 5


def varied_messages(count: int) -> list[bytes]:
    """Opens and closes of many processes and paths."""
    messages = []
    for number in range(count):
        message = syscall_pb2.Open(
            sysno=257, fd=-100, pathname=f"/usr/lib/part{number % 997}/file{number}.so", flags=0
        )
        if number & 1:
            message.exit.result = 3
        data = message.context_data
        data.time_ns = START_NS + number * 5_000
        data.thread_id = data.thread_group_id = number % 199 + 1
        data.thread_group_start_time_ns = START_NS + data.thread_group_id
        data.container_id, data.process_name = CONTAINER, f"worker-{number % 23}"
        messages.append(build_message(7, message.SerializeToString()))
    return messages


def write_rows(path: Path, rows: int, make: Callable[[int], list[bytes]] = varied_messages) -> None:
    """A recording of so many messages, received 2 microseconds apart."""
    messages = make(DISTINCT)
    writer = TraceWriter(path)
    now = START_NS
    writer.opened(1, now, {"peer_pid": 1, "command": ["runsc"]})
    for start in range(0, rows, BATCH):
        place = start % DISTINCT
        writer.received(1, now + start * 2_000, messages[place : place + BATCH])
    writer.close()


def timed(run: Callable[[], object]) -> float:
    """Seconds that one run takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def filter_seconds(trace: Trace, text: str, *, once: bool = False) -> tuple[float, int]:
    """Median seconds until a filter has gone over the whole trace, and its matches.

    Args:
        trace: the trace.
        text: the filter.
        once: whether raw rows of calls that have decoded ones are left out.
    """
    found = 0

    def run() -> None:
        nonlocal found
        condition = compile_filter(text) if text else None
        view = RowView(trace, OnceFilter(trace, condition, Twins(trace)) if once else condition)
        while not view.complete:
            view.advance(10.0)
        found = view.count

    return statistics.median(timed(run) for _ in range(ROUNDS)), found


def doubled_messages(count: int) -> list[bytes]:
    """The same calls, each side told by a raw point first, then by a decoded one."""
    messages = []
    for message in varied_messages(count // 2):
        opened = syscall_pb2.Open.FromString(message[MIN_HEADER_SIZE:])
        raw = syscall_pb2.Syscall(sysno=opened.sysno, context_data=opened.context_data)
        if opened.HasField("exit"):
            raw.exit.CopyFrom(opened.exit)
        messages += [build_message(RAW_SYSCALL, raw.SerializeToString()), message]
    return messages


def look_seconds(trace: Trace) -> float:
    """Median seconds until all rows have been looked at for both kinds."""

    def run() -> None:
        kinds = BothKinds(trace)
        while kinds.is_behind:
            kinds.advance(10.0)

    return statistics.median(timed(run) for _ in range(ROUNDS))


def once_rows(path: Path, one_kind: Trace) -> list[tuple[str, str, str]]:
    """What it costs to leave out doubled rows: where there are none, and where all calls are."""
    found = [("one kind of rows: looked at", f"{look_seconds(one_kind):.3f}", "")]
    write_rows(path, ROWS, doubled_messages)
    trace = Trace.open(path)
    for text in ("", "proc.pid = 110", "evt.dir = X"):
        for once in (False, True):
            seconds, count = filter_seconds(trace, text, once=once)
            words = f"doubled: {text or 'no filter'}{', each once' * once}"
            found.append((words, f"{seconds:.3f}", f"{count:,}"))
    trace.close()
    return found


def viewer_memory(path: Path, rows: int) -> int:
    """Resident bytes of the viewer with a recording open, scrolled through and filtered."""
    viewer = Viewer(["replay", str(path)])
    try:
        viewer.wait_for(f"{rows:,} rows", 120)
        for keys in ("\x1b[H", "\x1b[F", "\x1b[5~" * 20, "e", "\x1b[H"):
            viewer.press(keys)
            viewer.read(1.5)
        return viewer.memory()
    finally:
        viewer.close()


def main() -> None:
    """Measure over one recording of five million rows."""
    with tempfile.TemporaryDirectory() as name:
        path, small = Path(name, "large.gvtrace"), Path(name, "small.gvtrace")
        written = timed(lambda: write_rows(path, ROWS))
        write_rows(small, BATCH)
        trace = Trace.open(path)
        rows = []
        for text in (
            "proc.pid = 110",
            process_filter(CONTAINER, 110, START_NS + 110),
            "fd.name contains part99",
            "proc.name = worker-3 and evt.dir = X",
        ):
            seconds, found = filter_seconds(trace, text)
            rows.append((text, f"{seconds:.3f}", f"{found:,}"))
        rows += once_rows(Path(name, "doubled.gvtrace"), trace)
        trace.close()
        print_table(f"filters over {ROWS:,} rows", ("filter", "seconds", "matches"), rows)
        memory = [viewer_memory(path, ROWS + 1), viewer_memory(small, BATCH + 1)]
        files.index_path(path).unlink()
        rebuilt = timed(lambda: Trace.open(path).close())
    table = [
        ("log and index written, messages/s", f"{ROWS / written:,.0f}"),
        ("index made again, messages/s", f"{ROWS / rebuilt:,.0f}"),
        ("viewer's memory, MiB", f"{memory[0] / 2**20:.0f}"),
        (f"the same with {BATCH} rows, MiB", f"{memory[1] / 2**20:.0f}"),
    ]
    print_table(f"a recording of {ROWS:,} rows", ("what", "figure"), table)


if __name__ == "__main__":
    main()
