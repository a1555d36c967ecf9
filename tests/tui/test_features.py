"""What all features and panes promise together: their keys, the help, the palette."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from textual.widgets import ContentSwitcher

from gvtui.tui.command.command import Command, Owner, parameters
from gvtui.tui.command.keymap import make_keymap
from gvtui.tui.command.keys import keys_words
from gvtui.tui.command.listing import HEADINGS
from gvtui.tui.command.registry import Commands
from gvtui.tui.features import FEATURES, PANES, TABS
from gvtui.tui.frame.help import help_text
from tests.tui.helpers import drive, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot

COMMANDS = Commands((*FEATURES, *PANES), lambda owner: owner)


def test_every_command_takes_what_its_keys_give_it() -> None:
    for command in COMMANDS:
        assert COMMANDS.parse(command.line).command.name == command.name
        parameters(command.method)
    assert len(list(COMMANDS)) > 100


def test_no_key_is_given_twice_in_one_place() -> None:
    every = {each.line: " ".join(each.keys) for each in COMMANDS if each.keys}
    assert make_keymap(COMMANDS, COMMANDS.scopes, every).changed


def test_help_lists_every_command_under_a_known_heading() -> None:
    text = "".join(part if isinstance(part, str) else part[0] for part in help_text(COMMANDS))
    text = " ".join(text.split())
    for command in COMMANDS:
        assert command.heading in HEADINGS
        if command.keys:
            assert f"{keys_words(command.keys)} {command.title}{command.where}" in text


def test_what_the_help_says_is_said_once_in_each_place() -> None:
    titles = [command.title + command.where for command in COMMANDS]
    assert len(titles) == len(set(titles))


def test_the_palette_has_every_command() -> None:
    app = recording()

    async def script(pilot: object) -> None:
        entries = {entry.title: entry for entry in app.get_system_commands(app.screen)}
        for command in app.commands:
            entry = entries[command.title + command.where]
            assert keys_words(command.keys) in entry.help

    drive(app, script)


def test_a_command_of_another_pane_goes_there() -> None:
    app = recording()
    harmless: dict[type[Owner], Command] = {}
    for command in COMMANDS:
        if command.owner.home and command.method.__name__ in ("move", "move_page", "fold", "table"):
            harmless.setdefault(command.owner, command)

    async def script(pilot: Pilot[int]) -> None:
        assert len(harmless) >= 6
        for owner, command in harmless.items():
            app.run_command(command.line)
            await pilot.pause()
            widget = app.query_one(f"#{owner.home}")
            assert isinstance(widget, owner)
            assert not owner.tab or app.query_one("#tabs", ContentSwitcher).current == owner.tab
            assert app.focused is widget, command

    drive(app, script)


def test_every_tab_has_its_number() -> None:
    keys = {command.line: command.keys for command in COMMANDS}
    for number, spec in enumerate(TABS, 1):
        assert keys[f"tabs.show {spec.id}"] == (str(number),)


def test_features_load_no_textual() -> None:
    """What a feature does can be tested, and told, where there is no terminal."""
    modules = sorted({feature.__module__ for feature in FEATURES})
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print([name for name in sys.modules if name.startswith('textual')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
