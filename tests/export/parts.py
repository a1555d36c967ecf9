"""A recording with drops, gaps and marks, and what its parts are compared by."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from gvtui.export.cutting import cut
from gvtui.export.merging import merge
from gvtui.export.selection import Selection
from gvtui.trace.marks import BinaryMark, GapMark, LostMark, Mark, SessionMark, read_mark
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.procfs import ProcessesMark, ProcfsEntry
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.survey import survey
from gvtui.trace.thinned import ThinnedMark
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import CONTAINER, TIME_NS, read_message, start_message
from tests.trace.test_pieces import Recorder

SECOND = 1_000_000_000
GAP = GapMark("nobody listened", CONTAINER, TIME_NS + 4 * SECOND, TIME_NS + 6 * SECOND)
SESSION = SessionMark("applied", "applied", CONTAINER, "/run", '{"name": "Default"}', 101)
ENTRY = ProcfsEntry(7, 0, TIME_NS, "bash", "/bin/bash", ["bash", "-i"], "/")


def recording(path: Path, *, drops: bool = True) -> Path:
    """Two connections of which one stands all the time, for ten seconds."""
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 101, "container_id": CONTAINER})
    writer.mark(TIME_NS, BinaryMark("/usr/bin/runsc", "2026", is_exec_exit_last=True).details(), 1)
    writer.mark(TIME_NS, SESSION.details())
    writer.mark(TIME_NS, NamesMark(CONTAINER, Names("docker", "web")).details(), 1)
    procfs = ProcessesMark("1 process", CONTAINER, TIME_NS, True, 1, 1, (ENTRY,))
    writer.mark(TIME_NS, procfs.details(), 1)
    writer.message(1, TIME_NS, start_message())
    for step in range(10):
        dropped = 3 * (step + 1) if drops else 0
        now = TIME_NS + step * SECOND
        writer.message(1, now, read_message(fd=step, dropped=dropped, time_ns=now))
        if step == 6:
            writer.mark(now, GAP.details())
        if step == 2:
            writer.opened(2, now, {"peer_pid": 102})
        if 2 <= step <= 8:
            writer.message(2, now, read_message(fd=100 + step, time_ns=now))
    writer.closed(2, TIME_NS + 9 * SECOND, {"reason": "closed by the sandbox"})
    lost = LostMark(4, TIME_NS + 3 * SECOND, TIME_NS + 8 * SECOND, "full")
    writer.mark(TIME_NS + 9 * SECOND, lost.details())
    writer.close()
    return path


def thinned_folder(folder: Path) -> Path:
    """A flight recorder that has let go of messages of its second connection alone, which is loud."""
    recorder = Recorder(folder)
    for _ in range(40):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    return folder


def worn_folder(folder: Path) -> Path:
    """A flight recorder whose first messages have all gone, and later some of its loud connection."""
    recorder = Recorder(folder)
    for round_ in range(80):
        is_late = round_ > 10
        recorder.send(3 if is_late else 1, 1 if is_late else 60)
        recorder.send(2, 60)
    recorder.writer.close()
    return folder


def thinned(path: Path) -> list[ThinnedMark]:
    with closing(Trace.open(path)) as trace:
        return trace.thinned


def payloads(path: Path) -> list[bytes]:
    trace = Trace.open(path)
    try:
        kinds = trace.rows(0, trace.end_row)["kind"].tolist()
        return [trace.payload(row) for row, kind in enumerate(kinds) if kind == Kind.MESSAGE]
    finally:
        trace.close()


def marks(path: Path) -> list[Mark]:
    trace = Trace.open(path)
    try:
        kinds = trace.rows(0, trace.end_row)["kind"].tolist()
        return [
            read_mark(trace.details(row)) for row, kind in enumerate(kinds) if kind == Kind.MARK
        ]
    finally:
        trace.close()


def dropped(path: Path) -> int:
    trace = Trace.open(path)
    try:
        return survey(trace).accounting.dropped
    finally:
        trace.close()


def make_cut(source: Path, out: Path, filter_text: str = "", **when: Any) -> Path:
    trace = Trace.open(source)
    try:
        cut(Selection(trace, filter_text), out, **when)
    finally:
        trace.close()
    return out


def make_merge(out: Path, *sources: Path) -> Path:
    traces = [Trace.open(source) for source in sources]
    try:
        merge(traces, out)
    finally:
        for trace in traces:
            trace.close()
    return out


def in_batches(path: Path) -> Path:
    """A recording whose last message tells of drops, in batches of several messages."""
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    for step in range(6):
        several = [read_message(fd=step * 4 + each, dropped=step) for each in range(4)]
        writer.messages(1, [(TIME_NS + step, each) for each in several])
    writer.opened(2, TIME_NS + 9, {"peer_pid": 2})
    writer.message(2, TIME_NS + 9, read_message(dropped=7))
    writer.close()
    return writer.path
