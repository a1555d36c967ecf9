from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.search.commands import Searching
from tests.trace.recorder import Recorder
from tests.tui.helpers import drive, live, recording, screen_text, stream_lines, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


async def searched(pilot: Pilot[int]) -> None:
    """Wait until the whole view has been searched, and the screen says so."""
    app: GvtuiApp = pilot.app  # type: ignore[assignment]
    searching = app.feature(Searching)
    while searching.search is not None and not (
        searching.search.complete and searching._wanted is None
    ):
        app.tick()
        await pilot.pause(0.01)
    searching._search_more()
    await pilot.pause()


def highlighted(app: GvtuiApp) -> list[str]:
    """What stands out in the rows on screen."""
    found = app.stream._painter._styles["found"].bgcolor
    stream = app.stream
    return [
        segment.text
        for y in range(1, stream.size.height)
        for segment in stream.render_line(y)
        if segment.style is not None and segment.style.bgcolor == found
    ]


def test_slash_finds_text_and_enter_goes_on() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"passwd")
        await searched(pilot)
        assert app.model.cursor == 209
        assert "1 of 12" in screen_text(app)
        assert set(highlighted(app)) <= {"passwd", "…"}
        assert "passwd" in highlighted(app)
        await pilot.press("enter")
        assert app.focused is app.stream
        await pilot.press("enter")
        await searched(pilot)
        assert app.model.cursor == 211
        assert "2 of 12" in screen_text(app)
        await pilot.press("full_stop", "comma", "f3", "shift+f3", "comma")
        await searched(pilot)
        assert app.model.cursor == 209
        await pilot.press("comma")
        await searched(pilot)
        assert "12 of 12" in screen_text(app)
        await pilot.press("escape")
        assert app.feature(Searching).search is None
        assert not highlighted(app)
        assert "of 12" not in screen_text(app)

    drive(app, script)


def test_escape_while_typing_goes_back_to_where_one_was() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(51)
        await pilot.press("slash", *"exit")
        await searched(pilot)
        assert app.model.cursor != 51
        await pilot.press("escape")
        assert app.model.cursor == 51
        assert app.feature(Searching).search is None

    drive(app, script)


def test_nothing_found_is_said_and_the_cursor_stays() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(51)
        await pilot.press("slash", *"no such words", "enter")
        await searched(pilot)
        assert "nothing found" in screen_text(app)
        assert app.model.cursor == 51

    drive(app, script)


def test_an_empty_search_repeats_the_last_one() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"passwd", "enter", "escape")
        await pilot.press("slash", "enter")
        await searched(pilot)
        search = app.feature(Searching).search
        assert search is not None
        assert search.text == "passwd"
        await pilot.press("escape", "full_stop")
        await searched(pilot)
        assert app.feature(Searching).search is not None

    drive(app, script)


def test_a_search_begins_anew_in_another_view() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"passwd", "enter")
        await searched(pilot)
        await pilot.press("x")
        searching = app.feature(Searching)
        await until(pilot, lambda: searching.search is not None and not searching.search.is_stale)
        await searched(pilot)
        assert searching.search is not None
        assert 0 < searching.search.count < 12

    drive(app, script)


def test_matches_that_come_later_count(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3, path="/etc/passwd")
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"passwd", "enter")
        await searched(pilot)
        recorder.add(2, path="/etc/passwd")
        app.tick()
        await searched(pilot)
        assert "of 5" in screen_text(app)

    drive(app, script)


def test_the_end_of_a_cell_stands_out_where_its_match_is_cut_off(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, path="/" + "x" * 150 + "needle")
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"needle", "enter")
        await searched(pilot)
        assert highlighted(app) == ["…"]
        assert any("…" in line for line in stream_lines(app))

    drive(app, script)
