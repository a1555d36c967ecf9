"""The command line, opened with `:`, and the palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.command.command import CommandError, command
from gvtui.tui.kit.asking import Mistake, Question
from gvtui.tui.kit.history import History, command_history_path
from gvtui.tui.viewer import Feature

if TYPE_CHECKING:
    from gvtui.tui.viewer import Viewer

_HINT = "a command such as filter.add evt.failed = true; Tab completes, ↑ brings back old ones"


class CommandLine(Feature):
    """Runs typed commands; the command of every key can be typed."""

    prefix, heading = "commands", "Screen"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._history = History(command_history_path())

    @command("Type a command", "colon", footer="command")
    def type(self) -> None:
        """Open the prompt for a command and its arguments."""
        self._ask()

    def _ask(self, line: str = "", refused: Mistake | None = None) -> None:
        """Open the prompt; `refused` is the command's own complaint about a line to be
        corrected."""

        def check(text: str) -> Mistake | None:
            return refused if refused is not None and text == line else self._problem(text)

        def done(text: str) -> Mistake | None:
            return self._problem(text) if text.strip() else None

        self.viewer.ask(
            Question(
                ":",
                done,
                check,
                line,
                _HINT,
                complete=self.viewer.commands.complete,
                history=self._history,
                then=self._run,
            )
        )

    def _problem(self, text: str) -> Mistake | None:
        try:
            self.viewer.commands.parse(text)
        except CommandError as error:
            return Mistake(str(error), error.column)
        return None

    def _run(self, text: str) -> None:
        if not text.strip():
            return
        try:
            self.viewer.commands.execute(text)
        except CommandError as error:
            self._ask(text, Mistake(str(error), error.column))

    @command("Find a command by its words", "ctrl+p", footer="palette")
    def find(self) -> None:
        """Open the palette."""
        self.viewer.find_command()
