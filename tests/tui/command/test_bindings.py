from __future__ import annotations

from textual.binding import Binding

from gvtui.tui.command.bindings import UNBOUND, bindings, textual_keymap
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


def test_a_key_that_is_taken_away_is_one_that_no_terminal_sends() -> None:
    keymap = Keymap(changed={"filter.pid": (), "filter.name": ("x", "y")})
    assert textual_keymap(keymap) == {"filter.pid": UNBOUND, "filter.name": "x,y"}
