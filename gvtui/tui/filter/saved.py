"""Filters under names, in the user's configuration file."""

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
    """A filter cannot be saved."""


class SavedFilters:
    """The table `filters` of the configuration: `name = "expression"`.

    The file is read for every question, so that what was changed by hand counts; what else stands
    in it stays as it is, comments included.
    """

    def __init__(self, path: Path, profile: str = "") -> None:
        """Name the file.

        Args:
            path: the configuration.
            profile: the profile whose filters go before those of the same names; "" for none.
        """
        self.path = path
        self._profile = profile
        self.problems: tuple[str, ...] = ()
        """What was wrong with the file when it was read last, each with its line."""

    def all(self) -> dict[str, str]:
        """The filters by name, as far as the file can be read."""
        try:
            config = read_config(self.path, self._profile)
        except UnknownProfileError:
            # It was there when the viewer was started.
            config = read_config(self.path)
        self.problems = config.problems
        return dict(config.filters)

    def save(self, name: str, expression: str) -> None:
        """Keep a filter under a name, in place of one that it had.

        Raises:
            SavedError: the name cannot be used, or the file cannot be written.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise SavedError(f"a name has 1 to {MAX_NAME} characters that can be printed")
        self._change(name, expression)

    def remove(self, name: str) -> None:
        """Forget a filter, if there is one of that name.

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
    """Why a saved expression is no filter; "" if it is one."""
    try:
        compile_filter(expression)
    except FilterError as error:
        return error.summary
    return ""
