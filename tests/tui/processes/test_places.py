from __future__ import annotations

from gvtui.tui.processes.places import TreePlaces
from tests.tui.fake import FakeViewer


def test_a_row_leads_to_its_process_in_the_tree() -> None:
    viewer = FakeViewer(TreePlaces, trace="compile-2024")
    viewer.model.cursor = 402
    row = viewer.model.trace.row(402)
    process = viewer.model.analysis.processes.tree.spans.at(row.conn, row.pid, 402)
    assert process is not None
    viewer.run_command("processes.place")
    assert viewer.pane == "processes"
    assert viewer.feature(TreePlaces).wanted == process.number


def test_a_row_without_a_process_stays_where_it_is() -> None:
    viewer = FakeViewer(TreePlaces, trace="compile-2024")
    viewer.model.cursor = 0
    viewer.run_command("processes.place")
    assert viewer.pane == "stream"
    assert viewer.told
