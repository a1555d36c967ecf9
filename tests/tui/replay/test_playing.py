from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.playback import ReplayClock
from tests.trace.recorder import SECOND
from tests.trace.test_playback import Clock
from tests.tui.helpers import drive, recording, screen_text

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_the_viewer_plays_pauses_and_ends() -> None:
    app = recording("network-2024")
    clock = Clock()
    app.replay = ReplayClock(app.model.trace, 1.0, clock)
    app.model.replace_trace(app.model.trace)

    async def script(pilot: Pilot[int]) -> None:
        clock.now += SECOND // 100
        app.tick()
        app.show_news()
        await pilot.pause()
        shown = app.model.view.count
        assert 0 < shown < 1719
        assert "playing ×1" in screen_text(app)
        await pilot.press("greater_than_sign", "space")
        clock.now += SECOND
        app.tick()
        assert app.model.view.count == shown
        await pilot.press("space")
        clock.now += 60 * SECOND
        app.tick()
        app.show_news()
        await pilot.pause()
        assert app.model.view.count + app.model.doubles.left_out == 1719
        assert "at the end" in screen_text(app)

    drive(app, script)
