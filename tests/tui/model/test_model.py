from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.filter.compile import FilterError
from gvtui.trace.reader import Trace
from gvtui.tui.model.model import Model
from tests.trace.recorder import Recorder
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


def test_a_recording_knows_its_first_time_and_comes_to_an_end(model: Model) -> None:
    assert not model.is_live
    assert model.base_ns
    assert model.now_ns > model.base_ns
    assert model.clock_ns >= model.base_ns
    assert len(model.sandboxes) == 1


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


def test_a_process_has_a_filter_and_words(model: Model) -> None:
    expression, words = model.process_of(1000)
    assert model.check(expression)
    row = model.trace.row(1000)
    assert str(row.pid) in words
    assert model.trace.process_name(1000) in words
