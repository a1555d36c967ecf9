from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.helpers import drive, recording, screen_text

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp
    from gvtui.tui.viewer import Part


def shown(app: GvtuiApp) -> set[str]:
    ids = ("timeline", "sidebar", "sandboxes", "points", "tabline", "tabs", "detail", "filterbar")
    return {each for each in ids if app.main.query_one(f"#{each}").is_on_screen}


EVERYTHING = {
    "timeline", "sidebar", "sandboxes", "points", "tabline", "tabs", "detail", "filterbar",
}  # fmt: skip


@pytest.mark.parametrize(
    ("pane", "left"),
    [
        ("stream", {"tabs", "filterbar"}),
        ("detail", {"detail"}),
        ("sandboxes", {"sidebar", "sandboxes"}),
        ("points", {"sidebar", "points"}),
    ],
)
def test_a_pane_fills_the_screen_and_comes_back(pane: str, left: set[str]) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        assert shown(app) == EVERYTHING
        widget = app.main.query_one(f"#{pane}")
        widget.focus()
        await pilot.pause()
        before = widget.region
        await pilot.press("z")
        await pilot.pause()
        assert shown(app) == left
        assert widget.region.width == 160
        assert widget.region.height > before.height
        assert app.focused is widget
        app.show_news()
        await pilot.pause()
        assert "zoomed, z brings all back" in screen_text(app)
        await pilot.press("z")
        await pilot.pause()
        assert shown(app) == EVERYTHING
        assert widget.region == before

    drive(app, script, (160, 48))


@pytest.mark.parametrize(("pane", "part"), [("detail", "detail"), ("sandboxes", "sidebar")])
def test_a_size_of_the_users_own_is_kept(pane: str, part: Part) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.parts.set_size(part, 20)
        app.main.query_one(f"#{pane}").focus()
        await pilot.pause()
        before = app.main.query_one(f"#{part}").region
        await pilot.press("z")
        await pilot.pause()
        assert app.main.query_one(f"#{part}").region.width == 160
        assert app.main.query_one(f"#{part}").region.height > 40
        await pilot.press("z")
        await pilot.pause()
        assert app.main.query_one(f"#{part}").region == before
        assert app.parts.size(part) == 20

    drive(app, script, (160, 48))


def test_on_a_narrow_screen_the_sidebar_is_as_wide_as_the_screen() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("b", "z")
        await pilot.pause()
        assert app.main.query_one("#sandboxes").region.width == 80
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert not app.is_zoomed
        assert not app.main.query_one("#sidebar").display
        assert app.focused is app.stream

    drive(app, script, (80, 24))


def test_another_tab_fills_the_screen_too() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("z", "2")
        await pilot.pause()
        assert app.is_zoomed
        assert app.main.query_one("#processes").region.width == 160

    drive(app, script, (160, 48))


def test_what_is_asked_for_is_seen() -> None:
    """A part or a question that the zoom would hide ends it."""
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.main.query_one("#sandboxes").focus()
        await pilot.pause()
        await pilot.press("z", "f")
        await pilot.pause()
        assert not app.is_zoomed
        assert app.prompt.is_on_screen
        await pilot.press("escape", "escape", "z", "f")
        await pilot.pause()
        assert app.is_zoomed
        assert app.prompt.is_on_screen
        await pilot.press("escape", "d")
        await pilot.pause()
        assert not app.is_zoomed
        assert app.detail.is_on_screen
        await pilot.press("z", "enter")
        await pilot.pause()
        assert not app.is_zoomed
        assert app.focused is app.detail
        await pilot.press("z", "1")
        await pilot.pause()
        assert not app.is_zoomed
        assert app.focused is app.stream

    drive(app, script, (160, 48))
