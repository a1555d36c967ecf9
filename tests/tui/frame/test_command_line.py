from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.tui.command.command import CommandError, command
from gvtui.tui.frame.command_line import CommandLine
from gvtui.tui.kit.asking import Mistake
from gvtui.tui.viewer import Feature
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


class Panes(Feature):
    prefix = "panes"

    @command("A pane", "1", "stream")
    def show(self, pane: str) -> None:
        if pane != "stream":
            raise CommandError("there is no such pane", 0)
        self.viewer.show_pane(pane)


@pytest.fixture
def viewer() -> FakeViewer:
    return FakeViewer(CommandLine, Panes)


def test_what_is_typed_is_done_when_the_line_has_closed(viewer: FakeViewer) -> None:
    viewer.pane = ""
    viewer.commands.execute("commands.type")
    assert viewer.type("panes.show stream") is None
    assert viewer.pane == "stream"
    assert viewer.question is None


def test_a_mistake_is_told_at_its_column_and_keeps_the_line_open(viewer: FakeViewer) -> None:
    viewer.commands.execute("commands.type")
    assert viewer.type("panes.shw") == Mistake(
        "there is no command panes.shw; did you mean panes.show?", 0
    )
    assert viewer.question is not None
    assert viewer.question.check is not None
    assert viewer.question.check("panes.show") == Mistake("panes.show needs a pane", 11)


def test_what_the_command_itself_refuses_comes_back_to_be_mended(viewer: FakeViewer) -> None:
    viewer.commands.execute("commands.type")
    assert viewer.type("panes.show nothing") is None
    question = viewer.question
    assert question is not None
    assert question.value == "panes.show nothing"
    assert question.check is not None
    assert question.check(question.value) == Mistake("there is no such pane", 11)
    assert question.check("panes.show stream") is None


def test_nothing_typed_is_nothing_done(viewer: FakeViewer) -> None:
    viewer.commands.execute("commands.type")
    assert viewer.type("  ") is None
    assert viewer.question is None
    assert not viewer.told


def test_names_and_history_are_offered(viewer: FakeViewer, own_home: Path) -> None:
    viewer.commands.execute("commands.type")
    question = viewer.question
    assert question is not None
    assert question.complete is not None
    assert question.history is not None
    assert "panes.show" in [each.text for each in question.complete("pan", 3)]
    question.history.add("panes.show stream")
    assert (own_home / "state" / "gvtui" / "commands").read_text() == "panes.show stream\n"
    question.history.begin()
    assert question.history.move(-1, "") == "panes.show stream"


def test_the_palette_is_opened(viewer: FakeViewer) -> None:
    viewer.commands.execute("commands.find")
    assert viewer.has_palette
