from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME, changed
from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.containers import MAX_ID, container_in
from gvtui.trace.reader import Trace
from gvtui.trace.row import LOST_STRING
from gvtui.trace.writer import TraceWriter
from gvtui.wire.messages import decode
from tests.trace.factory import TIME_NS, start_message
from tests.trace.recorder import open_message

LONG = "x" * 200


@pytest.fixture
def crowded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    """A trace whose table of strings is full before two sandboxes come that are in none of it."""
    for limit, value in (("LEAST_STRINGS", 0), ("SHARE", 1)):
        monkeypatch.setattr(f"gvtui.trace.strings.{limit}", value)
    writer = TraceWriter(tmp_path / "a.gvtrace", limits=changed(AS_THEY_COME, {"strings": 64}))
    for number in range(64):
        writer.message(1, TIME_NS, open_message(f"/{number}", container="hog"))
    for conn, name in ((2, "web"), (3, "db")):
        datagrams = [
            open_message("/x", container=name, process=f"in {name}", pid=7, dropped=count)
            for count in (0, 5 * conn)
        ]
        writer.messages(conn, [(TIME_NS, data) for data in datagrams])
    writer.close()
    return Trace.open(tmp_path / "a.gvtrace")


def test_sandboxes_that_the_strings_have_no_room_for_stay_apart(crowded: Trace) -> None:
    assert crowded.row(crowded.end_row - 1).container == LOST_STRING
    found = [(s.container_id, s.messages, s.dropped) for s in crowded.connections.sandboxes()]
    assert found == [("hog", 64, 0), ("web", 2, 10), ("db", 2, 15)]
    containers = [crowded.container_of(row) for row in range(64, crowded.end_row)]
    assert containers == ["web", "web", "web", "db", "db", "db"]


def test_their_processes_and_filters_stay_apart(crowded: Trace) -> None:
    analysis = Analysis(crowded)
    while analysis.context.advance():
        pass
    tree = analysis.processes.tree
    assert [(p.container, p.name) for p in tree if p.pid == 7] == [
        ("web", "in web"),
        ("db", "in db"),
    ]
    for text in ("container.id = web", 'proc.name = "in web"', "proc.id = web/7"):
        condition = compile_filter(text, analysis.context)
        rows = crowded.rows(0, crowded.end_row)
        found = condition.mask(crowded, rows, 0) & (rows["kind"] == 0)
        assert found.nonzero()[0].tolist() == [64, 66], text


def test_what_is_too_long_for_an_id_is_none() -> None:
    assert container_in(decode(start_message("web"))) == "web"
    assert container_in(decode(start_message("x" * MAX_ID))) == "x" * MAX_ID
    assert container_in(decode(start_message("x" * (MAX_ID + 1)))) == ""
