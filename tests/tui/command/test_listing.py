from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from gvtui.config import read_config
from gvtui.tui.command.command import Owner, command
from gvtui.tui.command.configured import configured_keys
from gvtui.tui.command.listing import config_section, document, table
from gvtui.tui.command.registry import Commands
from gvtui.tui.features import every_command

if TYPE_CHECKING:
    from pathlib import Path


class Filtering(Owner):
    prefix, heading = "filter", "Filter"

    @command("Only this row's process", "p,comma")
    def pid(self) -> None: ...

    @command("Type a filter", "f")
    def add(self, *words: str) -> None: ...

    @command("Quote", "quotation_mark,backslash,ctrl+comma,backspace,up")
    def quote(self) -> None: ...

    @command("Nothing calls this")
    def idle(self) -> None: ...


class Rows(Owner):
    prefix, heading, where, home = "rows", "Moving", "in the rows", "#rows"

    @command("Up one row", "up,k", -1)
    def move(self, rows: int) -> None: ...


def made() -> Commands:
    return Commands([Filtering, Rows], lambda owner: owner())


def test_the_table_groups_commands_and_has_lines_of_the_users_own() -> None:
    commands = made()
    commands.use(commands.keymap({"filter.add evt.failed = true": "ctrl+e", "filter.pid": ""}))
    assert list(table(commands)) == [
        "Moving",
        "  ↑ k             rows.move -1                  Up one row (in the rows)",
        "",
        "Filter",
        "                  filter.pid                    Only this row's process",
        "  f               filter.add                    Type a filter",
        "  Ctrl+E          filter.add evt.failed = true  Type a filter",
        '  " \\ Ctrl+, ⌫ ↑  filter.quote                  Quote',
        "                  filter.idle                   Nothing calls this",
        "",
    ]


def test_the_document_has_what_is_in_force_and_what_is_so_by_default() -> None:
    commands = made()
    commands.use(commands.keymap({"filter.add a": "x", "rows.move -1": "u"}))
    by_line = {each["command"]: each for each in document(commands)}
    assert by_line["rows.move -1"] == {
        "command": "rows.move -1",
        "keys": ["u"],
        "default": ["up", "k"],
        "does": "Up one row",
        "heading": "Moving",
        "where": "in the rows",
    }
    assert by_line["filter.add a"]["keys"] == ["x"]
    assert by_line["filter.add a"]["default"] == []


@pytest.mark.parametrize("commands", [made(), every_command()], ids=["made", "real"])
def test_the_section_of_the_configuration_says_what_is_so(
    commands: Commands, tmp_path: Path
) -> None:
    text = "\n".join(config_section(commands))
    with_keys = [each for each in commands if each.keys]
    assert sorted(tomllib.loads(text)["keys"]) == sorted(each.line for each in with_keys)
    path = tmp_path / "config.toml"
    path.write_text(text)
    keymap, problems = configured_keys(commands, read_config(path))
    assert not problems
    assert not keymap.added
    assert keymap.changed == {each.line: each.keys for each in with_keys}


def test_the_section_may_be_taken_in_whole(tmp_path: Path) -> None:
    """What stands in comments is right too once the sign is taken away."""
    commands = every_command()
    lines = [
        line.removeprefix("# ") if line.startswith('# "') and " = " in line else line
        for line in config_section(commands)
        if not line.startswith(("# The default", "# Write several", "# may have"))
    ]
    path = tmp_path / "config.toml"
    path.write_text("\n".join(lines))
    assert not configured_keys(commands, read_config(path)).problems


def test_no_key_is_given_to_two_commands_in_one_place() -> None:
    commands = every_command()
    wanted = {each.line: " ".join(each.keys) for each in commands if each.keys}
    assert commands.keymap(wanted)
