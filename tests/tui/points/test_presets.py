from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.points.bundled import bundled_catalogue
from gvtui.tui.points.presets import Presets
from gvtui.tui.points.state import PointsState
from tests.tui.points.bench import PointsBench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> PointsBench:
    return PointsBench(tmp_path)


def test_a_preset_is_staged_saved_and_staged_again(bench: PointsBench) -> None:
    presets = bench.viewer.feature(Presets)
    presets.load()
    bench.viewer.pick("everything")
    staged = bench.state.edit.staged.points
    assert staged
    presets.save()
    assert bench.viewer.type("mine") is None
    assert "L in Points stages it again" in bench.viewer.said
    bench.run("points.discard")
    assert not bench.state.edit.is_staged
    presets.load()
    bench.viewer.pick("saved:mine")
    assert bench.state.edit.staged.points == staged


def test_a_preset_is_added_to_what_is_staged(
    bench: PointsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PointsState, "catalogue", bundled_catalogue())
    presets = bench.viewer.feature(Presets)
    presets.load()
    bench.viewer.pick("files")
    files = bench.state.edit.staged.point_names
    presets.load("add")
    assert bench.viewer.choice is not None
    assert "with what is staged already" in bench.viewer.choice.heading
    bench.viewer.pick("everything")
    names = bench.state.edit.staged.point_names
    assert files < names
    assert "syscall/openat/enter" in names
    assert "syscall/sysno/257/enter" not in names
    assert "raw points are left out" in bench.state.note


def test_a_name_that_cannot_be_used_is_said(bench: PointsBench) -> None:
    bench.viewer.feature(Presets).save()
    problem = bench.viewer.type("../x")
    assert problem is not None
    assert bench.viewer.type(" ") is None
    assert bench.keeper.library is not None
    assert bench.keeper.library.names() == []


def test_the_tuning_changes_in_turn_and_says_what_it_costs(bench: PointsBench) -> None:
    before = bench.state.edit.staged.sinks
    bench.viewer.feature(Presets).tuning()
    assert bench.state.edit.staged.sinks != before
    assert bench.state.note.startswith("Staged: ")


def test_nothing_is_staged_where_nothing_may_change(tmp_path: Path) -> None:
    bench = PointsBench(tmp_path, readonly=True)
    presets = bench.viewer.feature(Presets)
    for act in (presets.load, presets.save, presets.tuning):
        act()
    assert bench.viewer.choice is None
    assert bench.viewer.question is None
    assert not bench.state.edit.is_staged
