from __future__ import annotations

from typing import Literal

import pytest

from gvtui.tui.command.command import (
    CommandError,
    Owner,
    Parameter,
    command,
    commands_of,
    parameters,
)


class Panes(Owner):
    prefix, heading = "panes", "Screen"

    @command("The stream of rows", "1", "stream")
    @command("Counts, errors, durations", "3,f3", "numbers", footer="numbers")
    def show(self, pane: Literal["stream", "numbers"]) -> None: ...

    @command("So many rows on", heading="Moving")
    def move_by(self, rows: int, unit: str = "rows") -> None: ...

    @command("Whatever is typed")
    def exit_(self, *words: str) -> None: ...

    def helper(self) -> None: ...


def test_each_declaration_is_a_command_in_the_order_of_the_class() -> None:
    found = list(commands_of(Panes))
    assert [each.line for each in found] == [
        "panes.show stream", "panes.show numbers", "panes.move-by", "panes.exit",
    ]  # fmt: skip
    assert found[1].keys == ("3", "f3")
    assert found[1].footer == "numbers"
    assert [each.heading for each in found] == ["Screen", "Screen", "Moving", "Screen"]


def test_where_a_command_works_is_told_with_its_title() -> None:
    class List(Owner):
        prefix, where = "list", "in the lists"

        @command("Up one line", "up", -1)
        def move(self, step: int) -> None: ...

    [up] = commands_of(List)
    assert up.where == " (in the lists)"
    assert up.line == "list.move -1"


def test_what_a_method_takes_is_read_off_its_types() -> None:
    assert parameters(Panes.show) == (Parameter("pane", "choice", ("stream", "numbers")),)
    assert parameters(Panes.move_by) == (
        Parameter("rows", "number"),
        Parameter("unit", "text", is_required=False),
    )
    assert parameters(Panes.exit_) == (Parameter("words", "rest", is_required=False),)

    def wrong(self: object, rows: float) -> None: ...

    with pytest.raises(TypeError, match="rows"):
        parameters(wrong)


def test_a_word_is_read_as_what_the_type_says() -> None:
    assert Parameter("rows", "number").read("-3") == -3
    with pytest.raises(CommandError, match="not a whole number"):
        Parameter("rows", "number").read("3.5")
    with pytest.raises(CommandError, match="none of a, b"):
        Parameter("pane", "choice", ("a", "b")).read("c")
