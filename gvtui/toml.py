"""Reads TOML files that people write: their values, the line of each setting, their problems.

A file is read with tomllib, statement by statement: so every setting has a line, and one statement
that is not TOML does not spoil the others.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from gvtui.errors import GvtuiError
from gvtui.files import open_to_read
from gvtui.words import lower_first

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Lines = dict[tuple[str, ...], int]
    """Line numbers, from 1, by the path of a setting, such as `("keys", "filter.pid")`."""

MAX_FILE = 1 << 20
MAX_PROBLEMS = 20
"""How many problems of one file are reported."""

_MAX_STATEMENT = 200
"""How many lines one statement may have."""
_MAX_READ = 8 * MAX_FILE
"""How many characters are read in all: what is wrong is read again and again."""
_MAX_DEPTH = 64
"""How deep the values of one statement may be nested. tomllib's memory grows with the square of the
parts of a dotted key, and who walks over the values goes as deep as they do."""
_KEY_TOKEN = re.compile(
    r"""(?P<part>"(?:[^"\\]|\\.)*+"?|'[^']*+'?|[A-Za-z0-9_-]++)|(?P<dot>\.)|[ \t]++|(?P<other>.)"""
)
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_END = "(at end of document)"
_HEADER = re.compile(r"\s*\[")


class TomlError(GvtuiError):
    """A file cannot be read, or is not text."""


class _DeepError(ValueError):
    """A statement is nested too deep to be read."""


class _TooMuchError(GvtuiError):
    """So much of a file is wrong that finding all of it would take too long."""


