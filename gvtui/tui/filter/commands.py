"""Commands that filter the stream: by the selected row, by typed values, by typed filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.filter.complete import complete
from gvtui.query.filter.field import DIRECTION, NAME, PID
from gvtui.query.filter.help import WIDTH, reference
from gvtui.query.filter.write import TypedValueError, equals, values_expression
from gvtui.tui.command.command import CommandError, command
from gvtui.tui.kit.asking import Mistake, Question, Text
from gvtui.tui.kit.history import History, filter_history_path
from gvtui.tui.model.who import flip_sessions, process_of, session_of
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.filter.complete import Completion


class Filtering(Feature):
    """The commands that add, change, switch and remove filters."""

    prefix, heading = "filter", "Filter"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._history = History(filter_history_path())

    def narrow(self, field: str, value: int | str) -> None:
        """Show only rows with this value of a field; called again, show all rows."""
        self.model.chips.flip(equals(field, value), field)
        self.viewer.refilter()

    @command("Only this row's process; again: all", "p", footer="process")
    def pid(self) -> None:
        """Only the selected row's process, or all again."""
        row = self.viewer.selected_message()
        if row is None or self.model.cursor is None:
            return
        expression, words = process_of(self.model, self.model.cursor)
        if expression:
            self.model.chips.flip(expression, PID, words)
            self.viewer.refilter()
        else:
            self.viewer.tell(
                "This row has no pid: the session does not collect group_id.", "warning"
            )

    @command("Without this row's exec session; again: with it", "minus")
    def session(self) -> None:
        """Hide all rows of the exec session that the selected row's process is of, or show them."""
        row, row_id = self.viewer.selected_message(), self.model.cursor
        if row is None or row_id is None:
            return
        top = session_of(self.model, row_id)
        if top is not None:
            flip_sessions(self.model, [top])
            self.viewer.refilter()
        elif row_id >= self.model.analysis.processes.position:
            self.viewer.tell("This row's process has not been looked at yet.", "warning")
        else:
            self.viewer.tell("This row's process is of no exec session, as far as is known.")

    @command("Only this row's process name; again: all", "n", footer="name")
    def name(self) -> None:
        """Only the selected row's process name, or all again."""
        row = self.viewer.selected_message()
        if row is None or self.model.cursor is None:
            return
        name = self.model.trace.process_name(self.model.cursor)
        if name:
            self.narrow(NAME, name)
        else:
            self.viewer.tell(
                "This row has no process name: the session does not collect process_name.",
                "warning",
            )

    @command("Only enter rows; again: both", "e", footer="enter")
    def enter(self) -> None:
        """Only enter rows, or both again."""
        self.narrow(DIRECTION, "E")

    @command("Only exit rows; again: both", "x", footer="exit")
    def exit_(self) -> None:
        """Only exit rows, or both again."""
        self.narrow(DIRECTION, "X")

    @command("Type pids to show, or to hide", "P")
    def pids(self) -> None:
        """Ask for pids."""
        self._ask_values(PID, "pid", "110, 112 for these; !110 for all but this one")

    @command("Type process names to show, or to hide", "N")
    def names(self) -> None:
        """Ask for process names."""
        self._ask_values(NAME, "process name", "bash, curl for these; !bash for all but this one")

    def _ask_values(self, field: str, label: str, hint: str) -> None:
        def check(text: str) -> Mistake | None:
            try:
                expression = values_expression(field, text)
            except TypedValueError as error:
                return Mistake(str(error))
            return self.viewer.check(expression) if expression else None

        def done(text: str) -> Mistake | None:
            problem = check(text)
            if problem is not None:
                return problem
            expression = values_expression(field, text)
            if expression:
                self.model.chips.put(expression, field)
            else:
                self.model.chips.clear_slot(field)
            self.viewer.refilter()
            return None

        self.viewer.ask(Question(label, done, check, hint=hint))

    def _suggest(self, text: str, cursor: int) -> Sequence[Completion]:
        return complete(text, cursor, self.model.trace)

    @command("Type a filter", "f", footer="filter", complete=_suggest)
    def add(self, *words: str) -> None:
        """Add a filter; without one, ask for it."""
        text = " ".join(words).strip()
        if not text:
            self.edit(None)
            return
        problem = self.viewer.check(text)
        if problem is not None:
            raise CommandError(problem.message, problem.column)
        self.model.chips.put(text)
        self.viewer.refilter()

    @command("Explain the filter language: fields, operators, sets", "f2")
    def help(self) -> None:
        """Show the help on the filter language; an open prompt keeps its text."""
        self.viewer.read(Text("", lambda width: [reference(min(width, WIDTH))], line="filter.help"))

    def edit(self, place: int | None) -> None:
        """Open the prompt for a new filter, or for the filter of a chip."""
        if place is None:
            self._ask_filter("", None)
        elif place < len(self.model.chips):
            self._ask_filter(self.model.chips[place].expression, place)

    def remove_at(self, place: int) -> None:
        """Remove a chip."""
        if place < len(self.model.chips):
            self.model.chips.remove(place)
            self.viewer.refilter()

    def toggle_at(self, place: int) -> None:
        """Switch a chip off or on."""
        if place < len(self.model.chips):
            self.model.chips.toggle(place)
            self.viewer.refilter()

    def _ask_filter(self, value: str, place: int | None) -> None:
        def done(text: str) -> Mistake | None:
            text = text.strip()
            if not text:
                return None
            problem = self.viewer.check(text)
            if problem is None:
                self.model.chips.put(text, place=place)
                self.viewer.refilter()
            return problem

        hint = "proc.name = bash and evt.type in (openat, execve) and evt.failed = true"
        self.viewer.ask(
            Question(
                "filter",
                done,
                self.viewer.check,
                value,
                hint,
                complete=self._suggest,
                history=self._history,
            )
        )

    @command("Switch all filters off, and on again", "backslash")
    def suspend(self) -> None:
        """Switch all filters off, or on again."""
        chips = self.model.chips
        if len(chips):
            chips.suspended = not chips.suspended
            self.viewer.refilter()

    @command("Remove the last filter", "backspace")
    def remove(self) -> None:
        """Remove the last filter."""
        if len(self.model.chips):
            self.remove_at(len(self.model.chips) - 1)
