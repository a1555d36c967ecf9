"""Keys that narrow the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.query.filter.complete import complete
from gvtui.query.filter.fields import CONTAINER, DIRECTION, NAME, PID
from gvtui.query.filter.write import TypedValueError, equals, values_expression
from gvtui.trace.row import Kind, Row
from gvtui.tui.base import ViewerBase
from gvtui.tui.kit.asking import Problem, Question
from gvtui.tui.kit.history import History, filter_history_path

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace
    from gvtui.tui.filter.bar import FilterBar
    from gvtui.tui.sandboxes.pane import SandboxList


class FilterActions(ViewerBase):
    """Filters by the selected row's values, by typed values, and in the filter language."""

    def __init__(self, trace: Trace, **options: Any) -> None:  # noqa: ANN401
        """See `ViewerBase`."""
        super().__init__(trace, **options)
        self.history = History(filter_history_path())

    def _flip(self, field: str, value: int | str) -> None:
        self.model.chips.flip(equals(field, value), field)
        self.apply_chips()

    def action_pid(self) -> None:
        """Only the selected row's process, or all again."""
        row = self.selected_message()
        if row is None or self.model.cursor is None:
            return
        expression, words = self.model.process_of(self.model.cursor)
        if expression:
            self.model.chips.flip(expression, PID, words)
            self.apply_chips()
        else:
            self.tell("This row has no pid: the session does not collect group_id.", "warning")

    def action_name(self) -> None:
        """Only the selected row's process name, or all again."""
        row = self.selected_message()
        if row is None or self.model.cursor is None:
            return
        name = self.model.trace.process_name(self.model.cursor)
        if name:
            self._flip(NAME, name)
        else:
            self.tell(
                "This row has no process name: the session does not collect process_name.",
                "warning",
            )

    def selected_message(self) -> Row | None:
        """The row at the cursor if it is a message; else None, and the user is told."""
        model = self.model
        if model.cursor is not None and model.cursor >= model.trace.first_row:
            row = model.trace.row(model.cursor)
            if row.kind == Kind.MESSAGE:
                return row
        self.tell("Select a message first: ↑ and ↓ do.", "warning")
        return None

    def action_enter_only(self) -> None:
        """Only enter rows, or both again."""
        self._flip(DIRECTION, "E")

    def action_exit_only(self) -> None:
        """Only exit rows, or both again."""
        self._flip(DIRECTION, "X")

    def action_pid_value(self) -> None:
        """Ask for pids."""
        self._ask_values(PID, "pid", "110, 112 for these; !110 for all but this one")

    def action_name_value(self) -> None:
        """Ask for process names."""
        self._ask_values(NAME, "process name", "bash, curl for these; !bash for all but this one")

    def _ask_values(self, field: str, label: str, hint: str) -> None:
        def check(text: str) -> Problem | None:
            try:
                expression = values_expression(field, text)
            except TypedValueError as error:
                return Problem(str(error))
            return self.check(expression) if expression else None

        def done(text: str) -> Problem | None:
            problem = check(text)
            if problem is not None:
                return problem
            expression = values_expression(field, text)
            if expression:
                self.model.chips.put(expression, field)
            else:
                self.model.chips.clear_slot(field)
            self.apply_chips()
            return None

        self.prompt.ask(Question(label, done, check, hint=hint))

    def action_filter(self) -> None:
        """Ask for a filter."""
        self._ask_filter("", None)

    def _ask_filter(self, value: str, place: int | None) -> None:
        def done(text: str) -> Problem | None:
            text = text.strip()
            if not text:
                return None
            problem = self.check(text)
            if problem is None:
                self.model.chips.put(text, place=place)
                self.apply_chips()
            return problem

        hint = "proc.name = bash and evt.type in (openat, execve) and evt.failed = true"
        self.prompt.ask(
            Question(
                "filter",
                done,
                self.check,
                value,
                hint,
                complete=lambda text, cursor: complete(text, cursor, self.model.trace),
                history=self.history,
            )
        )

    def action_suspend(self) -> None:
        """Switch all filters off, or on again."""
        chips = self.model.chips
        if len(chips):
            chips.suspended = not chips.suspended
            self.apply_chips()

    def action_remove_chip(self) -> None:
        """Remove the last filter."""
        if len(self.model.chips):
            self._remove(len(self.model.chips) - 1)

    def _remove(self, place: int) -> None:
        if place < len(self.model.chips):
            self.model.chips.remove(place)
            self.apply_chips()

    def on_filter_bar_removed(self, message: FilterBar.Removed) -> None:
        """A chip's × was clicked, or its key pressed."""
        self._remove(message.place)

    def on_filter_bar_toggled(self, message: FilterBar.Toggled) -> None:
        """A chip was clicked."""
        if message.place < len(self.model.chips):
            self.model.chips.toggle(message.place)
            self.apply_chips()

    def on_filter_bar_edited(self, message: FilterBar.Edited) -> None:
        """A chip is to be typed anew."""
        if message.place < len(self.model.chips):
            self._ask_filter(self.model.chips[message.place].expression, message.place)

    def on_sandbox_list_chosen(self, message: SandboxList.Chosen) -> None:
        """Only one sandbox, or all again."""
        if message.container_id:
            self._flip(CONTAINER, message.container_id)
        else:
            self.tell("This sandbox has not said which container it is.", "warning")
