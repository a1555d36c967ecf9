from __future__ import annotations

import pytest

from gvtui.tui.command.command import CommandError, Owner, command
from gvtui.tui.command.registry import Commands


class Filtering(Owner):
    prefix = "filter"

    @command("Only this row's process", "p")
    def pid(self) -> None: ...

    @command("Only this row's name", "n")
    def name(self) -> None: ...

    @command("Type a filter", "f")
    def add(self, *words: str) -> None: ...


class List(Owner):
    prefix, home = "list", "#list"

    @command("Up one line", "up", -1)
    def move(self, step: int) -> None: ...


class Rows(List):
    prefix, home = "rows", "#rows"

    @command("Sort by the next column", "s")
    def sort(self) -> None: ...


@pytest.fixture
def commands() -> Commands:
    return Commands([Filtering, Rows], lambda owner: owner())


def test_keys_are_changed_added_and_taken_away(commands: Commands) -> None:
    keymap = commands.keymap(
        {
            "filter.pid": "ctrl+y, f5",
            "filter.name": "",
            "filter.add evt.failed = true": "n",
            "list.move -1": "up k",
        }
    )
    assert keymap.changed == {
        "filter.pid": ("ctrl+y", "f5"),
        "filter.name": (),
        "list.move -1": ("up", "k"),
    }
    assert keymap.added == {"filter.add evt.failed = true": ("n",)}


def test_keys_may_be_written_as_people_do(commands: Commands) -> None:
    keymap = commands.keymap({"filter.pid": "Ctrl+Y ?", "filter.name": ","})
    assert keymap.changed == {"filter.pid": ("ctrl+y", "question_mark"), "filter.name": ("comma",)}


@pytest.mark.parametrize(
    ("wanted", "key", "says"),
    [
        ({"filter.pdi": "x"}, "filter.pdi", "did you mean filter.pid?"),
        ({"filter.pid": "n"}, "filter.pid", "n is already the key of filter.name"),
        ({"filter.add evt.num = 1": "p"}, "filter.add evt.num = 1", "the key of filter.pid"),
        ({"filter.pid": "x", "filter.name": "x"}, "filter.name", "the key of filter.pid"),
        ({"filter.pid": "ctrl+banana"}, "filter.pid", "there is no key ctrl+banana"),
        ({"list.move -1": "s"}, "list.move -1", "the key of rows.sort"),
    ],
)
def test_unknown_names_and_clashes_are_told(
    commands: Commands, wanted: dict[str, str], key: str, says: str
) -> None:
    with pytest.raises(CommandError) as caught:
        commands.keymap(wanted)
    assert says in str(caught.value)
    assert caught.value.key == key


def test_two_may_swap_their_keys_and_a_pane_may_have_a_key_of_its_own(commands: Commands) -> None:
    keymap = commands.keymap({"filter.pid": "n", "filter.name": "p", "rows.sort": "f"})
    assert keymap.changed["filter.pid"] == ("n",)
    assert keymap.changed["rows.sort"] == ("f",)
