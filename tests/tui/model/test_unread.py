from __future__ import annotations

from pathlib import Path

from gvtui.monitor.options import MonitorOptions
from gvtui.tui.model.unread import part_read
from gvtui.tui.options import LiveOptions
from tests.tui.fake import FakeViewer


def test_of_a_recording_every_row_counts() -> None:
    model = FakeViewer().model
    end = model.trace.end_row
    assert part_read(model, 0) == "0%"
    assert part_read(model, end // 2) == "50%"
    assert part_read(model, end - 1) == "99%"
    assert part_read(model, end) == ""


def test_live_the_last_hundredth_does_not() -> None:
    model = FakeViewer(live=LiveOptions(MonitorOptions(listen=Path("s")))).model
    end = model.trace.end_row
    assert end >= 200
    assert part_read(model, end // 2) == "50%"
    assert part_read(model, end - end // 100 - 1) == "99%"
    assert part_read(model, end - end // 100) == ""
