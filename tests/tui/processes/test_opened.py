from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace
from gvtui.tui.processes import opened as opened_module
from gvtui.tui.processes.opened import OpenFds, open_fds
from gvtui.wire.pb import syscall_pb2
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "a.gvtrace")


def opened_of(world: World) -> tuple[Analysis, list[OpenFds], int]:
    world.writer.close()
    analysis = Analysis(Trace.open(world.path))
    resolved = analysis.resolved
    while analysis.context.advance():
        pass
    (process,) = resolved.processes
    lines, left_out = open_fds(resolved, process)
    return analysis, lines, left_out


def rows(analysis: Analysis, text: str) -> list[int]:
    trace = analysis.trace
    condition = compile_filter(text, analysis.context)
    found: list[int] = condition.mask(trace, trace.rows(0, trace.end_row), 0).nonzero()[0].tolist()
    return found


def test_many_of_one_name_have_one_line_above_the_others(world: World) -> None:
    world.open(3, "/tmp/log")
    for fd in range(4, 10):
        world.open(fd, "/etc/passwd")
        world.call(9, syscall_pb2.Read, "read", 100, fd=fd)
    world.open(10, "/tmp/other")
    analysis, lines, left_out = opened_of(world)
    assert [(line.name, line.fds) for line in lines] == [
        ("/etc/passwd", (4, 5, 6, 7, 8, 9)),
        ("/tmp/log", (3,)),
        ("/tmp/other", (10,)),
    ]
    assert (lines[0].bytes_in, lines[0].bytes_out, left_out) == (600, 0, 0)
    assert rows(analysis, lines[0].filter_text) == list(range(2, 14))
    assert rows(analysis, lines[1].filter_text) == [1]
    analysis.trace.close()


def test_a_file_behind_two_descriptors_counts_its_bytes_once(world: World) -> None:
    world.open(3, "/tmp/log")
    for fd in range(4, 8):
        world.call(19, syscall_pb2.Dup, "dup", fd, old_fd=3)
    world.call(34, syscall_pb2.Write, "write", 5, fd=3)
    analysis, lines, _ = opened_of(world)
    assert [(line.fds, line.bytes_out) for line in lines] == [((3, 4, 5, 6, 7), 5)]
    assert lines[0].filter_text == "fd.id = 1"
    analysis.trace.close()


def test_very_many_lead_to_the_rows_of_their_name(world: World) -> None:
    for fd in range(3, 60):
        world.open(fd, "/etc/passwd")
    world.open(60, "/tmp/log")
    analysis, lines, _ = opened_of(world)
    assert lines[0].filter_text == "fd.name = /etc/passwd"
    assert rows(analysis, lines[0].filter_text) == list(range(1, 58))
    analysis.trace.close()


def test_what_is_left_out_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened_module, "MAX_LINES", 2)
    for fd in range(3, 8):
        world.open(fd, f"/tmp/{fd}")
    analysis, lines, left_out = opened_of(world)
    assert (len(lines), left_out) == (2, 3)
    analysis.trace.close()
