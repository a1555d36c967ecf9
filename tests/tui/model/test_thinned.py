from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.reader import Trace
from gvtui.tui.model.thinned import thinned_words, whole_words
from gvtui.tui.numbers.table import NumbersTable
from gvtui.tui.processes.choice import TreeChoice
from gvtui.tui.processes.heading import TreeCounts, title_of
from gvtui.tui.sandboxes.pane import SandboxList
from tests.trace.test_pieces import Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


def kept(folder: Path, rounds: int) -> FakeViewer:
    """A viewer over a flight recorder in which one sandbox sends 60 times as much as the other."""
    recorder = Recorder(folder / "live")
    for _ in range(rounds):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    viewer = FakeViewer(trace=Trace.open(recorder.folder))
    viewer.model.refresh(1.0)
    return viewer


def test_who_is_not_whole_is_told_where_things_are_counted(tmp_path: Path) -> None:
    viewer = kept(tmp_path, 40)
    model = viewer.model
    words = thinned_words(model)
    assert words == "1 connection not whole before 17:37:16"
    title = title_of(TreeCounts(), ProcessTree(), "", TreeChoice(), model)
    assert words in "".join(text for text, _ in title)
    statistics = model.analysis.statistics()
    table = NumbersTable(viewer)
    model.analysis.finish(statistics)
    table.take(statistics)
    assert any(words in text for text, _ in table._notes(statistics))
    counts = [text.strip() for text, look in table.line(0)[0] if look == "number"]
    assert counts
    assert counts[0].startswith("≥")
    told = {
        sandbox.container_id: whole_words(model, sandbox)
        for sandbox in model.trace.connections.sandboxes()
    }
    assert told == {"box1": "", "box2": "rows are whole from 17:37:16 on"}
    sandboxes = SandboxList(viewer)
    sandboxes.news()
    assert sum("rows are whole from" in sandboxes.full(place) for place in range(2)) == 1


@pytest.mark.parametrize("rounds", [1, 2])
def test_nothing_is_said_where_all_is_there(tmp_path: Path, rounds: int) -> None:
    model = kept(tmp_path, rounds).model
    assert not model.trace.thinned
    assert thinned_words(model) == ""
    assert not any(whole_words(model, each) for each in model.trace.connections.sandboxes())
