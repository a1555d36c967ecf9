"""Keys that come together do what they do one after the other."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input

from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.kit.overlays import ListScreen, TextScreen
from tests.trace.recorder import TRACES
from tests.tui.helpers import drive, recording, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot

Key = tuple[str, str | None]


def together(app: GvtuiApp, *keys: str) -> None:
    """Have keys come as a terminal sends what is typed fast; words of letters are typed."""
    for key in keys:
        if len(key) > 1 and key.startswith("'"):
            for letter in key[1:]:
                app.post_message(events.Key(letter, letter))
        else:
            character = " " if key == "space" else key if len(key) == 1 else None
            app.post_message(events.Key(key, character))


def typed(app: GvtuiApp) -> str:
    return app.prompt.query_one(Input).value


def expressions(app: GvtuiApp) -> list[str]:
    return [chip.expression for chip in app.model.chips]


CASES: dict[str, tuple[list[str], Callable[[GvtuiApp], bool]]] = {
    "letters after a key that deletes": (
        ["f", "'abc", "ctrl+u", "'evt.num", "left", "left", "'x", "backspace", "ctrl+e", "'="],
        lambda app: typed(app) == "evt.num=",
    ),
    "a line is completed and taken": (
        ["colon", "'tabs.show", "space", "'num", "tab", "enter"],
        lambda app: app.pane == "numbers" and not app.prompt.is_open,
    ),
    "keys of a tab that is shown by the key before": (
        ["2", "down", "s"],
        lambda app: app.pane == "stream" and bool(expressions(app)),
    ),
    "a list that opens is moved in": (
        ["f", *"'proc.pid=1".split(), "enter", "C", "j", "j", "escape", "n"],
        lambda app: len(expressions(app)) == 2 and not isinstance(app.screen, ListScreen),
    ),
    "a text is opened and closed, and another one asked for": (
        ["question_mark", "escape", "question_mark", "q", "slash", "'open", "enter", "m"],
        lambda app: not isinstance(app.screen, TextScreen) and app.prompt.is_open,
    ),
    "what is cancelled is not typed": (
        ["f", "'abc", "escape", "p"],
        lambda app: len(expressions(app)) == 1 and typed(app) == "abc",
    ),
    "a search in the points": (
        ["4", "slash", "'execve", "enter", "1"],
        lambda app: app.pane == "stream" and not app.model.chips.active(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_key_finds_what_the_one_before_has_left(name: str) -> None:
    keys, holds = CASES[name]
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("home", "down", "down")
        together(app, *keys)
        await pilot.pause()
        await until(pilot, lambda: not app._turns.is_busy)
        assert holds(app), (typed(app), expressions(app), app.pane, app.screen)

    drive(app, script)


def test_what_is_pasted_waits_for_its_turn_too() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.post_message(events.Key("f", "f"))
        app.post_message(events.Paste("evt.failed = true"))
        app.post_message(events.Key("enter", None))
        await until(pilot, lambda: expressions(app) == ["evt.failed = true"])

    drive(app, script)


def test_keys_go_on_where_one_has_taken_the_widget_away_that_it_went_to() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("Y")
        await until(pilot, lambda: isinstance(app.focused, object) and len(app.screen_stack) == 2)

        async def remove() -> None:
            await app.pop_screen()

        # The follower of this key goes down with the list.
        together(app, "down")
        await remove()
        together(app, "f", "'x")
        await until(pilot, lambda: typed(app) == "x")

    drive(app, script)


def test_a_burst_of_all_keys_ends_in_a_viewer_that_takes_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some of them write a file, or a bookmark beside the recording.
    monkeypatch.chdir(tmp_path)
    shutil.copy(TRACES / "shell-2024.trace", tmp_path)
    app = GvtuiApp(Trace.open(tmp_path / "shell-2024.trace"))
    every = [
        key
        for command in app.commands
        for key in command.keys
        if command.name not in ("screen.quit", "screen.stop")
    ]

    async def script(pilot: Pilot[int]) -> None:
        together(app, *every, *reversed(every))
        together(app, *["escape"] * 8)
        await pilot.pause()
        await until(pilot, lambda: not app._turns.is_busy)
        together(app, *["escape"] * 8, "1", "f", "'evt.num > 7", "enter")
        await until(pilot, lambda: "evt.num > 7" in expressions(app))

    drive(app, script)
