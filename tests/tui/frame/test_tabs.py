from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App, ComposeResult

from gvtui.config import read_config
from gvtui.tui.frame.tabs import TabLine
from tests.tui.helpers import drive, recording, screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def test_titles_have_their_keys_and_a_click_picks_one() -> None:
    picked: list[str] = []
    line = TabLine(
        [("a", "First"), ("b", "Second")], picked.append, {"a": "1", "b": ""}.__getitem__
    )

    class Host(App[None]):
        CSS = "#tabline { height: 1; }"

        def compose(self) -> ComposeResult:
            yield line

    async def run() -> None:
        async with Host().run_test(size=(40, 5)) as pilot:
            assert line.render_line(0).text.rstrip() == "  1 First  Second"
            await pilot.click("#tabline", offset=(13, 0))
            await pilot.click("#tabline", offset=(30, 0))
            assert picked == ["b"]

    import asyncio

    asyncio.run(run())


def test_one_tab_alone_needs_no_line() -> None:
    assert not TabLine([("a", "First")], lambda pane: None, str).display


def test_a_key_that_was_changed_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\n"tabs.show numbers" = "F10"\n')
    app = recording(config=read_config(path))

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f10")
        await pilot.pause()
        assert app.pane == "numbers"
        assert "1 Stream  2 Processes  F10 Numbers  4 Points" in screen_text(app)

    drive(app, script)


def test_the_viewer_shows_what_is_clicked() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.click("#tabline", offset=(14, 0))
        await pilot.pause()
        assert app.pane == "processes"

    drive(app, script)
