"""The prompt: one line for a filter, a pid, a time or a file name, with its problem below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from gvtui.decode.escape import escape
from gvtui.tui.kit.cells import width_of
from gvtui.tui.kit.suggestions import Suggestions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

    from gvtui.query.filter.complete import Completion
    from gvtui.tui.kit.asking import Mistake, Question


class PromptInput(Input):
    """An input that passes on the keys for suggestions and for the history."""

    BINDINGS = [
        Binding("tab", "pick", "take", show=False),
        Binding("up", "choose(-1)", "before", show=False),
        Binding("down", "choose(1)", "after", show=False),
        Binding("ctrl+c", "copy_or_leave", "cancel", show=False),
    ]

    def validate_value(self, value: str) -> str:
        """The text with escapes for what a terminal would act on: a file may bring it, or a
        paste."""
        return escape(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put a text, made safe, in the place of another."""
        super().replace(escape(text), start, end)

    proposal = ""
    """The value that was proposed, which stands selected at first."""

    class Picked(Message):
        """The user wants to insert a suggestion."""

    class Chosen(Message):
        """The user wants the next or previous suggestion or entry of the history."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def action_pick(self) -> None:
        """Insert a suggestion."""
        self.post_message(self.Picked())

    class Left(Message):
        """The user wants to leave the prompt."""

    def action_copy_or_leave(self) -> None:
        """Copy the selected text; without a selection, leave the prompt as a shell does."""
        whole = Selection(0, len(self.value))
        is_proposal = self.value == self.proposal and self.selection == whole
        if self.selection.is_empty or is_proposal:
            self.post_message(self.Left())
        else:
            self.action_copy()

    def action_choose(self, step: int) -> None:
        """Go to another suggestion or entry of the history."""
        self.post_message(self.Chosen(step))


class Prompt(Vertical):
    """A label, an input, a line for the problem, and suggestions; hidden while not in use."""

    BINDINGS = [Binding("escape", "cancel", "cancel", key_display="Esc")]

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._question: Question | None = None
        self._came_from: Widget | None = None
        """The widget that had the focus before the prompt opened."""
        self._recalled = ""
        """The entry of the history that the input shows; "" for none."""

    def compose(self) -> ComposeResult:
        """The label and the input side by side, the rest below."""
        with Horizontal(id="prompt-line"):
            yield Static("", id="prompt-label", markup=False)
            yield PromptInput(id="prompt-input", compact=True, select_on_focus=False)
        yield Static("", id="prompt-problem", markup=False)
        yield Suggestions()

    @property
    def is_open(self) -> bool:
        """Whether the prompt is on the screen."""
        return self._question is not None

    @property
    def _suggestions(self) -> Suggestions:
        return self.query_one(Suggestions)

    def ask(self, question: Question) -> None:
        """Show the question and take the focus."""
        self._question = question
        self.query_one("#prompt-label", Static).update(f" {question.label} ")
        entry = self.query_one(PromptInput)
        entry.placeholder, entry.proposal = question.hint, question.value
        self._show(None)
        self._suggestions.offer((), 0)
        if question.history is not None:
            question.history.begin()
        self.add_class("open")
        is_same = entry.value == question.value
        self._set(question.value)
        # What is typed replaces a proposed value; with an arrow key it is kept and changed.
        entry.selection = Selection(0, len(question.value))
        if is_same:
            self._look(question.value)
        if self.screen.focused is not entry:
            self._came_from = self.screen.focused
        # Not `focus()`, which takes effect later: letters typed until then would act as keys.
        self.screen.set_focus(entry)

    def _set(self, text: str) -> None:
        entry = self.query_one(Input)
        entry.value = text
        entry.cursor_position = len(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check the text at every change."""
        event.stop()
        question = self._question
        if question is None:
            return
        history = question.history
        if history is not None and history.is_browsing and event.value != self._recalled:
            history.stop()
        self._look(event.value)

    def _look(self, text: str) -> None:
        """Show the problem of the text, or suggest continuations."""
        question = self._question
        if question is None:
            return
        if question.typed is not None:
            question.typed(text)
        items = self._complete(text)
        problem = question.check(text) if question.check is not None and text.strip() else None
        begun = min(items[0].start, len(text.rstrip())) if items else len(text) + 1
        if problem is not None and problem.column is not None and problem.column >= begun:
            # A text that can become right by typing on is no mistake.
            problem = None
        self._show(problem)

    def _complete(self, text: str) -> Sequence[Completion]:
        question = self._question
        items: Sequence[Completion] = ()
        browsing = question is not None and question.history and question.history.is_browsing
        if question is not None and question.complete is not None and not browsing:
            found = question.complete(text, self.query_one(Input).cursor_position)
            items = [item for item in found if text[item.start : item.end] != item.text]
        column = items[0].start if items else 0
        self._suggestions.offer(items, self._indent(column))
        return items

    def on_prompt_input_chosen(self, message: PromptInput.Chosen) -> None:
        """Go up or down in the suggestions, or in the history."""
        message.stop()
        suggestions, question = self._suggestions, self._question
        history = question.history if question is not None else None
        browsing = history is not None and history.is_browsing
        into_list = message.step > 0 or suggestions.picked is not None
        if suggestions.items and into_list and not browsing:
            suggestions.move(message.step)
        elif history is not None:
            found = history.move(message.step, self.query_one(Input).value)
            if found is not None:
                self._recalled = found
                self._set(found)

    def on_prompt_input_picked(self, message: PromptInput.Picked) -> None:
        """Insert the highlighted suggestion, or the first."""
        message.stop()
        self._take(self._suggestions.picked or 0)

    def on_prompt_input_left(self, message: PromptInput.Left) -> None:
        """Close the prompt without an answer."""
        message.stop()
        self._suggestions.offer((), 0)
        self.action_cancel()

    def on_suggestions_clicked(self, message: Suggestions.Clicked) -> None:
        """Insert the clicked suggestion."""
        message.stop()
        self._take(message.place)

    def _take(self, place: int) -> None:
        items = self._suggestions.items
        if place >= len(items):
            return
        item = items[place]
        entry = self.query_one(Input)
        text = entry.value
        after = text[item.end :]
        # A name that ends in a dot is to be continued.
        gap = "" if item.text.endswith((".", "(")) or after[:1] in (" ", ")", ",") else " "
        entry.value = text[: item.start] + item.text + gap + after
        entry.cursor_position = item.start + len(item.text) + len(gap)
        entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass the text to the question, and close unless it reports a problem."""
        event.stop()
        if self._suggestions.picked is not None:
            self._take(self._suggestions.picked)
            return
        question = self._question
        if question is None:
            return
        # Not the event's value: a suggestion may have been inserted since.
        text = self.query_one(Input).value
        problem = question.done(text)
        if problem is not None:
            self._suggestions.offer((), 0)
            self._show(problem)
            return
        if question.history is not None:
            question.history.add(text)
        if self._question is question:
            self.close()
        if question.then is not None:
            question.then(text)

    def action_cancel(self) -> None:
        """Close the suggestions if one is highlighted, else the prompt."""
        if self._suggestions.picked is not None:
            self._suggestions.offer((), 0)
            return
        question = self._question
        self.close()
        if question is not None and question.cancelled is not None:
            question.cancelled()

    def close(self) -> None:
        """Close the prompt and give the focus back, or to the stream."""
        self._question = None
        self.remove_class("open")
        self._suggestions.offer((), 0)
        former, self._came_from = self._came_from, None
        stream = self.screen.query_one("#stream")
        there = former is not None and former.is_attached and former.is_on_screen
        self.screen.set_focus(former if there else stream)

    def _indent(self, column: int) -> int:
        """The column on the screen of a column of the text."""
        entry = self.query_one(Input)
        question = self._question
        label = f" {question.label} " if question is not None else ""
        before = width_of(entry.value[:column])
        return width_of(label) + before - round(entry.scroll_offset.x)

    def _show(self, problem: Mistake | None) -> None:
        line = self.query_one("#prompt-problem", Static)
        line.set_class(problem is not None, "wrong")
        if problem is None:
            line.update("")
            return
        if problem.column is None:
            line.update(f" {problem.message}")
            return
        lead = " " * max(0, self._indent(problem.column))
        fits = len(lead) + 2 + width_of(problem.message) <= self.size.width
        line.update(f"{lead}^ {problem.message}" if fits else f"{lead}^\n {problem.message}")
