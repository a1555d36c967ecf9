"""How tests wait for the app."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static


class Chain(App[None]):
    """Each step is a message of its own, and changes the layout, before the next is asked for."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps, self.done = steps, 0

    def compose(self) -> ComposeResult:
        yield Static("")

    def step(self) -> None:
        self.done += 1
        static = self.query_one(Static)
        static.styles.height = self.done
        if self.done < self.steps:
            static.call_after_refresh(self.call_later, self.step)

    def on_key(self) -> None:
        self.step()


def run(app: Chain, script: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with app.run_test(size=(20, 10)) as pilot:
            await script(pilot)

    asyncio.run(whole())


def test_a_pause_ends_when_all_that_follows_is_done() -> None:
    app = Chain(60)

    async def script(pilot: Pilot[None]) -> None:
        app.call_later(app.step)
        await pilot.pause()
        assert app.done == app.query_one(Static).size.height == 60

    run(app, script)


def test_a_key_does_too() -> None:
    app = Chain(30)

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("x")
        assert app.done == 30

    run(app, script)


def test_what_goes_round_in_a_circle_is_not_waited_for() -> None:
    app = Chain(1 << 60)

    async def script(pilot: Pilot[None]) -> None:
        app.call_later(app.step)
        await pilot.pause()
        assert app.done > 60
        app.steps = 0

    run(app, script)
