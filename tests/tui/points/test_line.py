from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.tui.points.line import NeedsLine
from gvtui.tui.points.needs import Needs
from tests.tui.helpers import by_hand, drive, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_the_line_is_there_while_there_is_something_to_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Else what this test says is needed gives way to what the feature finds.
    by_hand(monkeypatch)
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        line = app.main.query_one(NeedsLine)
        assert not line.display
        app.feature(Needs).words = " ! [b]this filter[/b] needs time"
        line.news()
        await pilot.pause()
        assert line.display
        assert "[b]this filter[/b]" in str(line.content)
        app.feature(Needs).words = ""
        line.news()
        await pilot.pause()
        assert not line.display

    drive(app, script)
