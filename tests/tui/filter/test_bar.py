from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.filter.bar import FilterBar
from tests.tui.helpers import drive, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_without_a_filter_it_names_the_keys_in_force() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        bar = app.main.query_one(FilterBar)
        assert "p this process   n this name" in bar.render_line(0).text
        app.commands.use(app.commands.keymap({"filter.name": "f12"}))
        assert "F12 this name" in bar.render_line(0).text

    drive(app, script)


def test_a_key_that_does_not_fit_whole_is_left_out() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        bar = app.main.query_one(FilterBar)
        await pilot.resize_terminal(160, 30)
        whole = bar.render_line(0).text
        assert "type one" in whole
        for width in (40, 50, 60, 65, 72, 80, 90, 100, 110):
            await pilot.resize_terminal(width, 30)
            words = bar.render_line(0).text
            assert "…" not in words, words
            hint = words.partition("   ")[2].rpartition("   ")[0].strip()
            assert not hint or f" {hint}   " in whole, (hint, whole)

    drive(app, script)


def test_many_chips_take_up_to_three_lines() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        bar = app.main.query_one(FilterBar)
        for number in range(12):
            app.model.chips.put(f"evt.num != {number}")
        app.refilter()
        await pilot.pause()
        assert bar.size.height == 3
        assert "evt.num != 0" in bar.render_line(0).text
        assert "hidden" in bar.render_line(0).text
        assert "evt.num" in bar.render_line(2).text
        bar.focus()
        await pilot.press("right", "delete")
        assert [chip.expression for chip in app.model.chips][:2] == ["evt.num != 0", "evt.num != 2"]

    drive(app, script)
