from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult

from gvtui.query.filter.complete import Completion
from gvtui.tui.kit.suggestions import LINES, Suggestions

ITEMS = [Completion(f"word{number}\x1b", 0, 1, "a note") for number in range(12)]


class Host(App[None]):
    def compose(self) -> ComposeResult:
        yield Suggestions()


def test_suggestions_are_picked_out_in_turn_and_scroll() -> None:
    async def run() -> None:
        app = Host()
        async with app.run_test(size=(60, 20)):
            shown = app.query_one(Suggestions)
            shown.offer(ITEMS, 3)
            assert shown.picked is None
            assert "\\x1b" in shown.render_line(0).text
            assert f"+{12 - LINES}" in shown.render_line(LINES - 1).text
            shown.move(1)
            assert shown.picked == 0
            for _ in range(20):
                shown.move(1)
            assert shown.picked == 11
            assert "word11" in shown.render_line(LINES - 1).text
            for _ in range(12):
                shown.move(-1)
            assert shown.picked is None
            shown.offer((), 0)
            assert not shown.has_class("open")

    asyncio.run(run())
