from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.search.bar import SearchBar, count_text
from gvtui.tui.search.match import CallWords
from gvtui.tui.search.search import Search
from gvtui.tui.stream.columns import RowLook
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording, screen_text

if TYPE_CHECKING:
    from textual.pilot import Pilot


def searched(text: str) -> Search:
    model = FakeViewer().model
    while model.refresh(1.0):
        pass
    search = Search(model, RowLook(), text, 0, CallWords())
    while search.advance(1.0):
        pass
    return search


def test_the_count_says_which_of_how_many() -> None:
    search = searched("passwd")
    assert count_text(search, 209) == "1 of 12"
    assert count_text(search, 0) == "12 found"
    assert count_text(searched("no such words"), 0) == "nothing found"


def test_what_is_still_being_counted_says_so() -> None:
    model = FakeViewer().model
    while model.refresh(1.0):
        pass
    search = Search(model, RowLook(), "passwd", 0, CallWords())
    search.advance(0.0)
    assert count_text(search, None).startswith("… of ")


def test_the_bar_names_the_keys_in_force() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        bar = app.main.query_one(SearchBar)
        await pilot.press("slash", *"passwd", "enter")
        await pilot.pause()
        assert bar.display
        assert "Enter . next   , back   Esc ends" in screen_text(app)
        app.commands.use(app.commands.keymap({"search.next 1": "ctrl+f8"}))
        assert "Enter Ctrl+F8 next" in bar.render_line(0).text
        await pilot.press("escape")
        await pilot.pause()
        assert not bar.display

    drive(app, script)
