from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual.widgets import ContentSwitcher

from gvtui.tui.app import GvtuiApp
from gvtui.tui.command.registry import Commands
from gvtui.tui.command.table import COMMANDS, PLACES, groups, where
from gvtui.tui.detail.pane import DetailView
from gvtui.tui.features import FEATURES, TABS
from gvtui.tui.filter.bar import FilterBar
from gvtui.tui.frame.help import help_text
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.numbers.bands import NumbersBands
from gvtui.tui.numbers.table import NumbersTable
from gvtui.tui.points.pane import PointsPane
from gvtui.tui.processes.pane import ProcessesPane
from gvtui.tui.sandboxes.pane import SandboxList
from gvtui.tui.stream.pane import StreamView
from tests.tui.helpers import drive, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot

OWNERS = {
    "points": PointsPane,
    "app": GvtuiApp,
    "stream": StreamView,
    "list": SandboxList,
    "chips": FilterBar,
    "detail": DetailView,
    "lines": ListPane,
    "processes": ProcessesPane,
    "numbers": NumbersTable,
    "bands": NumbersBands,
}


def test_every_command_has_an_action_where_its_key_works() -> None:
    for command in COMMANDS:
        name = re.match(r"\w+", command.action)
        assert name
        assert hasattr(OWNERS[command.owner], f"action_{name[0]}"), command


def test_no_key_is_given_twice_in_one_place() -> None:
    for owner in OWNERS:
        keys = [key for c in COMMANDS if c.owner == owner for key in c.keys.split(",")]
        assert len(keys) == len(set(keys))


def test_help_lists_every_command() -> None:
    text = help_text(Commands(FEATURES, lambda _: None)).plain
    for command in COMMANDS:
        assert command.title in text
        assert command.key_text in text
    for declared in Commands(FEATURES, lambda _: None):
        assert declared.title in text
    assert sum(map(len, groups().values())) == len(COMMANDS)


def test_the_palette_has_every_command() -> None:
    app = recording()

    async def script(pilot: object) -> None:
        entries = {entry.title: entry for entry in app.get_system_commands(app.screen)}
        for command in COMMANDS:
            entry = entries[command.title + where(command)]
            assert f"key: {command.key_text}" in entry.help

    drive(app, script)


def test_a_command_of_another_pane_goes_there() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        for owner, (tab, widget_id) in PLACES.items():
            if owner == "bands":
                # Its one command leads to the rows.
                continue
            await app.call_command(next(c for c in COMMANDS if c.owner == owner))
            await pilot.pause()
            widget = app.query_one(f"#{widget_id}")
            assert isinstance(widget, OWNERS[owner])
            assert not tab or app.query_one("#tabs", ContentSwitcher).current == tab
            assert app.focused is widget, owner

    drive(app, script)


def test_every_tab_has_its_number() -> None:
    keys = {command.keys: command.action for command in COMMANDS}
    for number, spec in enumerate(TABS, 1):
        assert keys[str(number)] == f"tab('{spec.id}')"
