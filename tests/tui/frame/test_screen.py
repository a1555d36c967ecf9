"""Every key can be given to a command, in every part of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.app import App

from gvtui.config import Config, config_path
from gvtui.tui.frame.commands import Screen
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp

OWN = {"screen.copy_text"}
"""Does nothing where no text is selected, and then leaves the key to the commands."""


def parts(app: GvtuiApp) -> list[str]:
    return [str(each.id) for each in app.main.query("*") if each.can_focus]


def test_no_key_of_textuals_goes_before_a_commands() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        found = set()
        for widget in app.main.query("*"):
            if not widget.can_focus or any(node.id == "prompt" for node in widget.ancestors):
                continue
            for node in widget.ancestors_with_self:
                if isinstance(node, App):
                    continue
                for key, bindings in node._bindings.key_to_bindings.items():
                    found |= {
                        (type(node).__name__, key, binding.action)
                        for binding in bindings
                        if not binding.action.startswith("app.command(")
                        and binding.action not in OWN
                    }
        assert found == set()
        assert {"stream", "processes", "points", "points-large", "sandboxes", "detail"} <= set(
            parts(app)
        )

    drive(app, script)


@pytest.mark.parametrize("key", ["tab", "shift+tab", "ctrl+pagedown", "ctrl+c", "escape", "home"])
def test_a_key_that_textual_uses_can_be_given_away(key: str) -> None:
    keys = {
        "filter.add evt.failed = true": key,
        "screen.focus 1": "f11",
        "screen.focus -1": "f12",
        "screen.quit": "q",
        "screen.back": "ctrl+y",
        "stream.oldest": "g",
        "list.first": "g",
        "detail.first": "g",
        "list.leave": "f10",
        "detail.leave": "f10",
    }
    app = recording(config=Config(config_path(), keys=keys))

    async def script(pilot: Pilot[int]) -> None:
        for part in ("stream", "sandboxes", "points", "detail"):
            app.main.set_focus(app.main.query_one(f"#{part}"))
            await pilot.press(key)
            await until(pilot, lambda: bool(app.model.chips.active()))
            app.model.chips.remove(0)
            app.refilter()

    drive(app, script)


def test_the_keyboard_goes_from_part_to_part_and_back() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        first = app.focused_pane
        await pilot.press("tab")
        second = app.focused_pane
        assert second != first
        await pilot.press("shift+tab")
        assert app.focused_pane == first

    drive(app, script)
    viewer = FakeViewer(Screen)
    viewer.commands.execute("screen.focus 1")
    assert viewer.focused == "detail"
    viewer.commands.execute("screen.focus -1")
    assert viewer.focused == "stream"
