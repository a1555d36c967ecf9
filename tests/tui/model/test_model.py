from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query import through
from gvtui.query.filter.compile import FilterError
from gvtui.query.kept import keeper
from gvtui.trace import at_once, reader
from gvtui.trace.claims import GRACE_NS
from gvtui.trace.files import index_path
from gvtui.trace.keptfile import identity_of
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside
from gvtui.trace.writer import TraceWriter
from gvtui.tui.frame.status import items
from gvtui.tui.model.model import Model
from tests.benchmarks.mixed import write_mixed
from tests.monitor.sandbox import wait_until
from tests.trace.recorder import START_NS, Recorder, open_message
from tests.trace.rivals import opened_by
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model() -> Model:
    return FakeViewer().model


def test_chips_make_the_view_and_positions_of_before_mean_nothing(model: Model) -> None:
    before = model.generation
    model.chips.put("evt.failed = true")
    model.apply_chips()
    while model.refresh(1.0):
        pass
    assert model.generation == before + 1
    assert model.filtered
    assert 0 < model.view.count < model.view.total
    model.chips.suspended = True
    model.apply_chips()
    assert not model.filtered
    assert model.condition is None


def test_what_is_no_filter_is_refused_and_nothing_changes(model: Model) -> None:
    with pytest.raises(FilterError):
        model.check("nonsense = 1")
    assert not model.filtered


def test_another_trace_is_shown_with_the_same_filters(tmp_path: Path) -> None:
    first, second = Recorder(tmp_path / "a.gvtrace"), Recorder(tmp_path / "b.gvtrace")
    first.add(3, pid=1)
    second.add(5, pid=1)
    second.add(5, pid=2)
    viewer = FakeViewer(trace=Trace.open(first.path))
    viewer.model.chips.put("proc.pid = 1")
    viewer.refilter()
    assert viewer.model.view.count == 3
    viewer.take_trace(Trace.open(second.path))
    assert viewer.model.view.count == 5


def test_what_turns_out_to_be_another_sandbox_s_is_shown_apart_from_then_on(tmp_path: Path) -> None:
    first = opened_by(10, "python3", program="python3", uid=1000)
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, START_NS, first)
    said = open_message("/x", container="web")
    writer.message(1, START_NS, said)
    viewer = FakeViewer(trace=Trace.open(tmp_path / "a.gvtrace"))
    viewer.model.chips.put("container.id = web")
    viewer.refilter()
    assert (viewer.model.view.count, viewer.model.texts[1].container) == (2, "web")
    writer.opened(2, START_NS, opened_by(11, "runsc", "run", "web"))
    writer.message(2, START_NS, said)
    writer.message(1, START_NS + GRACE_NS + 1, said)
    while viewer.model.refresh(1.0):
        pass
    assert viewer.model.view.count == 2
    assert [viewer.model.texts[row].container for row in (1, 3, 4)] == ["¬1:web", "web", "¬1:web"]
    assert [each.container_id for each in viewer.model.sandboxes] == ["¬1:web", "web"]
    assert sorted({p.container for p in viewer.model.analysis.processes.tree}) == ["web", "¬1:web"]


def test_a_large_recording_is_shown_before_its_index_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(500)
    recorder.writer.close()
    index_path(recorder.path).unlink()
    monkeypatch.setattr(at_once, "LARGE", 0)
    monkeypatch.setattr(
        at_once, "_CUT_BYTES", at_once.FIRST_BYTES - recorder.path.stat().st_size // 2
    )
    model = Model(Trace.open(recorder.path, at_once=True))
    model.chips.put("evt.dir = E")
    model.apply_chips()
    model.refresh(1.0)
    first = model.trace
    assert 0 < first.end_row < 501
    said = "|".join(item.full for item in items(model, 0))
    assert "the index 0%|0 dropped so far|" in said or "reading" in said
    model.cursor = first.end_row - 1
    assert first.settling is not None
    first.settling.wait()
    model.settle()
    while model.refresh(1.0):
        pass
    assert model.trace is not first
    assert model.cursor == first.end_row - 1
    assert (model.trace.end_row, model.view.count) == (501, 500)
    assert "|0 dropped|" in "|".join(item.full for item in items(model, 0))
    model.trace.close()


def test_between_two_refreshes_more_rows_are_taken_in_and_the_next_one_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(500)
    recorder.writer.close()
    for name, value in (("_TAKEN_AT_ONCE", 100), ("_FIRST_SECONDS", 0.0)):
        monkeypatch.setattr(reader, name, value)
    monkeypatch.setattr(at_once, "LARGE", 0)
    trace = Trace.open(recorder.path, at_once=True)
    model = Model(trace)
    assert trace.settling is not None
    trace.settling.wait()
    model.settle()
    taken = trace.end_row
    assert taken == 100
    while model.catch_up():
        assert trace.end_row > taken
        taken = trace.end_row
    assert taken == 501
    assert model.view.count == 100
    monkeypatch.setattr(model.analysis, "advance", lambda *_, **__: False)
    assert model.refresh(1.0)
    assert model.view.count == 501
    assert not model.refresh(1.0)
    trace.close()


def test_what_another_process_has_read_through_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gvtrace"
    write_mixed(path, keeper.LEAST_ROWS)
    assert wait_until(lambda: identity_of(path, beside(path)) is not None)
    monkeypatch.setattr(through, "LEAST_ROWS", 1)
    model = Model(Trace.open(path, at_once=True))
    first = model.analysis

    def is_taken_up() -> bool:
        if model.trace.settling is not None:
            model.settle()
        model.refresh(0.001)
        return model.analysis is not first and model.analysis.resolved.position > 0

    assert wait_until(is_taken_up)
    assert model.analysis.pairs.is_done
    assert model.analysis.timeline.is_done
    assert model.analysis.statistics().is_done
    assert model.analysis.resolved.position == model.trace.end_row
    again = model.analysis
    model.refresh(0.01)
    assert model.analysis is again
    model.close()
    model.trace.close()
