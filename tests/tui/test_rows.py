from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.filter.write import equals
from gvtui.tui.model.chips import Chip
from tests.tui.helpers import drive, notes, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_rows_are_narrowed_followed_and_shown_again() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        model = app.model
        app.jump(9)
        assert (model.cursor, model.following) == (9, False)
        app.show_rows(Chip(equals("evt.type", "openat"), "evt.type"))
        shown = model.view.count
        assert 0 < shown < model.view.total
        app.narrow("evt.dir", "X")
        assert 0 < model.view.count < shown
        app.narrow("evt.dir", "X")
        assert model.view.count == shown
        app.follow()
        assert model.following
        app.pause()
        assert not model.following

    drive(app, script)


@pytest.mark.parametrize("pane_id", ["stream", "processes"])
def test_a_row_that_is_no_message_cannot_be_asked_about(pane_id: str) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.show_pane(pane_id)
        app.stream.select(0)
        assert app.selected_message() is None
        assert "Select a message first" in (await notes(pilot))[0]

    drive(app, script)
