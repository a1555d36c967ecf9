"""Esc goes back by one level, wherever one is; Ctrl+C leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input

from gvtui.tui.filter.drill import Drilling
from gvtui.tui.frame.commands import Screen
from gvtui.tui.kit.asking import Text
from gvtui.tui.kit.overlays import TextScreen
from gvtui.tui.model.chips import Chip
from gvtui.tui.search.commands import Searching
from gvtui.tui.stream.commands import Rows
from gvtui.tui.viewer import Feature
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot


class Asking(Feature):
    def may_leave(self, leave: Callable[[], None]) -> bool:
        self.viewer.tell("really?")
        return False


def back(viewer: FakeViewer) -> None:
    viewer.commands.execute("screen.back")


def test_each_level_is_left_in_turn_and_at_last_the_stream_follows() -> None:
    viewer = FakeViewer(Rows, Searching, Drilling, Screen)
    viewer.pause()
    viewer.show_pane("numbers")
    viewer.feature(Drilling).show(Chip("evt.failed = true", "evt.failed"))
    viewer.commands.execute("search.ask")
    viewer.type("open")
    viewer.focused = "detail"
    viewer.zoomed = True
    back(viewer)
    assert not viewer.zoomed
    back(viewer)
    assert viewer.focused == "stream"
    assert viewer.feature(Searching).search is not None
    back(viewer)
    assert viewer.feature(Searching).search is None
    assert viewer.model.chips.active()
    back(viewer)
    assert viewer.pane == "numbers"
    assert not viewer.model.chips.active()
    back(viewer)
    assert viewer.pane == "stream"
    assert not viewer.model.following
    back(viewer)
    assert viewer.model.following
    back(viewer)
    assert viewer.pane == "stream"


def test_filters_that_were_typed_since_are_not_taken_away() -> None:
    viewer = FakeViewer(Rows, Drilling, Screen)
    viewer.pause()
    viewer.feature(Drilling).show(Chip("evt.failed = true", "evt.failed"))
    viewer.model.chips.put("proc.name = bash")
    viewer.refilter()
    viewer.pause()
    back(viewer)
    assert viewer.model.chips.active() == ["evt.failed = true", "proc.name = bash"]
    assert viewer.model.following


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
def test_each_way_out_asks_the_same(key: str) -> None:
    viewer = FakeViewer(Screen, Asking)
    [leave] = [each for each in viewer.commands if key in each.keys]
    viewer.commands.execute(leave.line)
    assert viewer.said == "really?"
    assert not viewer.has_left


def test_ctrl_c_leaves_what_is_typed_then_what_lies_over_it_then_the_viewer() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"proc", "ctrl+c")
        await pilot.pause()
        assert not app.prompt.is_open
        assert not len(app.model.chips)
        app.read(Text("", ["words"]))
        await pilot.pause()
        assert isinstance(app.screen, TextScreen)
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.screen is app.main
        assert app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.return_code == 0

    drive(app, script)


def test_letters_that_are_typed_while_the_prompt_opens_are_not_lost() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        for character in ":tabs":
            key = "colon" if character == ":" else character
            app.post_message(events.Key(key, character))
        await until(pilot, lambda: app.prompt.query_one(Input).value == "tabs")

    drive(app, script)


@pytest.mark.parametrize("tab", ["2", "3", "4"])
def test_every_tab_is_left_for_the_stream(tab: str) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press(tab)
        await pilot.pause()
        assert app.pane != "stream"
        await pilot.press("escape")
        await pilot.pause()
        assert app.pane == "stream"
        assert app.focused is app.stream

    drive(app, script)


@pytest.mark.parametrize("pane", ["sandboxes", "points", "detail", "filterbar"])
def test_every_part_is_left_for_the_tab(pane: str) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.main.query_one(f"#{pane}").focus()
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert app.focused is app.stream

    drive(app, script, (160, 48))
