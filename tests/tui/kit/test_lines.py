from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult
from textual.strip import Strip

from gvtui.tui.kit.lines import LineWidget


class Line(LineWidget):
    PREFIX = "mine"
    LOOKS = ("loud", "ground")
    shown = ""

    def render_line(self, y: int) -> Strip:
        return self.strip([(self.shown, "loud"), (" rest", "")], 20, ground="ground")


class Host(App[None]):
    CSS = """
    Line { height: 1; .mine--loud { color: red; } .mine--ground { background: blue; } }
    """

    def compose(self) -> ComposeResult:
        yield Line()


def test_words_are_no_markup_and_fill_the_width_in_their_styles() -> None:
    async def run() -> None:
        app = Host()
        async with app.run_test(size=(20, 3)):
            line = app.query_one(Line)
            line.shown = "[red]x[/]"
            strip = line.render_line(0)
            assert strip.text == "[red]x[/] rest      "
            first, rest = list(strip)[:2]
            assert first.style is not None
            assert first.style.color is not None
            assert first.style.color.triplet == (255, 0, 0)
            assert rest.style is not None
            assert rest.style.color != first.style.color
            assert all(s.style and s.style.bgcolor for s in strip)
            line.shown = "word " * 9
            assert line.render_line(0).cell_length == 20

    asyncio.run(run())


def test_the_stylesheet_knows_every_look() -> None:
    assert {"mine--loud", "mine--ground"} == Line.COMPONENT_CLASSES
