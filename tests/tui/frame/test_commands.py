from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.operators import OPERATORS
from gvtui.tui.kit.theme import DARK_NAME, LIGHT_NAME
from gvtui.tui.stream.commands import Rows
from tests.tui.helpers import drive, recording, screen_text, stream_lines

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_columns_are_switched_off_and_on() -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        assert "process" in app.stream.render_line(0).text
        await pilot.press("C", "down", "down", "down", "down", "space")
        await pilot.pause()
        assert "○ process" in screen_text(app)
        assert app.feature(Rows).look.hidden == {"process"}
        await pilot.press("escape")
        await pilot.pause()
        assert "process" not in app.stream.render_line(0).text
        assert "perl " not in stream_lines(app)[3]
        await pilot.press("C", "down", "down", "down", "down", "enter", "c")
        assert app.feature(Rows).look.hidden == frozenset()

    drive(app, script)


def test_times_are_counted_three_ways() -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        assert "17:37:15.253" in stream_lines(app)[1]
        await pilot.press("t")
        assert "since start" in app.stream.render_line(0).text
        assert "+0 ns" in stream_lines(app)[1]
        await pilot.press("t")
        assert "since above" in app.stream.render_line(0).text
        assert stream_lines(app)[3].lstrip().startswith("+")
        await pilot.press("t")
        assert "17:37:15.253" in stream_lines(app)[1]

    drive(app, script)


def test_arguments_scroll_sideways() -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(100)
        before = stream_lines(app)
        await pilot.press("right", "right")
        assert stream_lines(app) != before
        await pilot.press("left", "left", "left")
        assert stream_lines(app) == before

    drive(app, script)


def test_light_and_dark() -> None:
    app = recording("seed-example")

    async def script(pilot: Pilot[int]) -> None:
        assert app.theme == DARK_NAME
        dark = next(iter(app.stream.render_line(0))).style
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert app.theme == LIGHT_NAME
        assert next(iter(app.stream.render_line(0))).style != dark
        await pilot.press("ctrl+t")
        assert app.theme == DARK_NAME

    drive(app, script)


@pytest.mark.parametrize("theme", ["nord", "textual-light", "gruvbox"])
def test_textuals_own_themes_work_too(theme: str) -> None:
    app = recording("seed-example")

    async def script(pilot: Pilot[int]) -> None:
        app.theme = theme
        await pilot.pause()
        assert "disconnected" in screen_text(app) or "connected" in screen_text(app)

    drive(app, script)


def test_without_colour_signs_still_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(402)
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        colours = {
            colour.triplet
            for strip in strips
            for segment in strip.apply_filter(app.get_line_filters()[0], app.background_colors[0])
            if segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None and colour.triplet is not None
        }
        assert all(len(set(triplet)) == 1 for triplet in colours)
        text = screen_text(app)
        for sign in ("E →", "X ←", "✗ ENOENT", "▌", "○"):
            assert sign in text

    drive(app, script)


def test_a_click_beside_the_help_closes_it() -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        await pilot.click(offset=(60, 20))
        assert len(app.screen_stack) == 2
        await pilot.click(offset=(1, 1))
        assert len(app.screen_stack) == 1

    drive(app, script)


def test_panes_fold_away() -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        sidebar = app.screen.query_one("#sidebar")
        assert sidebar.display
        assert app.detail.display
        await pilot.press("b", "d")
        await pilot.pause()
        assert not sidebar.display
        assert not app.detail.display
        await pilot.press("H")
        await pilot.pause()
        assert app.detail.display

    drive(app, script)


def test_on_a_narrow_screen_the_sidebar_comes_by_a_key() -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        sidebar = app.screen.query_one("#sidebar")
        assert not sidebar.display
        await pilot.press("b")
        await pilot.pause()
        assert sidebar.display
        assert app.focused is not None
        assert app.focused.id == "sandboxes"
        await pilot.press("b")
        await pilot.pause()
        assert not sidebar.display
        assert app.focused is app.stream

    drive(app, script, (80, 24))


def test_the_filter_language_is_shown_while_a_filter_is_typed() -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"fd.num ")
        await pilot.press("f2")
        await pilot.pause()
        text = screen_text(app)
        assert "A filter is a condition" in text
        await pilot.press("pagedown")
        await pilot.pause()
        assert screen_text(app) != text
        shown = str(app.screen.query_one(Static).content)
        names = [field.name for field in FIELDS] + [operator.name for operator in OPERATORS]
        assert all(name in shown for name in names)
        assert max(map(len, shown.splitlines())) <= 80
        await pilot.press("escape", *"= 3")
        await pilot.press("enter")
        await pilot.pause()
        assert [chip.expression for chip in app.model.chips] == ["fd.num = 3"]

    drive(app, script, (80, 24))
