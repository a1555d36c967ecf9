from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.recorder import START_NS, Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


def test_a_recording_knows_its_first_time_and_comes_to_an_end() -> None:
    model = FakeViewer().model
    assert not model.is_live
    assert model.moments.base_ns
    assert model.moments.now_ns > model.moments.base_ns
    assert model.moments.clock_ns >= model.moments.base_ns


def test_a_trace_without_rows_has_no_time_until_one_comes(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    model = FakeViewer(trace=Trace.open(writer.path)).model
    assert (model.moments.base_ns, model.moments.here_ns, model.moments.now_ns) == (0, 0, 0)
    writer.opened(1, START_NS, {})
    writer.flush()
    model.refresh(1.0)
    assert model.moments.base_ns == model.moments.here_ns == START_NS


def test_a_time_of_another_day_has_its_day(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    model = FakeViewer(trace=Trace.open(recorder.path)).model
    assert model.moments.text(START_NS) == "17:36:47.000"
    assert model.moments.text(START_NS - 86_400 * 10**9) == "22 Nov 17:36"
    assert model.moments.text(0) == ""
    assert model.moments.here_ns == model.trace.row(0).when_ns
    model.cursor = 2
    assert model.moments.here_ns == model.trace.row(2).when_ns