class Problems:
    """Collects the problems of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        """The problems as sentences, each with file and line; at most `MAX_PROBLEMS`."""

    def add(self, line: int, words: str) -> None:
        """Add a problem: its line, 0 for the whole file, and a sentence without full stop."""
        if len(self.told) < MAX_PROBLEMS:
            self.told.append(f"{place_words(self.path, line)}: {words}")


def place_words(path: Path, line: int) -> str:
    """File and line for a sentence; only the file if the line is 0."""
    return f"{path}, line {line}" if line else str(path)


def toml_text(path: Path) -> str:
    """The text of a configuration; "" if there is none.

    Raises:
        TomlError: the file cannot be read.
    """
    try:
        with open_to_read(path) as source:
            data = source.read(MAX_FILE + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise TomlError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > MAX_FILE:
        raise TomlError(f"{path} is larger than a configuration can be")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TomlError(f"{place_words(path, line)}: this is no UTF-8") from error


def read_toml(path: Path, problems: Problems) -> tuple[dict[str, Any], Lines]:
    """The values of a file without its wrong statements, and the lines of its settings."""
    try:
        text = toml_text(path)
    except TomlError as error:
        problems.told.append(str(error))
        return {}, {}
    try:
        return _read(text.replace("\r\n", "\n").split("\n"), problems)
    except _TooMuchError:
        problems.told.insert(0, f"{path}: too much of it is wrong, so none of it counts")
        return {}, {}


def _read(lines: list[str], problems: Problems) -> tuple[dict[str, Any], Lines]:
    reader = _Reader()
    statements = list(_statements(reader, lines))
    headers = [each.start for each in statements if _HEADER.match(lines[each.start])]
    wrong = [each for each in statements if each.values is None]
    before = -1
    for each in wrong:
        _take_out(lines, headers, each)
        # A wrong statement of several lines is reported once, at its first line.
        if before != each.start:
            problems.add(each.start + 1, f"this is no TOML: {lower_first(each.problem)}")
        before = each.stop
    for _ in range(len(statements) + 1):
        try:
            document = reader.loads(lines)
        except (ValueError, RecursionError) as error:
            # Each statement alone is valid, but two of them contradict each other.
            found = _PLACE.search(str(error))
            line = int(found[1]) - 1 if found and found[1] else len(lines) - 1
            each = next(each for each in statements if line < each.stop)
            problems.add(each.start + 1, lower_first(reason(error)))
            _take_out(lines, headers, each)
        else:
            return document, _places(statements, lines)
    return {}, {}


def loads(text: str) -> dict[str, Any]:
    """The values of a text, at the cost of its length.

    Raises:
        ValueError: it is no TOML, or too much for a reader; `reason` says which.
        RecursionError: it is nested too deep.
    """
    for line in text.split("\n"):
        if line.count(".") >= _MAX_DEPTH and _longest_key(line) >= _MAX_DEPTH:
            raise _DeepError
    return tomllib.loads(text)


def _longest_key(line: str) -> int:
    """How many dots the longest dotted key of a line has."""
    longest = dots = 0
    before = "other"
    for token in _KEY_TOKEN.finditer(line):
        kind = token.lastgroup
        if kind is None:
            continue
        dots += kind == "dot"
        if kind in ("other", before):
            dots = 0
        longest = max(longest, dots)
        before = kind
    return longest


def _is_deep(values: dict[str, Any]) -> bool:
    level: list[Any] = [values]
    for _ in range(_MAX_DEPTH):
        inner = (
            within
            for each in level
            for within in (each.values() if isinstance(each, dict) else each)
        )
        level = [each for each in inner if isinstance(each, (dict, list))]
        if not level:
            return False
    return True


def reason(error: ValueError | RecursionError) -> str:
    """Why a text cannot be read as TOML, without the place."""
    if isinstance(error, (RecursionError, _DeepError)):
        return "it is nested too deep"
    if not isinstance(error, tomllib.TOMLDecodeError):
        # Python refuses to read numbers of thousands of digits.
        return "a number has more digits than gvtui reads"
    return _PLACE.sub("", str(error))


class _Reader:
    """Reads pieces of a file, not more than `_MAX_READ` characters in all."""

    def __init__(self) -> None:
        self._left = _MAX_READ

    def loads(self, lines: list[str]) -> dict[str, Any]:
        text = "\n".join(lines)
        self._left -= len(text)
        if self._left < 0:
            raise _TooMuchError
        return loads(text)


class _Statement(NamedTuple):
    """One statement of a TOML file: the header of a table, or a setting."""

    start: int
    """Its first line, from 0."""
    stop: int
    """The line after its last one."""
    values: dict[str, Any] | None
    """The values of the statement alone; None if it is not TOML."""
    problem: str = ""


def _statements(reader: _Reader, text: list[str]) -> Iterator[_Statement]:
    """The statements of a file; blank lines and comments count as empty statements."""
    start = 0
    while start < len(text):
        each = _statement(reader, text, start)
        yield each
        start = each.stop


def _statement(reader: _Reader, text: list[str], start: int) -> _Statement:
    problem = ""
    for stop in range(start + 1, min(start + _MAX_STATEMENT, len(text)) + 1):
        try:
            values = reader.loads(text[start:stop])
            if _is_deep(values):
                return _Statement(start, stop, None, reason(_DeepError()))
            return _Statement(start, stop, values)
        except (ValueError, RecursionError) as error:
            problem = problem or reason(error)
            if not str(error).endswith(_END):
                # Adding lines helps only a statement that ends too early.
                break
    return _Statement(start, start + 1, None, problem)


def _take_out(lines: list[str], headers: list[int], wrong: _Statement) -> None:
    """Empty the lines of a statement; for a header also those of its table.

    Args:
        lines: all lines.
        headers: those that are headers of tables.
        wrong: the statement.
    """
    stop = wrong.stop
    if _HEADER.match(lines[wrong.start]):
        later = bisect_right(headers, wrong.start)
        stop = headers[later] if later < len(headers) else len(lines)
    lines[wrong.start : stop] = [""] * (stop - wrong.start)


def _places(statements: list[_Statement], lines: list[str]) -> Lines:
    """The line of each setting: `a = {b = 1}` gives `a` and `a.b`, both on the same line."""
    places: Lines = {}
    table: tuple[str, ...] = ()
    for each in statements:
        if each.values is None or not lines[each.start]:
            continue
        found = list(_paths(each.values))
        if not found:
            continue
        if _HEADER.match(lines[each.start]):
            table = found[-1]
            found = [table[:count] for count in range(1, len(table) + 1)]
        else:
            found = [table + place for place in found]
        for place in found:
            places.setdefault(place, each.start + 1)
    return places


def _paths(values: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        yield (name,)
        inner = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(inner, dict):
            yield from ((name, *rest) for rest in _paths(inner))
