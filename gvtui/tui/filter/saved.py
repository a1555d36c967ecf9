"""Filters under names, in the user's configuration file."""

from __future__ import annotations

import contextlib
import os
import tomllib
from pathlib import Path

import platformdirs

from gvtui.errors import GvtuiError
from gvtui.query.filter.compile import FilterError, compile_filter

MAX_NAME = 60

_TABLE = "filters"


class SavedError(GvtuiError):
    """The configuration cannot be read or written."""


def config_path() -> Path:
    """The user's configuration file."""
    return Path(platformdirs.user_config_dir("gvtui"), "config.toml")


class SavedFilters:
    """The table `filters` of the configuration: `name = "expression"`.

    The file is read for every question, so that what was changed by hand counts; what else stands
    in it stays as it is, comments included.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> dict[str, str]:
        """The filters by name.

        Raises:
            SavedError: the file cannot be read, or is no configuration.
        """
        try:
            document = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SavedError(f"cannot read {self.path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SavedError(f"{self.path} is no TOML: {error}") from error
        filters = document.get(_TABLE, {})
        if not isinstance(filters, dict):
            raise SavedError(f"{self.path}: {_TABLE} is no table")
        return {name: text for name, text in filters.items() if isinstance(text, str)}

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
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        self.all()
        unfinished = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
            document = tomlkit.parse(text)
            table = document.setdefault(_TABLE, tomlkit.table())
            if expression is None:
                table.pop(name, None)
            else:
                table[name] = expression
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A file that is a link stays one: what it leads to is replaced.
            target = self.path.resolve()
            unfinished = target.with_name(f"{target.name}.{os.getpid()}.new")
            with unfinished.open("w", encoding="utf-8") as out:
                out.write(tomlkit.dumps(document))
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(target)
        except (OSError, TOMLKitError) as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise SavedError(f"cannot write {self.path}: {why}") from error


def problem_of(expression: str) -> str:
    """Why a saved expression is no filter; "" if it is one."""
    try:
        compile_filter(expression)
    except FilterError as error:
        return error.summary
    return ""
