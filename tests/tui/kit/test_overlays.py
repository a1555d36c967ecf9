from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.app import App
from textual.widgets import OptionList, Static

from gvtui.tui.kit.asking import Choice, Entry, Text
from gvtui.tui.kit.overlays import ListScreen, TextScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot

ENTRIES = [Entry("a", "first"), Entry("b", "[b]second[/b]"), Entry("c", "third", enabled=False)]


def drive(script: Callable[[Pilot[None], App[None]], Awaitable[None]]) -> None:
    class Host(App[None]):
        CSS = "Overlay { align: center middle; } .panel { width: 30; height: auto; max-height: 9; }"

    async def run() -> None:
        app = Host()
        async with app.run_test(size=(60, 20)) as pilot:
            await script(pilot, app)

    asyncio.run(run())


def test_enter_picks_and_closes_first() -> None:
    picked: list[tuple[str, int]] = []

    async def script(pilot: Pilot[None], app: App[None]) -> None:
        def take(key: str) -> None:
            picked.append((key, len(app.screen_stack)))

        app.push_screen(ListScreen(Choice("which?", ENTRIES, take)))
        await pilot.pause()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert [key for key, _ in picked] == ["b"]
        assert len(app.screen_stack) == 1

    drive(script)


def test_escape_a_click_beside_it_and_its_own_key_close_without_an_answer() -> None:
    async def script(pilot: Pilot[None], app: App[None]) -> None:
        said: list[str] = []
        choice = Choice("which?", ENTRIES, said.append, cancelled=lambda: said.append("none"))
        for close in (
            lambda: pilot.press("escape"),
            lambda: pilot.press("v"),
            lambda: pilot.click(offset=(1, 1)),
        ):
            app.push_screen(ListScreen(choice, ("v",)))
            await pilot.pause()
            await close()
            await pilot.pause()
            assert len(app.screen_stack) == 1
        assert said == ["none"] * 3

    drive(script)


def test_an_entry_is_taken_away_and_an_empty_list_closes() -> None:
    async def script(pilot: Pilot[None], app: App[None]) -> None:
        removed: list[str] = []
        choice = Choice("which?", ENTRIES[:2], lambda key: None, removed=removed.append)
        app.push_screen(ListScreen(choice))
        await pilot.pause()
        await pilot.press("delete", "delete")
        await pilot.pause()
        assert removed == ["a", "b"]
        assert len(app.screen_stack) == 1

    drive(script)


def test_a_list_that_switches_stays() -> None:
    async def script(pilot: Pilot[None], app: App[None]) -> None:
        choice = Choice("which?", ENTRIES, lambda key: None, switched=lambda key: f"now {key}")
        app.push_screen(ListScreen(choice))
        await pilot.pause()
        await pilot.press("space")
        options = app.screen.query_one(OptionList)
        assert str(options.get_option("a").prompt) == "now a"
        assert len(app.screen_stack) == 2

    drive(script)


def test_a_text_is_no_markup_and_may_be_made_for_the_width() -> None:
    async def script(pilot: Pilot[None], app: App[None]) -> None:
        app.push_screen(TextScreen(Text("Title", ["[b]x[/b] ", ("red", "bold")])))
        await pilot.pause()
        title, body = app.screen.query(Static)
        assert str(title.content).startswith("Title")
        assert str(body.content) == "[b]x[/b] red"
        await pilot.press("q")
        widths: list[int] = []

        def made(width: int) -> list[str]:
            widths.append(width)
            return [f"{width} cells"]

        app.push_screen(TextScreen(Text("", made)))
        await pilot.pause()
        [body] = app.screen.query(Static)
        assert str(body.content) == f"{widths[0]} cells"
        assert 40 <= widths[0] < 60

    drive(script)
