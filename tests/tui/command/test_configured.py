from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.config import read_config
from gvtui.tui.command.command import Owner, command
from gvtui.tui.command.configured import configured_keys, said_at_start
from gvtui.tui.command.registry import Commands

if TYPE_CHECKING:
    from pathlib import Path


class Filtering(Owner):
    prefix = "filter"

    @command("Only this row's process", "p")
    def pid(self) -> None: ...

    @command("Only this row's name", "n")
    def name(self) -> None: ...

    @command("Type a filter", "f")
    def add(self, *words: str) -> None: ...


@pytest.fixture
def commands() -> Commands:
    return Commands([Filtering], lambda owner: owner())


def test_entries_that_are_right_count_beside_wrong_ones(commands: Commands, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        """\
[keys]
"filter.pit" = "x"
" filter.pid " = "ctrl+y"
"filter.name" = "f"
"filter.add" = "ctrl+banana"

"filter.add evt.failed = true" = "ctrl+e"
"filter.pid" = "z"
"""
    )
    config = read_config(path)
    keymap, problems = configured_keys(commands, config)
    assert keymap.changed == {"filter.pid": ("ctrl+y",)}
    assert keymap.added == {"filter.add evt.failed = true": ("ctrl+e",)}
    assert problems == [
        f"{path}, line 2: filter.pit: there is no command filter.pit; did you mean filter.pid?",
        f"{path}, line 4: filter.name: f is already the key of filter.add: "
        "give one of the two another key",
        f"{path}, line 5: filter.add: there is no key ctrl+banana",
        f"{path}, line 8: filter.pid: its keys are given by ' filter.pid ' too",
    ]
    assert said_at_start(problems) == (f"{problems[0]}; 3 more mistakes: gvtui doctor lists them.")


def test_a_single_mistake_is_a_sentence(commands: Commands, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\n"filter.pid" = "n"\n')
    config = read_config(path)
    said = said_at_start(configured_keys(commands, config).problems)
    assert said.endswith("n is already the key of filter.name: give one of the two another key.")
    path.write_text('[keys]\n"filter.pit" = "x"\n')
    config = read_config(path)
    said = said_at_start(configured_keys(commands, config).problems)
    assert said.endswith("there is no command filter.pit; did you mean filter.pid?")


def test_a_configuration_without_keys_changes_nothing(commands: Commands, tmp_path: Path) -> None:
    config = read_config(tmp_path / "none.toml")
    keymap, problems = configured_keys(commands, config)
    assert not keymap.changed
    assert not keymap.added
    assert not said_at_start(problems)


def test_an_entry_cannot_write_to_the_terminal(commands: Commands, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\n"\\u001b[31m" = "x"\n"" = "y"\n"filter.pid" = "\\u001b"\n')
    _, problems = configured_keys(commands, read_config(path))
    assert len(problems) == 3
    assert not any("\x1b" in each for each in problems)
