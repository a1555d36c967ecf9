from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.frame.picture import saving
from tests.tui.helpers import drive, recording, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def test_a_picture_is_saved_where_the_user_says(tmp_path: Path) -> None:
    app = recording()
    path = tmp_path / "screen.svg"

    async def script(pilot: Pilot[int]) -> None:
        entries = list(app.get_system_commands(app.screen))
        next(entry for entry in entries if entry.title == "Screenshot").callback()
        await until(pilot, lambda: app.prompt.is_open)
        await pilot.press(*str(path), "enter")
        assert not app.prompt.is_open
        assert "container/start" in path.read_text().replace("&#160;", " ")

    drive(app, script)


def test_it_is_said_why_a_picture_is_not_saved(tmp_path: Path) -> None:
    said: list[str] = []
    save = saving("<svg/>", said.append).done
    missing = save(str(tmp_path / "none" / "a.svg"))
    assert missing is not None
    assert missing.message == "cannot write it: No such file or directory"
    assert save(str(tmp_path / "a.svg")) is None
    assert len(said) == 1
    again = save(str(tmp_path / "a.svg"))
    assert again is not None
    assert "exists already" in again.message
    assert save(" ") is None
