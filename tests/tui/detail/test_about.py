from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.trace.reader import Trace
from gvtui.tui.detail.about import About, about, resolved_call
from gvtui.tui.model import model as model_module
from gvtui.tui.model.rowtext import word
from gvtui.wire.pb import syscall_pb2
from tests.query.resolved.world import World
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.tui.model.model import Model


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "a.gvtrace")


def model_of(world: World) -> Model:
    world.writer.close()
    viewer = FakeViewer(trace=Trace.open(world.path))
    assert viewer.model.analysis.resolved.position == 0
    viewer.catch_up()
    return viewer.model


def last(model: Model) -> int:
    return model.trace.end_row - 1


def said(model: Model, row: int) -> dict[str, str]:
    return {each.name: f"{each.value} {each.more}".strip() for each in about(model, row, "L")}


def test_the_process_is_told_with_all_its_parents(world: World) -> None:
    world.start(1, "/bin/init")
    world.fork(1, 2)
    world.fork(2, 3)
    world.open(3, "/etc/passwd", pid=3)
    told = said(model := model_of(world), last(model))
    assert told["process"].startswith("3 ")
    assert [parent.split()[0] for parent in told["parents"].split(" ← ")] == ["2", "1"]


def test_a_descriptor_is_told_with_how_it_was_opened_and_what_it_moved(world: World) -> None:
    world.open(3, "../etc/passwd", 0o2, cwd="/tmp")
    world.call(9, syscall_pb2.Read, "read", 12, fd=3)
    model = model_of(world)
    told = said(model, last(model))
    assert told["descriptor"] == "3  file  /etc/passwd"
    assert told["opened"].startswith("row 1, ")
    assert "O_RDWR" in told["opened"]
    assert told["opened"].endswith("given as ../etc/passwd")
    assert told["its use"] == "12 bytes read in 1 call; open"


def test_a_file_without_a_descriptor_is_told_by_its_path(world: World) -> None:
    world.open(-2, "missing", cwd="/tmp", errno=2)
    assert said(model := model_of(world), last(model))["file"] == "/tmp/missing given as missing"


def test_both_ends_of_a_pipe_know_each_other_and_begin_together(world: World) -> None:
    world.call(17, syscall_pb2.Pipe, "pipe2", reader=5, writer=6)
    world.call(34, syscall_pb2.Write, "write", 4, fd=6)
    world.close(6)
    model = model_of(world)
    told = said(model, last(model))
    assert told["descriptor"].startswith("6  pipe")
    assert told["its other end"] == "descriptor 5 of 1, open"
    assert told["its use"].endswith(f"closed at row {last(model)}")
    call = resolved_call(model, last(model))
    assert call is not None
    assert call.description is not None
    condition = model.check(call.description.rows_filter)
    rows = model.trace.rows(0, model.trace.end_row)
    assert condition.mask(model.trace, rows, 0).nonzero()[0].tolist() == [1, 2, 3]


def test_of_a_large_trace_a_key_is_named_that_looks_descriptors_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_module, "RESOLVED_UNASKED", 0)
    world.open(3, "/etc/passwd")
    world.writer.close()
    model = FakeViewer(trace=Trace.open(world.path)).model
    assert About("descriptor", "not looked up yet: L does so") in about(model, last(model), "L")
    assert not model.analysis.context.is_resolving


def test_of_a_call_without_a_descriptor_none_is_looked_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_module, "RESOLVED_UNASKED", 0)
    world.raw("prlimit64", 0, 7, 0, 0)
    world.raw("fstat", 3, 0x1000)
    world.writer.close()
    model = FakeViewer(trace=Trace.open(world.path)).model
    names = [
        [each.name for each in about(model, row, "L")] for row in (last(model) - 1, last(model))
    ]
    assert ["descriptor" in each for each in names] == [False, True]


def test_hostile_words_are_escaped(world: World) -> None:
    hostile = "/a\x1b[2Jb\n"
    world.open(3, hostile)
    told = said(model := model_of(world), last(model))
    assert told["descriptor"] == f"3  file  {word(hostile)}"
    assert "\x1b" not in "".join(told.values())


def test_a_row_that_is_gone_says_nothing(world: World) -> None:
    world.open(3, "/etc/passwd")
    model = model_of(world)
    assert about(model, None, "L") == about(model, 10**9, "L") == ()
