"""One line in which the user types: a filter, a pid, a time, a file name. It says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with what was typed."""

    message: str
    column: int | None = None
    """Where, counted from 0; None if it is about all of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask for."""

    label: str
    done: Callable[[str], Problem | None]
    """Takes the text when Enter is pressed; a problem keeps the prompt open."""
    check: Callable[[str], Problem | None] | None = None
    """Looks at the text while it is typed."""
    value: str = ""
    hint: str = ""


class Prompt(Vertical):
    """A label, an input, and a line for what is wrong; hidden while nothing is asked."""

    BINDINGS = [Binding("escape", "cancel", "cancel", key_display="Esc")]

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._question: Question | None = None

    def compose(self) -> ComposeResult:
        """The label and the input side by side, the problem under them."""
        with Horizontal(id="prompt-line"):
            yield Static("", id="prompt-label", markup=False)
            yield Input(id="prompt-input", compact=True, select_on_focus=False)
        yield Static("", id="prompt-problem", markup=False)

    @property
    def is_open(self) -> bool:
        """Whether something is asked."""
        return self._question is not None

    def ask(self, question: Question) -> None:
        """Show the question and take the keyboard."""
        self._question = question
        self.query_one("#prompt-label", Static).update(f" {question.label} ")
        entry = self.query_one(Input)
        entry.placeholder = question.hint
        entry.value = question.value
        entry.cursor_position = len(question.value)
        self._show(None)
        self.add_class("open")
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look at the text as it is typed."""
        event.stop()
        question = self._question
        if question is not None and question.check is not None:
            self._show(question.check(event.value) if event.value.strip() else None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand the text over, and close if it was good."""
        event.stop()
        question = self._question
        if question is None:
            return
        problem = question.done(event.value)
        if problem is not None:
            self._show(problem)
        elif self._question is question:
            self.action_cancel()

    def action_cancel(self) -> None:
        """Close; the keyboard goes back to the stream."""
        self._question = None
        self.remove_class("open")
        self.screen.query_one("#stream").focus()

    def _show(self, problem: Problem | None) -> None:
        line = self.query_one("#prompt-problem", Static)
        line.set_class(problem is not None, "wrong")
        if problem is None:
            line.update("")
            return
        if problem.column is None:
            line.update(f" {problem.message}")
            return
        entry = self.query_one(Input)
        label = self.query_one("#prompt-label", Static)
        indent = label.size.width + problem.column - round(entry.scroll_offset.x)
        line.update(f"{' ' * max(0, indent)}^ {problem.message}")
