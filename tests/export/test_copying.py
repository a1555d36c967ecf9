from __future__ import annotations

from pathlib import Path

from gvtui.export.copying import RowCopying
from gvtui.export.recording import writer_for
from gvtui.export.recordingsink import RecordingSink
from gvtui.export.selection import Selection
from gvtui.trace.reader import Trace
from tests.export.parts import recording


def test_connections_get_other_numbers_and_unwanted_marks_stay_out(tmp_path: Path) -> None:
    trace = Trace.open(recording(tmp_path / "a.gvtrace"))
    sink = RecordingSink(writer_for(trace, tmp_path / "b.gvtrace"))
    copying = RowCopying(
        Selection(trace), sink, shift=10, is_wanted=lambda mark: mark.kind != "gap"
    )
    copying.copy(0, trace.end_row)
    copying.finish()
    sink.close()
    copy = Trace.open(tmp_path / "b.gvtrace")
    assert list(copy.connections) == [11, 12]
    assert copy.end_row == trace.end_row - 1
    assert copy.connections.dropped == trace.connections.dropped
    for each in (trace, copy):
        each.close()
