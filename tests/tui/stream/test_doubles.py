"""Rows that say again what another one says: what the screen shows of them, and says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.remembered import Remembered
from gvtui.tui.filter.bar import FilterBar
from tests.trace.recorder import Recorder
from tests.tui.helpers import by_hand, catch_up, drive, live, notes, recording, until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def bar_text(app: GvtuiApp) -> str:
    app.show_news()
    return app.main.query_one(FilterBar).render_line(0).text


def test_a_key_shows_the_doubled_rows_and_the_line_of_filters_counts_the_hidden_ones() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: app.model.view.complete and app.model.doubles.left_out == 436)
        assert "1,735 of 2,171 · 436 doubled hidden" in bar_text(app)
        app.run_command("filter.add evt.type = openat")
        await until(pilot, lambda: app.model.view.complete)
        model = app.model
        hidden = model.view.total - model.view.count
        assert 0 < model.doubles.left_out == model.view.count
        assert f"{hidden:,} hidden, {model.doubles.left_out:,} doubled" in bar_text(app)
        await pilot.press("Z")
        await until(pilot, lambda: app.model.view.complete)
        assert f"of 2,171 · {2171 - model.view.count:,} hidden" in bar_text(app)
        assert "doubled" not in bar_text(app)
        assert app.model.doubles.left_out == 0
        assert "Raw rows are shown beside the decoded ones" in (await notes(pilot))[-1]
        app.quit()
        await pilot.pause()

    drive(app, script, (160, 40))
    assert app.memory["stream"]["doubles"] is True
    again = recording(remembered=Remembered(app.memory))

    async def look(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: again.model.doubles.may_be_there)
        assert again.model.view.count == 2171
        assert "doubled" not in bar_text(again)

    drive(again, look, (160, 40))


def test_a_hidden_row_leads_to_the_one_that_says_the_same_and_that_is_said() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: app.model.view.complete and app.model.doubles.left_out == 436)
        assert 8 not in app.model.view
        await pilot.press("ctrl+g", *"#8", "enter")
        await until(pilot, lambda: app.model.cursor == 9)
        assert "Row 8 is hidden: row 9 tells the same side" in (await notes(pilot))[-1]
        app.clear_notifications()
        await pilot.press("Z", "ctrl+g", *"#8", "enter")
        await until(pilot, lambda: app.model.cursor == 8)
        await pilot.press("Z")
        await until(pilot, lambda: app.model.cursor == 9)

    drive(app, script)


def test_a_twin_that_comes_takes_the_place_of_the_selected_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand(monkeypatch)
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2)
    recorder.add_raw()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        catch_up(app)
        app.show_news()
        app.stream.select(2)
        app.stream.select(3)
        assert app.model.cursor == 3
        recorder.add_raw(pid=2)
        catch_up(app)
        app.show_news()
        assert app.model.cursor == 3
        recorder.add(1, pid=1)
        catch_up(app)
        app.show_news()
        assert list(app.model.view) == [0, 1, 2, 4, 5]
        assert app.model.cursor == 5
        assert app.stream._cursor_place == 4

    drive(app, script)
