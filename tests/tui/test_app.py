"""The app as a whole: it opens, and it closes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.message_pump import MessagePump

from gvtui.trace.writer import TraceWriter
from tests.tui.helpers import live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

_TIMES = 25
_AT_ONCE = 0.001
"""Seconds; a timer that comes round faster than its loop would never let go."""


def test_timers_that_are_due_at_any_moment_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the screen is built and taken down, timers tick all the time."""
    TraceWriter(tmp_path / "a.gvtrace").close()
    ticks = 0

    def at_once(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(self: MessagePump, delay: float, callback: Any = None, **options: Any) -> Any:
            def counted() -> Any:
                nonlocal ticks
                ticks += 1
                return callback()

            return make(self, _AT_ONCE, counted, **options)

        return made

    for name in ("set_interval", "set_timer"):
        monkeypatch.setattr(MessagePump, name, at_once(getattr(MessagePump, name)))

    async def open_and_close() -> None:
        for _ in range(_TIMES):
            app = live(tmp_path / "a.gvtrace")
            async with app.run_test(size=(40, 8)):
                pass
            app.model.trace.close()

    asyncio.run(open_and_close())
    assert ticks > _TIMES
