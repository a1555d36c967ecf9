from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.config import read_config
from gvtui.tui.features import every_command
from gvtui.tui.settings import problems_of
from tests.tui.helpers import drive, notes, recording

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def problems(path: Path, text: str) -> list[str]:
    path.write_text(text)
    return problems_of(read_config(path), every_command())


def test_every_setting_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert problems(
        path,
        """theme = "drak"
columns = ["time", "tme", "evt.arg.a b"]
bogus = 1

[keys]
"filter.pit" = "x"

[filters]
good = "evt.failed = true"
bad = "evt.faled = true"
""",
    ) == [
        f"{path}, line 3: there is no setting 'bogus'",
        f"{path}, line 6: filter.pit: there is no command filter.pit; did you mean filter.pid?",
        f"{path}, line 1: there is no theme 'drak'; did you mean dark?",
        f"{path}, line 2: there is no column 'tme', 'evt.arg.a b'; fields are evt.arg.NAME",
        f"{path}, line 10: bad is no filter: column 1: there is no field 'evt.faled'; "
        "expected evt.failed, evt.age or evt.restarted",
    ]


def test_what_is_right_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert not problems(path, "")
    for theme in ("dark", "light", "gvtui-light", "nord"):
        assert not problems(path, f'theme = "{theme}"\ncolumns = ["took", "evt.arg.fd"]\n')


def test_a_value_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    told = problems(
        path,
        'theme = "\\u001b[31m"\ncolumns = ["\\u001b[31m"]\n[filters]\n"\\u001b" = "\\u001b[31m"\n',
    )
    assert len(told) == 3
    assert not any("\x1b" in each for each in told)


def test_the_viewer_says_it_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "drak"\ncolumns = ["tme"]\n')
    app = recording(config=read_config(path))

    async def script(pilot: Pilot[int]) -> None:
        (note,) = await notes(pilot)
        assert "line 1: there is no theme 'drak'" in note
        assert "one more mistake: gvtui doctor" in note

    drive(app, script)
