"""Commands that save the filters in force under a name, and pick saved ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.query.filter.write import conjunction
from gvtui.tui.command.command import command
from gvtui.tui.filter.saved import SavedError, SavedFilters, problem_of
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question
from gvtui.tui.viewer import Feature

if TYPE_CHECKING:
    from gvtui.tui.viewer import Viewer

_MAX_SHOWN = 200


class Saving(Feature):
    """Saves the filters in force, and picks saved ones."""

    prefix, heading = "filter", "Filter"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._saved = SavedFilters(viewer.config.path, viewer.config.profile)

    @command("Save the filters in force under a name", "w")
    def save(self) -> None:
        """Ask for a name for the filters in force."""
        parts = self.model.chips.active()
        if not parts:
            self.viewer.tell("No filters to save: none is in force.", "warning")
            return
        expression = conjunction(parts)
        names = self._names()

        def check(text: str) -> Mistake | None:
            if text.strip() in names:
                return Mistake("Enter replaces the filter that has this name")
            return None

        def done(text: str) -> Mistake | None:
            try:
                self._saved.save(text, expression)
            except SavedError as error:
                return Mistake(str(error))
            key = self.viewer.commands.keys_of("filter.pick")
            self.viewer.tell(f"Saved as {text.strip()}; {key} picks it.")
            return None

        self.viewer.ask(Question("save the filters as", done, check, hint="a name"))

    def _names(self) -> dict[str, str]:
        names = self._saved.all()
        for problem in self._saved.problems:
            self.viewer.tell(f"{escape(problem)}.", "warning")
        return names

    @command("Pick a saved filter", "v")
    def pick(self) -> None:
        """List the saved filters."""
        filters = self._names()
        if not filters:
            key = self.viewer.commands.keys_of("filter.save")
            self.viewer.tell(f"No filters are saved: {key} saves those in force under a name.")
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
            self.viewer.refilter()

        self.viewer.choose(
            Choice(heading, entries, picked, removed=self._remove, line="filter.pick")
        )

    def _remove(self, name: str) -> None:
        try:
            self._saved.remove(name)
        except SavedError as error:
            self.viewer.tell(str(error), "error")
