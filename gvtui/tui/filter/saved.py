"""Reads and writes the user's saved filters in the configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.config import ConfigError, UnknownProfileError, change_config, read_config
from gvtui.errors import GvtuiError
from gvtui.query.filter.compile import FilterError, compile_filter

if TYPE_CHECKING:
    from pathlib import Path

MAX_NAME = 60

_TABLE = "filters"


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
