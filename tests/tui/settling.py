"""How tests wait for the app: until it has done all that it has to do at the moment.

Textual's own way looks how busy the processor is with this process. On a machine that does other
things as well, a process is idle before it has had its turn.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import textual.app
import textual.pilot
from textual._context import active_app

import gvtui.tui.app
import gvtui.tui.rows

if TYPE_CHECKING:
    import pytest
    from textual.screen import Screen

_FRAME_SECONDS = 1 / 50
"""At least as long as Textual takes from a change to the next drawing."""

_MOST_TURNS = 300
"""What has not come to rest then never does, such as what goes round in a circle."""


async def settle(*_: float) -> None:
    """Let the app take in its messages, lay itself out and draw, until nothing is left to do.

    What timers, threads and other processes will bring takes `helpers.until`.
    """
    await asyncio.sleep(_FRAME_SECONDS)
    app = active_app.get(None)
    for _turn in range(_MOST_TURNS):
        await _nothing_is_ready()
        if app is None or not app._screen_stack or not _is_due(app.screen):
            return
        app.screen._on_timer_update()


async def _nothing_is_ready() -> None:
    """Until no task could go on but this one."""
    loop: Any = asyncio.get_running_loop()
    idle = 0
    for _ in range(_MOST_TURNS):
        await asyncio.sleep(0)
        # Twice: what is due without delay is ready one turn later.
        idle = 0 if loop._ready else idle + 1
        if idle == 2:
            return


def _is_due(screen: Screen[Any]) -> bool:
    """Whether the screen waits for its next frame to do something."""
    if screen.app._batch_count or not screen.is_current:
        return False
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def use_in(patch: pytest.MonkeyPatch) -> None:
    """Have pilots wait in this way; notes stay, for a busy machine may look at them late, and each
    step of filtering goes over all rows."""
    patch.setattr(textual.app.App, "NOTIFICATION_TIMEOUT", 3600)
    for viewer in (gvtui.tui.app, gvtui.tui.rows):
        patch.setattr(viewer, "FILTER_SECONDS", 3600.0)
    for module in (textual.app, textual.pilot):
        patch.setattr(module, "wait_for_idle", settle)
