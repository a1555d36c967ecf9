"""The whole app over recordings, driven by keys."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import OptionList

from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.kit.overlays import ListScreen
from gvtui.tui.options import LiveOptions
from tests.trace.recorder import SECOND, START_NS, TRACES
from tests.tui.settling import settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot


def recording(name: str = "shell-2024", **options: Any) -> GvtuiApp:
    """The app over one of the recordings, with times in UTC."""
    return GvtuiApp(Trace.open(TRACES / f"{name}.trace"), zone=UTC, **options)


def live(path: Path, **options: Any) -> GvtuiApp:
    """The app over a trace that grows, as when sandboxes are watched."""
    watched = LiveOptions(MonitorOptions(listen=Path("/tmp/gvisor_events.sock")))
    return GvtuiApp(
        Trace.open(path), live=watched, zone=UTC, clock=lambda: START_NS + 5 * SECOND, **options
    )


def drive(
    app: GvtuiApp,
    script: Callable[[Pilot[int]], Awaitable[None]],
    size: tuple[int, int] = (120, 40),
) -> None:
    """Run the app without a terminal and let the script use it."""

    async def run() -> None:
        try:
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                await script(pilot)
        finally:
            app.model.close()
            app.model.trace.close()

    asyncio.run(run())


async def until(pilot: Pilot[int], condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Let the app run until the condition holds, and do what follows; fail the test if it does not.

    For what timers, threads and other processes bring. The seconds are a ceiling for busy machines.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if pilot.app._exception is not None:
            pytest.fail("the app has failed")
        if time.monotonic() > deadline:
            pytest.fail("it has not come in time")
        await pilot.pause(0.02)
    await settle()


async def notes(pilot: Pilot[int]) -> list[str]:
    """The notes on the screen, as soon as there are any."""
    told = pilot.app._notifications
    await until(pilot, lambda: len(told) > 0)
    return [note.message for note in told]


async def answer(pilot: Pilot[int], choice: str) -> None:
    """Choose one of the answers to the question that the app asks, or is about to ask."""
    app = pilot.app
    # A screen is there before its widgets are.
    await until(pilot, lambda: bool(app.screen.query(OptionList)))
    asked = app.screen
    assert isinstance(asked, ListScreen)
    options = asked.query_one(OptionList)
    options.highlighted = options.get_option_index(choice)
    await pilot.press("enter")
    await until(pilot, lambda: not app.is_running or asked not in app.screen_stack)


def by_hand(patch: pytest.MonkeyPatch) -> None:
    """Have apps take in and draw nothing by themselves, as often as the machine allows."""
    for name in ("_schedule", "every"):
        patch.setattr(GvtuiApp, name, lambda *_: None)


def catch_up(app: GvtuiApp) -> None:
    """Have the app take in all that its trace holds now, and work out all that it works out."""
    while app.tick() or app.model.analysis.is_behind:
        pass


def look_after(app: GvtuiApp) -> None:
    """Have all features take in what is new, and have it drawn."""
    for feature in app.rooms.values():
        feature.tick()
    app.show_news()


def screen_text(app: GvtuiApp) -> str:
    """What the screen shows, as lines of text."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in lines[:height])[: (width + 1) * height * 2]


def stream_lines(app: GvtuiApp) -> list[str]:
    """The stream's lines without its heading and blank ones."""
    stream = app.stream
    lines = [stream.render_line(y).text for y in range(1, stream.size.height)]
    return [line for line in lines if line.strip()]
