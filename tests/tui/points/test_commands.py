from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.points.survey import Targets
from tests.tui.fake import FakeViewer
from tests.tui.points.bench import PointsBench

if TYPE_CHECKING:
    from pathlib import Path


def test_the_pane_is_small_then_large_then_small(tmp_path: Path) -> None:
    viewer = PointsBench(tmp_path).viewer
    viewer.parts.shown = set()
    viewer.commands.execute("points.show")
    assert viewer.focused == "points"
    assert viewer.parts.shown == {"sidebar"}
    viewer.commands.execute("points.show")
    assert viewer.pane == "points-large"
    viewer.commands.execute("points.show")
    assert (viewer.pane, viewer.focused) == ("stream", "points")


def test_on_a_narrow_screen_it_is_large_at_once(tmp_path: Path) -> None:
    viewer = PointsBench(tmp_path).viewer
    viewer.parts.is_narrow = True
    viewer.commands.execute("points.show")
    assert viewer.pane == "points-large"
    viewer.commands.execute("points.show")
    assert viewer.pane == "stream"


def test_a_filter_for_what_is_not_traced_leads_to_its_point(tmp_path: Path) -> None:
    bench = PointsBench(tmp_path)
    bench.viewer.model.chips.put("evt.type = open")
    bench.viewer.refilter()
    bench.run("points.show")
    line = bench.state.at_cursor()
    assert line is not None
    assert "open" in line.label


def test_in_a_recording_a_row_changes_nothing_and_says_so() -> None:
    from gvtui.tui.features import FEATURES, PANES

    viewer = FakeViewer(*FEATURES, panes=PANES)
    viewer.jump(1000)
    for line in ("points.stop", "points.more"):
        viewer.commands.execute(line)
    assert viewer.said.count("This is a recording") == 2
    assert not viewer.feature(Targets).state.edit.is_staged


def test_without_a_message_at_the_cursor_nothing_is_asked(tmp_path: Path) -> None:
    bench = PointsBench(tmp_path)
    bench.run("points.more")
    assert bench.viewer.choice is None
    assert "Select a message first" in bench.viewer.said
