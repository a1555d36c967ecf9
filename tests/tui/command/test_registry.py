from __future__ import annotations

import contextlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.complete import Completion
from gvtui.tui.command.command import CommandError, Owner, command
from gvtui.tui.command.keymap import Keymap
from gvtui.tui.command.registry import Commands


class Filtering(Owner):
    prefix, heading = "filter", "Filter"

    def __init__(self) -> None:
        self.done: list[object] = []

    @command("Only this row's process", "p", footer="pid")
    def pid(self) -> None:
        self.done.append("pid")

    def _suggest(self, text: str, cursor: int) -> list[Completion]:
        return [Completion("evt.type", 0, cursor, "a field")]

    @command("Type a filter", "f", complete=_suggest)
    def add(self, *words: str) -> None:
        self.done.append(" ".join(words))

    @command("The stream", "1", "stream")
    @command("The numbers", "2", "numbers")
    def show(self, pane: Literal["stream", "numbers"]) -> None:
        """Show a part."""
        self.done.append(pane)

    @command("Back", "b", -1)
    @command("On", "", 1)
    def page(self, pages: int) -> None:
        self.done.append(pages)

    @command("On by rows")
    def move(self, rows: int, path: str = "") -> None:
        self.done.append((rows, path))


@pytest.fixture
def filtering() -> Filtering:
    return Filtering()


@pytest.fixture
def commands(filtering: Filtering) -> Commands:
    return Commands([Filtering], lambda owner: filtering)


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("filter.pid", "pid"),
        ("  filter.pid ", "pid"),
        ("filter.show numbers", "numbers"),
        ('filter.add proc.name = "a  b"', 'proc.name = "a  b"'),
        ("filter.add", ""),
        ("filter.move -3", (-3, "")),
        ("filter.move 3 /tmp/a b", (3, "/tmp/a b")),
    ],
)
def test_a_line_is_run_with_its_arguments(
    commands: Commands, filtering: Filtering, line: str, done: object
) -> None:
    commands.execute(line)
    assert filtering.done == [done]


@pytest.mark.parametrize(
    ("line", "says", "column"),
    [
        ("filter.pdi", "did you mean filter.pid?", 0),
        ("pid", "did you mean filter.pid?", 0),
        ("", "no command is named", 0),
        ("filter.show", "needs stream or numbers", 12),
        ("filter.show rows", "none of stream, numbers", 12),
        ("filter.move x", "not a whole number", 12),
        ("filter.pid 3", "'3' is left over", 11),
        ("filter.show stream 4", "'4' is left over", 19),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_place(
    commands: Commands, filtering: Filtering, line: str, says: str, column: int
) -> None:
    with pytest.raises(CommandError) as caught:
        commands.execute(line)
    assert says in str(caught.value)
    assert caught.value.column == column
    assert not filtering.done


@given(st.text())
def test_no_line_does_anything_but_run_or_be_refused(line: str) -> None:
    commands = Commands([Filtering], lambda owner: Filtering())
    with contextlib.suppress(CommandError):
        commands.execute(line)


def test_names_and_arguments_are_completed(commands: Commands) -> None:
    assert [each.text for each in commands.complete("sho", 3)] == ["filter.show"]
    assert [each.text for each in commands.complete("filter.", 7)] == commands.names
    found = commands.complete("filter.show n", 13)
    assert found == [Completion("numbers", 12, 13, "The numbers  [2]")]
    [field] = commands.complete("filter.add ev", 13)
    assert field == Completion("evt.type", 11, 13, "a field")
    assert not commands.complete("filter.pid ", 11)
    assert not commands.complete("nonsense ", 9)


def test_names_that_begin_with_what_is_typed_come_first(commands: Commands) -> None:
    class Pages(Owner):
        prefix = "page"

        @command("Another page")
        def turn(self) -> None: ...

    both = Commands([Filtering, Pages], lambda owner: owner())
    assert [each.text for each in both.complete("pa", 2)] == ["page.turn", "filter.page"]
    assert [each.text for each in both.complete("add", 3)] == ["filter.add"]


def test_what_is_suggested_says_what_it_does_and_which_key_does_it(commands: Commands) -> None:
    [pid] = commands.complete("filter.pid", 10)
    assert pid.note == "Only this row's process  [p]"
    commands.use(commands.keymap({"filter.pid": "ctrl+y f5"}))
    [pid] = commands.complete("filter.pid", 10)
    assert pid.note == "Only this row's process  [Ctrl+Y F5]"
    [show] = commands.complete("filter.show", 11)
    assert show.note == "Show a part"
    [move] = commands.complete("filter.move", 11)
    assert move.note == "On by rows"


def test_arguments_that_keys_give_are_suggested_too(commands: Commands) -> None:
    assert commands.complete("filter.page ", 12) == [
        Completion("-1", 12, 12, "Back  [b]"),
        Completion("1", 12, 12, "On"),
    ]
    assert [each.text for each in commands.complete("filter.page -", 13)] == ["-1"]


def test_a_line_is_told_as_the_command_writes_it(commands: Commands) -> None:
    assert commands.line_of("  filter.show  numbers ") == "filter.show numbers"
    assert commands.line_of("filter.move 003 /tmp/a b") == "filter.move 3 /tmp/a b"
    with pytest.raises(CommandError):
        commands.line_of("filter.show")


def test_sentences_name_the_key_in_force_or_the_line(commands: Commands) -> None:
    assert commands.keys_of("filter.pid") == "p"
    assert commands.keys_of("filter.move 1") == ":filter.move 1"
    commands.use(commands.keymap({"filter.pid": "ctrl+y", "filter.move 1": "j"}))
    assert commands.keys_of("filter.pid") == "Ctrl+Y"
    assert commands.keys_of("filter.move 1") == "j"
    commands.use(commands.keymap({"filter.pid": ""}))
    assert commands.keys_of("filter.pid") == ":filter.pid"
    commands.use(Keymap())
    assert commands.keys_of("filter.pid") == "p"
    with pytest.raises(CommandError):
        commands.keys_of("filter.nothing")
