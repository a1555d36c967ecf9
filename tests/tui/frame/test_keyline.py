from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from gvtui.config import read_config
from gvtui.tui.command.bindings import put_in_force
from gvtui.tui.frame.keyline import LEADING, KeyLine, fit_keys
from tests.tui.helpers import drive, recording, screen_text, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

KEYS = [("space", "pause"), ("/", "search"), ("k", "keep"), ("^P", "palette"), ("?", "help")]


def test_the_first_ones_stay_and_those_that_lead_to_all() -> None:
    assert LEADING == ("palette", "help")
    assert fit_keys(KEYS, 200) == [0, 1, 2, 3, 4]
    assert fit_keys(KEYS, 44) == [0, 1, 3, 4]
    assert fit_keys(KEYS, 20) == [3, 4]
    assert fit_keys(KEYS, 1) == [4]
    assert fit_keys([], 80) == []


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=9))), st.integers(0, 200))
def test_no_more_than_fits(keys: list[tuple[str, str]], width: int) -> None:
    places = fit_keys(keys, width)
    assert places == sorted(set(places))
    assert set(fit_keys(keys, width)) <= set(fit_keys(keys, width + 1))


def test_where_text_is_typed_no_letter_is_a_key() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f")
        await pilot.pause()
        await pilot.pause()
        line = screen_text(app).splitlines()[-1]
        keys = line.split()[::2]
        assert keys[0] == "Esc"
        assert "Ctrl+P" in keys
        assert all(len(key) > 1 for key in keys)

    drive(app, script)


def test_keys_that_were_changed_keep_their_place(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\n"stream.follow" = "F10"\n"screen.help" = "F12"\n')
    app = recording(config=read_config(path))

    async def script(pilot: Pilot[int]) -> None:
        await pilot.pause()
        line = screen_text(app).splitlines()[-1]
        assert line.startswith(" F10 pause  / search ")
        assert " F12 help " in line

    drive(app, script)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_key_is_cut(width: int) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.pause()
        line = screen_text(app).splitlines()[-1]
        assert line.startswith(" space pause ")
        assert " ? help " in line
        # Each key stands with its whole word.
        shown = line.strip().split("  ")
        assert set(shown) <= {f"{key.sign} {key.word}" for key in app.query_one(KeyLine).keys}

    drive(app, script, size=(width, 24))


def test_a_key_that_was_taken_away_is_not_shown() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        assert "p process" in screen_text(app).splitlines()[-1]
        put_in_force(app, app.commands.keymap({"filter.pid": ""}))
        app.screen.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        line = screen_text(app).splitlines()[-1]
        assert "unbound" not in line
        assert "process" not in line

    drive(app, script)


def test_a_click_presses_the_key_under_it() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        line = screen_text(app).splitlines()[-1]
        await pilot.click(KeyLine, offset=(line.index("search"), 0))
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("escape")
        await pilot.click(KeyLine, offset=(line.index("? help"), 0))
        await until(pilot, lambda: "Pause, or follow" in screen_text(app))

    drive(app, script)


def test_a_key_that_cannot_be_pressed_now_rings() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        rung: list[bool] = []
        app.bell = lambda: rung.append(True)  # type: ignore[method-assign]
        line = screen_text(app).splitlines()[-1]
        app.check_action = lambda *_: None  # type: ignore[method-assign]
        app.screen.refresh_bindings()
        await pilot.pause()
        await pilot.click(KeyLine, offset=(line.index("search"), 0))
        await until(pilot, lambda: bool(rung))
        assert not isinstance(app.focused, Input)

    drive(app, script)
