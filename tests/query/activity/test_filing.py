from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.activity.filing import Filing
from gvtui.query.activity.lines import ActivityLines
from gvtui.query.activity.part import part_of
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_go_to_the_lines_of_what_they_are_about(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/etc/motd")
    world.raw("fchmod", 3, 0o600)
    world.raw("setgroups", 2, 0x7FFF1000)
    world.raw("mknodat", 0, 0x1000, 0o10644, 0)
    world.raw("flock", 3, 1, errno=11)
    world.writer.close()
    trace = Trace.open(world.path)
    analysis = Analysis(trace)
    resolved, rows = analysis.resolved, trace.rows(0, trace.end_row)
    analysis.finish()
    lines = ActivityLines(trace)
    filing = Filing(trace, resolved, lambda row, number: f"pid {int(row['pid'])}")
    filing.take_in(part_of(resolved, 0, rows, rows["kind"] == Kind.MESSAGE), lines)
    told = {
        key: [(line.what, line.details) for line in lines.of(key)]
        for key in ("read", "permissions", "users", "nodes", "failed")
    }
    assert told == {
        "read": [("/etc/motd", "")],
        "permissions": [("fchmod /etc/motd", "")],
        "users": [("setgroups(2, …)", "by pid 1")],
        "nodes": [("mknodat (path not told)", "by pid 1")],
        "failed": [("flock /etc/motd", "EAGAIN")],
    }
    assert lines.untold == {"nodes": 1}
    trace.close()
