"""Reads and changes the user's configuration, `config.toml`.

It is changed with tomlkit, which keeps comments.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import platformdirs

from gvtui.errors import GvtuiError, UsageError
from gvtui.files import write_whole
from gvtui.limits import read_keep, read_keep_for, read_limit
from gvtui.toml import Problems, TomlError, place_words, read_toml, reason, toml_text
from gvtui.words import lower_first

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gvtui.toml import Lines

_Entry = TypeVar("_Entry")

_PROFILE = "profile"
_SHOWN = 40
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}


class ConfigError(GvtuiError):
    """The configuration cannot be read or written."""


class UnknownProfileError(UsageError):
    """The configuration has no profile of that name."""


def config_path() -> Path:
    """The user's configuration file."""
    return Path(platformdirs.user_config_dir("gvtui"), "config.toml")


@dataclass(frozen=True, slots=True)
class Config:
    """The user's settings; one that the file lacks has its default."""

    path: Path
    profile: str = ""
    """The profile in force; "" for none."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by command line, such as `filter.pid`."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filter expressions by the names that the user has given them."""
    theme: str = ""
    columns: tuple[str, ...] = ()
    """Names of the stream's columns, from the left; empty for gvtui's default."""
    copy_command: tuple[str, ...] = ()
    """A program with arguments that reads copied text from its standard input; empty for none."""
    signs: str = ""
    """`unicode` or `ascii`; "" leaves the choice to gvtui."""
    compress: str = ""
    """How complete segments are kept, `zstd` or `none`; "" leaves it to each command."""
    keep: int = 0
    """How many bytes of disk messages may use; 0 leaves it to each command."""
    keep_for: float | None = None
    """For how many seconds messages are kept, 0 for no bound; None leaves it to each command."""
    exec_audit_variable: str = ""
    """The environment variable with the audit ID of exec sessions; "" for that of Kubernetes."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Limits that are not as they come, by the names of `gvtui.limits`."""
    rules: tuple[Mapping[str, Any], ...] = ()
    """The tables `[[rules]]` as written, in their order."""
    profiles: tuple[str, ...] = ()
    """Names of all profiles in the file."""
    problems: tuple[str, ...] = ()
    """Problems of the file: sentences without full stop, each with file and line."""
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """The line of each setting in force; see `where`."""

    def where(self, *names: str) -> str:
        """File and line of a setting, for sentences: `config.where("keys", "filter.pid")`."""
        return place_words(self.path, self.lines.get(names, 0))


def configured_audit_variable() -> str:
    """The environment variable with the audit ID of exec sessions; "" if none is configured."""
    return read_config().exec_audit_variable


def read_config(path: Path | None = None, profile: str = "") -> Config:
    """Read the configuration. A missing file counts as empty; a wrong one raises no error.

    Args:
        path: the file; the user's own if not given.
        profile: the table `[profile.NAME]` whose settings go before all others; "" for none. Of
            tables such as `[keys]`, each entry counts by itself.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    path = path or config_path()
    problems = Problems(path)
    document, lines = read_toml(path, problems)
    given = document.pop(_PROFILE, {})
    if not isinstance(given, dict):
        problems.add(lines.get((_PROFILE,), 0), f"{_PROFILE} is no table of profiles")
        given = {}
    settings = _checked(document, (), lines, problems)
    profiles = {}
    for name, its_settings in given.items():
        place = (_PROFILE, name)
        if isinstance(its_settings, dict):
            profiles[name] = _checked(its_settings, place, lines, problems)
        else:
            problems.add(lines.get(place, 0), f"{_named(name)} is no profile: it has to be a table")
    in_force = {place: line for place, line in lines.items() if place[0] != _PROFILE}
    if profile:
        if profile not in profiles:
            raise UnknownProfileError(_unknown_profile(path, profile, profiles))
        _put_over(settings, profiles[profile])
        its_lines = (place for place in lines if place[:2] == (_PROFILE, profile))
        in_force.update({place[2:]: lines[place] for place in its_lines if len(place) > 2})
    return Config(
        path,
        profile,
        **{name.replace("-", "_"): value for name, value in settings.items()},
        profiles=tuple(profiles),
        problems=tuple(problems.told),
        lines=in_force,
    )


def _put_over(settings: dict[str, Any], over: dict[str, Any]) -> None:
    for name, value in over.items():
        is_table = isinstance(value, dict)
        settings[name] = {**settings.get(name, {}), **value} if is_table else value


def change_config(path: Path, table: str, name: str, value: str | None) -> None:
    """Set or remove an entry of a table; the rest of the file is kept, comments included.

    If the file is a symbolic link, the file that it leads to is changed.

    Args:
        path: the file; created if it does not exist.
        table: the table's name, such as `filters`; created if it does not exist.
        name: the entry's name.
        value: the entry's text; None removes the entry.

    Raises:
        ConfigError: the file is not TOML, or cannot be written; it is unchanged.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(toml_text(path))
        entries = document.setdefault(table, tomlkit.table())
        if not isinstance(entries, dict):
            raise ConfigError(f"cannot change {path}: {table} is no table")
        if value is None:
            entries.pop(name, None)
        else:
            entries[name] = value
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, tomlkit.dumps(document).encode(), follow=True)
    except TomlError as error:
        raise ConfigError(str(error)) from error
    except (TOMLKitError, RecursionError) as error:
        what = reason(error) if isinstance(error, RecursionError) else error
        raise ConfigError(f"{path} is no TOML: {what}") from error
    except ValueError as error:
        raise ConfigError(f"{path} cannot be read: {reason(error)}") from error
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error


