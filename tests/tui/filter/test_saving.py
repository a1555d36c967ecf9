from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.config import config_path
from gvtui.tui.filter.saved import SavedFilters
from gvtui.tui.filter.saving import Saving
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording, screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def test_filters_are_saved_under_a_name_and_picked_again() -> None:
    first, second = FakeViewer(Saving), FakeViewer(Saving)
    first.commands.execute("filter.save")
    assert first.question is None
    assert "No filters to save: none is in force" in first.said
    first.model.chips.put("proc.pid = 1")
    first.model.chips.put("evt.failed = true or evt.latency > 1ms")
    first.commands.execute("filter.save")
    assert first.type("mine") is None
    assert "v picks it" in first.said

    second.commands.execute("filter.pick")
    second.pick("mine")
    assert [chip.expression for chip in second.model.chips] == [
        "proc.pid = 1 and (evt.failed = true or evt.latency > 1ms)"
    ]
    second.commands.execute("filter.pick")
    assert second.choice is not None
    assert second.choice.removed is not None
    second.choice.removed("mine")
    assert SavedFilters(config_path()).all() == {}
    second.choice = None
    second.commands.execute("filter.pick")
    assert second.choice is None
    assert "w saves those in force" in second.said


def test_a_list_of_saved_filters_opens_and_closes_by_its_key() -> None:
    viewer = FakeViewer(Saving)
    viewer.model.chips.put("evt.num = 1")
    viewer.commands.execute("filter.save")
    viewer.type("mine")
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        await pilot.pause()
        assert "mine" in screen_text(app)
        await pilot.press("v")
        await pilot.pause()
        assert len(app.screen_stack) == 1

    drive(app, script)


def test_a_saved_filter_that_is_none_says_why_and_cannot_be_picked(own_home: Path) -> None:
    app = recording()
    config_path().parent.mkdir(parents=True)
    config_path().write_text('[filters]\nbad = "nonsense = 1"\n"\\u001b[31m" = "evt.num = 1"\n')

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        await pilot.pause()
        shown = screen_text(app)
        assert "✗ column 1: there is no field 'nonsense'" in shown
        assert "\\x1b[31m" in shown
        await pilot.press("enter")
        await pilot.pause()
        assert [chip.expression for chip in app.model.chips] == ["evt.num = 1"]

    drive(app, script)


def test_a_configuration_that_cannot_be_read_is_said(own_home: Path) -> None:
    app = recording(filter_text="evt.num = 1")
    config_path().parent.mkdir(parents=True)
    config_path().write_text("[filters")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        assert len(app.screen_stack) == 1
        await pilot.press("w", *"x", "enter")
        assert app.prompt.is_open
        assert "is no TOML" in screen_text(app)

    drive(app, script)
