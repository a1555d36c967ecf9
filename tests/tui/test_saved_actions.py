from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.helpers import drive, recording, screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def test_filters_are_saved_under_a_name_and_picked_again() -> None:
    first, second = recording(), recording()

    async def save(pilot: Pilot[int]) -> None:
        await pilot.press("w")
        assert not first.prompt.is_open
        first.model.chips.put("proc.pid = 1")
        first.model.chips.put("evt.failed = true or evt.latency > 1ms")
        first.apply_chips()
        await pilot.press("w", *"mine", "enter")
        assert not first.prompt.is_open

    async def pick(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        await pilot.pause()
        assert "mine" in screen_text(second)
        await pilot.press("enter")
        await pilot.pause()
        assert [chip.expression for chip in second.model.chips] == [
            "proc.pid = 1 and (evt.failed = true or evt.latency > 1ms)"
        ]
        await pilot.press("v", "delete")
        await pilot.pause()
        assert second.saved.all() == {}
        await pilot.press("v")
        assert len(second.screen_stack) == 1

    drive(first, save)
    drive(second, pick)


def test_a_saved_filter_that_is_none_says_why_and_cannot_be_picked(own_home: Path) -> None:
    app = recording()
    app.saved.path.parent.mkdir(parents=True)
    app.saved.path.write_text('[filters]\nbad = "nonsense = 1"\n"\\u001b[31m" = "evt.num = 1"\n')

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
    app.saved.path.parent.mkdir(parents=True)
    app.saved.path.write_text("[filters")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("v")
        assert len(app.screen_stack) == 1
        await pilot.press("w", *"x", "enter")
        assert app.prompt.is_open
        assert "is no TOML" in screen_text(app)

    drive(app, script)
