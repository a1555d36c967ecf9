"""Saves the filters in force under a name in the configuration file, and picks saved ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.config import ConfigError, UnknownProfileError, change_config, read_config
from gvtui.decode.escape import escape
from gvtui.errors import GvtuiError
from gvtui.query.filter.compile import FilterError, compile_filter
from gvtui.query.filter.write import conjunction
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question
from gvtui.tui.viewer import Feature

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.tui.viewer import Viewer

MAX_NAME = 60

_TABLE = "filters"
_MAX_SHOWN = 200


class SavedError(GvtuiError):
    """A filter cannot be saved or removed."""


class SavedFilters:
    """The table `filters` of the configuration: `name = "expression"`.

    The file is read each time, so that changes by hand take effect; its other settings and comments
    are kept.
    """

    def __init__(self, path: Path, profile: str = "") -> None:
        """Use a configuration file, which is not read yet.

        Args:
            path: the configuration.
            profile: the profile whose filters override others of the same names; "" for none.
        """
        self.path = path
        self._profile = profile
        self.problems: tuple[str, ...] = ()
        """Problems of the file when it was last read, each with its line."""

    def all(self) -> dict[str, str]:
        """The filters by name, as far as the file can be read."""
        try:
            config = read_config(self.path, self._profile)
        except UnknownProfileError:
            # The profile existed when the viewer was started, and has been removed since.
            config = read_config(self.path)
        self.problems = config.problems
        return dict(config.filters)

    def save(self, name: str, expression: str) -> None:
        """Save a filter under a name; one of the same name is replaced.

        Raises:
            SavedError: the name is not allowed, or the file cannot be written.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise SavedError(f"a name has 1 to {MAX_NAME} characters that can be printed")
        self._change(name, expression)

    def remove(self, name: str) -> None:
        """Remove the filter of a name, if there is one.

        Raises:
            SavedError: the file cannot be written.
        """
        if name in self.all():
            self._change(name, None)

    def _change(self, name: str, expression: str | None) -> None:
        try:
            change_config(self.path, _TABLE, name, expression)
        except ConfigError as error:
            raise SavedError(str(error)) from error


def problem_of(expression: str) -> str:
    """Why a saved expression is not a valid filter; "" if it is one."""
    try:
        compile_filter(expression)
    except FilterError as error:
        return error.summary
    return ""


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
