"""Apps over recordings, and traces written for one test."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import OptionList

from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.app import GvtuiApp
from gvtui.tui.kit.overlays import ChoiceScreen
from gvtui.tui.options import LiveOptions
from gvtui.wire.header import build_message
from gvtui.wire.pb import syscall_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

TRACES = Path(__file__).parent.parent / "data" / "traces"
SECOND = 1_000_000_000
START_NS = 1_795_455_407 * SECOND
"""When written traces begin: 17:36:47 UTC."""


def open_message(
    path: str,
    *,
    pid: int = 1,
    process: str = "bash",
    container: str = "c0ffee",
    result: int | None = None,
    errno: int = 0,
    time_ns: int = START_NS,
    dropped: int = 0,
    flags: int = 0,
) -> bytes:
    """An `openat`; with a result, or an error, it is the exit."""
    message = syscall_pb2.Open(sysno=257, fd=-100, pathname=path, flags=flags)
    context = message.context_data
    context.time_ns = time_ns
    context.thread_group_id = context.thread_id = pid
    context.process_name = process
    context.container_id = container
    if result is not None or errno:
        message.exit.result = result or 0
        message.exit.errorno = errno
    return build_message(7, message.SerializeToString(), dropped)


class Recorder:
    """Writes a trace while an app reads it."""

    def __init__(self, path: Path) -> None:
        self.writer = TraceWriter(path)
        self.path = path
        self.now = START_NS
        self.writer.opened(1, self.now, {"peer_pid": 4242, "peer_uid": 0, "command": ["runsc"]})

    def add(self, count: int = 1, path: str = "/etc/passwd", **options: Any) -> None:
        """Write `count` messages a millisecond apart."""
        for _ in range(count):
            self.now += 1_000_000
            self.writer.message(1, self.now, open_message(path, time_ns=self.now, **options))
        self.writer.flush()


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
            app.model.trace.close()

    asyncio.run(run())


async def until(pilot: Pilot[int], condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Let the app run until the condition holds; fail the test if it does not."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await pilot.pause(0.02)
    pytest.fail("it has not come in time")


async def answer(pilot: Pilot[int], choice: str) -> None:
    """Choose one of the answers to the question that the app asks, or is about to ask."""
    app = pilot.app
    # A screen is there before its widgets are.
    await until(pilot, lambda: bool(app.screen.query(OptionList)))
    asked = app.screen
    assert isinstance(asked, ChoiceScreen)
    options = asked.query_one(OptionList)
    options.highlighted = options.get_option_index(choice)
    await pilot.press("enter")
    await until(pilot, lambda: not app.is_running or asked not in app.screen_stack)


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
