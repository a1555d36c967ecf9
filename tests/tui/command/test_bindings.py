from __future__ import annotations

import asyncio

from textual.app import App
from textual.binding import Binding

from gvtui.tui.command.bindings import UNBOUND, bindings, put_in_force, textual_keymap
from gvtui.tui.command.command import Owner, command
from gvtui.tui.command.keymap import Keymap


class Filtering(Owner):
    prefix = "filter"

    @command("Only this row's process", "p,ctrl+y", footer="pid")
    def pid(self) -> None: ...

    @command("Leave one value out", "m", 'it\'s "so"')
    def without(self, value: str) -> None: ...

    @command("No key calls this")
    def add(self) -> None: ...


def test_a_binding_runs_its_line_under_its_line() -> None:
    pid, without = bindings(Filtering)
    assert isinstance(pid, Binding)
    assert isinstance(without, Binding)
    assert (pid.key, pid.id, pid.description, pid.show) == ("p,ctrl+y", "filter.pid", "pid", True)
    assert pid.action == "app.command('filter.pid')"
    assert not without.show
    assert without.id == 'filter.without it\'s "so"'


class Small(App[None]):
    BINDINGS = bindings(Filtering)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def action_command(self, line: str) -> None:
        self.lines.append(line)


def test_a_keymap_is_put_in_force() -> None:
    app = Small()
    keymap = Keymap(
        changed={"filter.pid": ("x", "f5"), 'filter.without it\'s "so"': ("p",)},
        added={"filter.add": ("k", "question_mark"), "filter.add a": ()},
    )

    async def run() -> None:
        async with app.run_test() as pilot:
            put_in_force(app, keymap)
            await pilot.press("p", "x", "f5", "k", "question_mark", "m", "ctrl+y")

    asyncio.run(run())
    without = 'filter.without it\'s "so"'
    assert app.lines == [without, "filter.pid", "filter.pid", "filter.add", "filter.add"]


def test_a_key_that_one_command_loses_can_go_to_a_line_of_the_users() -> None:
    app = Small()
    keymap = Keymap(
        changed={"filter.pid": ("x",)},
        added={"filter.add a": ("p", "f5"), "filter.add b": ("ctrl+y",)},
    )

    async def run() -> None:
        async with app.run_test() as pilot:
            put_in_force(app, keymap)
            await pilot.press("p", "x", "ctrl+y", "f5")

    asyncio.run(run())
    assert app.lines == ["filter.add a", "filter.pid", "filter.add b", "filter.add a"]


def test_a_key_that_is_taken_away_is_one_that_no_terminal_sends() -> None:
    keymap = Keymap(changed={"filter.pid": (), "filter.name": ("x", "y")})
    assert textual_keymap(keymap) == {"filter.pid": UNBOUND, "filter.name": "x,y"}
