from __future__ import annotations

from gvtui.tui.timeline.commands import Along
from tests.tui.fake import FakeViewer


def test_steps_lead_to_rows_further_on_and_back() -> None:
    viewer = FakeViewer(Along)
    along = viewer.feature(Along)
    viewer.commands.execute("timeline.step 1")
    assert viewer.model.cursor == 0, "nothing is drawn yet"
    assert along.fit(100)
    assert not along.fit(100)
    assert len(along.cells) == 100
    assert along.ends is not None
    viewer.pane = "numbers"
    viewer.commands.execute("timeline.step 1")
    there = viewer.model.cursor
    assert there == along.cells[along.ends[1] + 1].row
    assert viewer.pane == "stream"
    viewer.commands.execute("timeline.step -1")
    assert viewer.model.cursor == 0


def test_a_place_is_gone_to_and_one_beside_the_strip_is_its_end() -> None:
    viewer = FakeViewer(Along)
    along = viewer.feature(Along)
    along.go(3)
    along.fit(50)
    along.go(1000)
    assert viewer.model.cursor == along.cells[-1].row
    along.go(-5)
    assert viewer.model.cursor == along.cells[0].row