def _checked(
    values: dict[str, Any], place: tuple[str, ...], lines: Lines, problems: Problems
) -> dict[str, Any]:
    """The valid settings; the others are reported and left out."""
    good = {}
    for name, value in values.items():
        line = lines.get((*place, name), 0)
        read = _SETTINGS.get(name)
        if read is None:
            problems.add(line, f"there is no setting {_named(name)}{_nearest(name, _SETTINGS)}")
            continue
        try:
            good[name] = read(value)
        except _WrongEntriesError as error:
            good[name] = error.good
            for entry, words in error.wrong.items():
                entry_line = lines.get((*place, name, entry), line)
                problems.add(entry_line, f"{name}, {_named(entry)}: {words}")
        except ValueError as error:
            problems.add(line, f"{name}: {error}")
    return good


class _WrongEntriesError(ValueError):
    """Some entries of a table are not valid."""

    def __init__(self, good: Mapping[str, Any], wrong: dict[str, str]) -> None:
        super().__init__("")
        self.good = good
        self.wrong = wrong


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{_kind(value)} where a text in quotes was expected")
    return value


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError('a list of texts was expected, such as ["a", "b"]')
    return tuple(value)


def _entries(value: object) -> dict[str, str]:
    return _each(value, _entry)


def _limits(value: object) -> dict[str, int]:
    return _each(value, read_limit)


def _each(value: object, read: Callable[[str, object], _Entry]) -> dict[str, _Entry]:
    """The entries of a table, each read by its name and value; wrong ones are told together."""
    if not isinstance(value, dict):
        raise ValueError(f"{_kind(value)} where a table was expected")
    good: dict[str, _Entry] = {}
    wrong: dict[str, str] = {}
    for name, entry in value.items():
        try:
            good[name] = read(name, entry)
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise _WrongEntriesError(good, wrong)
    return good


def _entry(_: str, value: object) -> str:
    try:
        return _word(value)
    except ValueError as error:
        dotted = "; a name with a dot needs quotes too" if isinstance(value, dict) else ""
        raise ValueError(f"{error}{dotted}") from error


def _command(value: object) -> tuple[str, ...]:
    if not isinstance(value, str):
        return _words(value)
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise ValueError(f"this is no command: {lower_first(str(error))}") from error


def _one_of(first: str, second: str) -> Callable[[object], str]:
    """Reads one of two words."""

    def read(value: object) -> str:
        word = _word(value)
        if word not in (first, second):
            raise ValueError(f"{_named(word)} where {first} or {second} was expected")
        return word

    return read


def _tables(value: object) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("tables were expected, each with its own header in double brackets")
    return tuple(value)


_SETTINGS: dict[str, Callable[[object], Any]] = {
    "keys": _entries,
    "filters": _entries,
    "theme": _word,
    "columns": _words,
    "copy-command": _command,
    "signs": _one_of("unicode", "ascii"),
    "limits": _limits,
    "rules": _tables,
    "compress": _one_of("zstd", "none"),
    "keep": read_keep,
    "keep-for": read_keep_for,
    "exec-audit-variable": _word,
}
"""The function that reads each setting; the names are the fields of `Config`, with `-` for `_`."""


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a date or a time")


def _named(name: str) -> str:
    """A name in quotes, escaped for a terminal."""
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")


def _nearest(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, 1)
    return f"; is {_named(near[0])} meant?" if near else ""


def _unknown_profile(path: Path, profile: str, profiles: Mapping[str, object]) -> str:
    words = f"there is no profile {_named(profile)} in {path}"
    near = _nearest(profile, profiles)
    if near or not profiles:
        return words + (near or "; a table [profile.NAME] makes one")
    return f"{words}; there are {', '.join(map(_named, profiles))}"
