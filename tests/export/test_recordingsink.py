from __future__ import annotations

from pathlib import Path

from gvtui.export.recordingsink import RecordingSink
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message


def test_messages_that_are_held_come_before_what_is_written_next(tmp_path: Path) -> None:
    sink = RecordingSink(TraceWriter(tmp_path / "a.gvtrace"))
    for conn, fd in ((1, 3), (1, 4), (2, 5)):
        sink.hold(conn, TIME_NS, read_message(fd=fd))
    sink.write(lambda writer: writer.mark(TIME_NS, {"text": "behind"}))
    assert (sink.messages, sink.end_row()) == (3, 4)
    sink.hold(1, TIME_NS, read_message(fd=6))
    sink.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    assert [trace.row(row).fd for row in (0, 1, 2, 4)] == [3, 4, 5, 6]
    assert trace.details(3) == {"text": "behind"}
    trace.close()
