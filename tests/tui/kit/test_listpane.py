from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.widgets import Static

from gvtui.tui.command.registry import Commands
from gvtui.tui.kit.listpane import ListPane

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from gvtui.tui.kit.asking import Question
    from gvtui.tui.kit.cells import Part


class Numbers(ListPane):
    PREFIX = "numbers"
    LOOKS = ("mark", "cursor")
    prefix, home = "numbers", "numbers"

    def __init__(self) -> None:
        super().__init__(id="numbers")
        self.lines = 100
        self.opened: list[tuple[int, bool]] = []

    def count(self) -> int:
        return self.lines

    def line(self, place: int) -> tuple[list[Part], str]:
        return [(f"line {place}", "")], ""

    def headings(self) -> list[list[Part]]:
        return [[("heading", "")]]

    def full(self, place: int) -> str:
        return f"line {place} of some"

    def clicked(self, x: int, again: bool) -> None:
        self.opened.append((self.cursor, again))


class Host(App[None]):
    CSS = """
    ListPane { height: 10; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    def compose(self) -> ComposeResult:
        self.pane = Numbers()
        self.commands = Commands([Numbers], lambda owner: self.pane)
        yield self.pane
        yield Static("below")

    def action_command(self, line: str) -> None:
        self.commands.execute(line)

    def ask(self, question: Question) -> None:
        self.asked = question

    def run_command(self, line: str) -> None:
        self.ran = line


def drive(script: Callable[[Pilot[None], Numbers], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Host()
        async with app.run_test(size=(30, 14)) as pilot:
            app.pane.focus()
            app.pane.redraw()
            await pilot.pause()
            await script(pilot, app.pane)

    asyncio.run(run())


def shown(pane: Numbers) -> list[str]:
    return [pane.render_line(y).text.strip() for y in range(pane.size.height)]


def test_keys_move_the_cursor_and_the_lines_follow() -> None:
    async def script(pilot: Pilot[None], pane: Numbers) -> None:
        assert shown(pane)[:2] == ["heading", "▌line 0"]
        await pilot.press("down", "down")
        assert pane.cursor == 2
        await pilot.press("end")
        assert shown(pane)[-1] == "▌line 99"
        await pilot.press("pageup")
        assert pane.cursor == 99 - (pane.page - 1)
        await pilot.press("home", "up")
        assert shown(pane)[1] == "▌line 0"

    drive(script)


def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async def script(pilot: Pilot[None], pane: Numbers) -> None:
        from textual import events

        for _ in range(2):
            await pilot._post_mouse_events([events.MouseScrollDown], pane, offset=(3, 3))
        assert shown(pane)[1] == "line 6"
        assert pane.cursor == 0
        await pilot._post_mouse_events([events.MouseScrollUp], pane, offset=(3, 3))
        assert shown(pane)[1] == "line 3"

    drive(script)


def test_a_click_selects_and_another_opens() -> None:
    async def script(pilot: Pilot[None], pane: Numbers) -> None:
        await pilot.click(pane, offset=(3, 4))
        await pilot.click(pane, offset=(3, 4))
        assert pane.opened == [(3, False), (3, True)]

    drive(script)


def test_the_scrollbar_tells_of_all_lines() -> None:
    async def script(pilot: Pilot[None], pane: Numbers) -> None:
        bar = pane.vertical_scrollbar
        assert (bar.window_virtual_size, bar.window_size, bar.position) == (100, pane.page, 0)
        await pilot.press("end")
        assert bar.position == 100 - pane.page
        pane.lines = 3
        pane.redraw()
        assert pane.cursor == 2
        assert bar.window_virtual_size == 3

    drive(script)


def test_a_search_goes_to_entries_by_all_their_words_and_tells_how_many() -> None:
    async def script(pilot: Pilot[None], pane: Numbers) -> None:
        app = pilot.app
        assert isinstance(app, Host)
        await pilot.press("down", "slash")
        question = app.asked
        assert question.typed is not None
        question.typed("9 OF")
        assert (pane.cursor, shown(pane)[-1]) == (9, "/ 9 OF   1 of 10")
        assert question.done("9 OF") is None
        await pilot.press("full_stop", "f3")
        assert (pane.cursor, shown(pane)[-1]) == (29, "/ 9 OF   3 of 10")
        await pilot.press("comma", "shift+f3", "comma")
        assert (pane.cursor, shown(pane)[-1]) == (99, "/ 9 OF   10 of 10")
        await pilot.press("up")
        assert shown(pane)[-1] == "/ 9 OF   10 found"
        pane.lines = 30
        pane.redraw()
        assert shown(pane)[-1] == "/ 9 OF   3 of 3"
        await pilot.press("escape")
        assert not pane.sought
        assert shown(pane)[-1] == "▌line 29"
        await pilot.press("full_stop")
        assert pane.cursor == 9
        await pilot.press("escape", "escape")
        assert app.ran == "screen.back"

    drive(script)


def test_leaving_the_prompt_goes_back_to_the_entry_before() -> None:
    async def script(pilot: Pilot[None], pane: Numbers) -> None:
        app = pilot.app
        assert isinstance(app, Host)
        await pilot.press("down", "slash")
        question = app.asked
        assert question.typed is not None
        assert question.cancelled is not None
        question.typed("77")
        assert pane.cursor == 77
        question.typed("77x")
        assert shown(pane)[-1] == "/ 77x   nothing found"
        question.cancelled()
        assert (pane.cursor, pane.sought) == (1, "")

    drive(script)
