from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.helpers import drive, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from gvtui.tui.viewer import Part

WIDE, NARROW = (160, 48), (80, 24)


@pytest.mark.parametrize("part", ["detail", "sidebar"])
def test_a_part_is_hidden_and_comes_back(part: Part) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        assert not app.parts.hidden
        for act in (app.parts.toggle, app.parts.hide):
            act(part)
            await pilot.pause()
            assert app.parts.hidden == (part,)
            assert not app.is_shown(part)
            assert app.parts.size(part) == 0
            for _ in range(2):
                app.parts.show(part)
                await pilot.pause()
                assert not app.parts.hidden
                assert app.is_shown(part)

    drive(app, script, WIDE)


def test_the_keyboard_goes_with_the_sidebar() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        assert app.focused_pane == "stream"
        app.parts.toggle("sidebar")
        app.parts.toggle("sidebar")
        await pilot.pause()
        assert app.focused_pane == "sandboxes"
        app.parts.toggle("sidebar")
        await pilot.pause()
        assert app.focused_pane == "stream"
        app.parts.show("sidebar")
        app.main.query_one("#points").focus()
        app.parts.hide("detail")
        await pilot.pause()
        assert app.focused_pane == "points"

    drive(app, script, WIDE)


def test_on_a_narrow_screen_the_sidebar_lies_over_the_stream_for_as_long_as_it_is_asked_for() -> (
    None
):
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        assert app.parts.is_narrow
        assert not app.is_shown("sidebar")
        app.parts.toggle("sidebar")
        await pilot.pause()
        assert app.is_shown("sidebar")
        app.parts.toggle("sidebar")
        await pilot.pause()
        assert not app.is_shown("sidebar")
        # What was for this screen alone is nothing to remember.
        assert not app.parts.hidden

    drive(app, script, NARROW)


def test_a_part_that_the_zoom_hides_is_shown_where_it_was_to_be_toggled() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.toggle_zoom()
        await pilot.pause()
        assert not app.is_shown("detail")
        app.parts.toggle("detail")
        await pilot.pause()
        assert not app.is_zoomed
        assert app.is_shown("detail")
        assert not app.parts.hidden

    drive(app, script, WIDE)


def test_sizes() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        own: dict[Part, int] = {part: app.parts.size(part) for part in ("detail", "sidebar")}
        for part, cells in own.items():
            app.parts.set_size(part, cells + 2)
        await pilot.pause()
        assert {part: app.parts.size(part) - 2 for part in own} == own
        assert app.detail.outer_size.height == own["detail"] + 2
        for part in own:
            app.parts.set_size(part, None)
        await pilot.pause()
        assert {part: app.parts.size(part) for part in own} == own

    drive(app, script, WIDE)
