from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.playback import ReplayClock
from tests.trace.test_playback import Clock
from tests.tui.helpers import drive, recording, screen_text, until

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_the_bar_is_there_while_a_recording_stands_at_a_row() -> None:
    app = recording("network-2024")
    app.replay = ReplayClock(app.model.trace, None, Clock())

    async def script(pilot: Pilot[int]) -> None:
        assert not app.playbar.display
        app.jump(800)
        await pilot.press("at")
        await until(pilot, lambda: "(801 of 1,719 rows)" in screen_text(app))
        assert "━" in screen_text(app)
        assert "‖ paused ×1" in screen_text(app)
        width = app.playbar.size.width
        await pilot.click("#playbar", offset=(width - 40, 0))
        await until(pilot, lambda: app.model.trace.end_row != 801)
        await pilot.press("at")
        await until(pilot, lambda: app.model.trace.end_row == 1719)
        await until(pilot, lambda: not app.playbar.display)

    drive(app, script)
