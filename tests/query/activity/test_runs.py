"""Exec sessions in an activity: those that did the same are one line."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.query.activity.gaps import Gaps
from gvtui.query.activity.notseen import not_seen
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from tests.query.processes.box import Box

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "made-up.gvtrace")


def _check(box: Box, pid: int, is_told: bool = True) -> None:
    """One run of a health check: a shell that executes something."""
    box.read(box.context(pid, is_exec_session=is_told, process_name="sh"))
    parent: dict[str, Any] = {"parent_thread_group_id": pid, "process_name": "sh"}
    context = box.context(pid + 100, is_exec_session=is_told, **parent)
    box.executed(context, "/bin/probe", "-q")
    box.task_exit(box.context(pid + 100, is_exec_session=is_told, process_name="probe"))
    box.task_exit(box.context(pid, is_exec_session=is_told, process_name="sh"))


def _read(box: Box) -> tuple[dict[str, list[tuple[str, str, int]]], list[str], list[int]]:
    """The folded lines of sections, what was not seen, and the rows of the first line."""
    box.writer.close()
    with closing(Trace.open(box.path)) as trace:
        analysis = Analysis(trace)
        reader, gaps = ActivityReader(analysis.context), Gaps(trace)
        analysis.finish(reader, gaps)
        found = {
            key: [(line.what, line.details, line.folded) for line in reader.section(key).lines]
            for key in ("programs", "sessions")
        }
        missing = [each.text for each in not_seen(trace, reader, gaps)]
        lines = reader.section("programs").lines
        return found, missing, [*(lines[0].behind.rows or ())] if lines else []


def test_runs_of_one_command_are_one_line_and_what_they_executed_is_one_too(box: Box) -> None:
    for pid in (11, 12, 13):
        _check(box, pid)
    box.read(box.context(20, is_exec_session=True, process_name="sh"))
    found, missing, rows = _read(box)
    assert found["sessions"] == [
        ("3 runs of [sh] » /bin/probe -q", "exec sessions", 3),
        ("[sh]", "pid 20", 1),
    ]
    assert found["programs"] == [
        ("3 runs of /bin/probe -q", "/bin/probe, by sh (in exec sessions)", 3)
    ]
    assert len(rows) == 3
    assert any(text.startswith("with which arguments 4 exec sessions began") for text in missing)
    assert not any(text.startswith("who came in from outside") for text in missing)


def test_where_nothing_tells_who_came_in_that_is_said_and_nothing_is_made_up(box: Box) -> None:
    for pid in (11, 12, 13):
        _check(box, pid, is_told=False)
    found, missing, _ = _read(box)
    assert found["sessions"] == []
    assert {folded for _, _, folded in found["programs"]} == {1}
    assert any(text.startswith("who came in from outside: nothing tells") for text in missing)
