"""Keys that keep filters under names and take them up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.config import config_path
from gvtui.decode.escape import escape
from gvtui.query.filter.write import conjunction
from gvtui.tui.filter.saved import SavedError, SavedFilters, problem_of
from gvtui.tui.kit.prompt import Problem, Question
from gvtui.tui.picking import Entry, PickScreen
from gvtui.tui.stream.bookmarks import MarkActions

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace

_MAX_SHOWN = 200


class SavedActions(MarkActions):
    """Save the filters in force, pick a saved one."""

    def __init__(self, trace: Trace, **options: Any) -> None:  # noqa: ANN401
        """See `ViewerBase`."""
        super().__init__(trace, **options)
        self.saved = SavedFilters(config_path())

    def action_save_filter(self) -> None:
        """Ask for a name for the filters in force."""
        parts = self.model.chips.active()
        if not parts:
            self.tell("No filter is in force that could be saved.", "warning")
            return
        expression = conjunction(parts)
        names = self._names()

        def check(text: str) -> Problem | None:
            if text.strip() in names:
                return Problem("Enter replaces the filter that has this name")
            return None

        def done(text: str) -> Problem | None:
            try:
                self.saved.save(text, expression)
            except SavedError as error:
                return Problem(str(error))
            self.tell(f"Saved as {text.strip()}; v picks it.")
            return None

        self.prompt.ask(Question("save the filters as", done, check, hint="a name"))

    def _names(self) -> dict[str, str]:
        names = self.saved.all()
        for problem in self.saved.problems:
            self.tell(f"{escape(problem)}.", "warning")
        return names

    def action_saved_filters(self) -> None:
        """List the saved filters."""
        filters = self._names()
        if not filters:
            self.tell("No filters are saved: w saves those in force under a name.")
            return
        width = min(24, max(len(name) for name in filters))
        entries = []
        for name, expression in filters.items():
            problem = problem_of(expression)
            words = f"✗ {problem}" if problem else expression
            entries.append(
                Entry(
                    name,
                    f"{escape(name, 24):<{width}}  {escape(words, _MAX_SHOWN)}",
                    enabled=not problem,
                )
            )
        heading = "Saved filters: Enter adds one to those in force, Del removes it, Esc closes"

        def picked(name: str) -> None:
            self.model.chips.put(filters[name])
            self.apply_chips()

        self.push_screen(PickScreen(heading, entries, picked, removed=self._remove_saved))

    def _remove_saved(self, name: str) -> None:
        try:
            self.saved.remove(name)
        except SavedError as error:
            self.tell(str(error), "error")
