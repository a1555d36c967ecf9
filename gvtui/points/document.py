"""Session files: a session bare, or under `trace_session` in a pod init file; read, written, kept.

What stands around the session in a pod init file stays as it is, to the byte.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gvtui.errors import GvtuiError
from gvtui.files import write_whole
from gvtui.points.problems import Problem, nearest
from gvtui.points.session import Point, Session, Sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRAPPER = "trace_session"
"""The key of a pod init file that holds the session."""

MAX_BYTES = 16 << 20
"""The largest session file read."""

_SESSION_KEYS = ("name", "points", "sinks", "ignore_missing", "options")
_POINT_KEYS = ("name", "optional_fields", "context_fields")
_SINK_KEYS = ("name", "config", "ignore_setup_error")
_SPACE = " \t\n\r"


class SessionError(GvtuiError):
    """A session file that cannot be read or written; `problems` says all that is wrong with it."""

    def __init__(self, message: str, problems: list[Problem] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or [Problem("error", "", message)]


@dataclass(frozen=True, slots=True)
class SessionDocument:
    """A session with the text that stands around it in its file."""

    session: Session
    before: str = ""
    after: str = "\n"
    indent: str = ""
    """What the lines of the session begin with, after its first."""

    @property
    def is_wrapped(self) -> bool:
        """Whether the session is under `trace_session`, as in a pod init file."""
        return bool(self.before.strip())

    def with_session(self, session: Session) -> SessionDocument:
        """The same file with another session in it."""
        return replace(self, session=session)

    def text(self) -> str:
        """The file: one point a line, in a stable order."""
        body = dump_session(self.session).replace("\n", "\n" + self.indent)
        return self.before + body + self.after


def pod_init_document(session: Session) -> SessionDocument:
    """A new pod init file with nothing but the session."""
    return SessionDocument(session, f'{{\n  "{WRAPPER}": ', "\n}\n", "  ")


def dump_session(session: Session) -> str:
    """A session's JSON, one point and one sink a line."""
    lines = []
    for key, value in session.as_dict().items():
        if isinstance(value, list) and value:
            items = ",\n".join(f"    {_line(item)}" for item in value)
            lines.append(f'  "{key}": [\n{items}\n  ]')
        else:
            lines.append(f'  "{key}": {_line(value)}')
    return "{\n" + ",\n".join(lines) + "\n}"


def load_document(path: Path) -> SessionDocument:
    """Read a session file.

    Raises:
        SessionError: it cannot be read, or is no session file; its problems are in the error.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise SessionError(f"{path} is larger than {MAX_BYTES >> 20} MiB: no session file")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SessionError(f"{path} is not UTF-8: byte {error.start} is wrong") from error
    try:
        return parse_document(text)
    except SessionError as error:
        raise SessionError(f"{path}: {error}", error.problems) from error


def save_document(path: Path, document: SessionDocument) -> None:
    """Write a session file in one step: readers see the old or the new, never half of one.

    An existing file keeps its mode and, where that is allowed, its owner; a symbolic link stays one.

    Raises:
        SessionError: it cannot be written; the old file is as it was.
    """
    try:
        write_whole(path, document.text().encode("utf-8"), mode=0o644, follow=True)
    except OSError as error:
        raise SessionError(f"cannot write {path}: {error.strerror}") from error


def parse_document(text: str) -> SessionDocument:
    """Read the text of a session file.

    Raises:
        SessionError: the first problem in words, all of them in `problems`.
    """
    problems: list[Problem] = []
    values = _parse_json(text, problems)
    if isinstance(values, list):
        raise SessionError(
            "a list where one session was expected",
            [Problem("error", "", "more than one session", "a file holds one session, no list")],
        )
    if not isinstance(values, dict):
        raise SessionError(f"no session: the file holds {_kind(values)}, not an object")
    if WRAPPER in values:
        problems += [
            Problem(
                "error",
                key,
                f"a key of a session, outside {WRAPPER!r}: more than one session",
                f"move it under {WRAPPER!r}, or remove it",
            )
            for key in values
            if key in _SESSION_KEYS
        ]
        start, end = next((start, end) for key, start, end in _members(text) if key == WRAPPER)
        inner = values[WRAPPER]
        line = text[text.rfind("\n", 0, start) + 1 : start]
        indent = line[: len(line) - len(line.lstrip(_SPACE))]
        around = (text[:start], text[end:], indent)
    else:
        inner = values
        around = ("", "\n", "")
    session = _session(inner, f"{WRAPPER}." if WRAPPER in values else "", problems)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise SessionError(f"{problems[0]}{more}", problems)
    return SessionDocument(session, *around)


def _parse_json(text: str, problems: list[Problem]) -> object:
    def take(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            names = [name for name, _ in pairs]
            for name in sorted({each for each in names if names.count(each) > 1}):
                meant = "more than one session" if name == WRAPPER else "the key stands twice"
                problems.append(Problem("error", name, meant, "keep one of them"))
        return values

    def refuse(constant: str) -> float:
        raise SessionError(f"{constant} is no JSON number")

    try:
        return json.loads(text, object_pairs_hook=take, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise SessionError(
            f"no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except (RecursionError, ValueError) as error:
        raise SessionError(
            "no JSON that can be read: nested too deep, or a number too long"
        ) from error


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Each key of the outermost object, and where its value starts and ends; the text is valid."""
    decoder = json.JSONDecoder()
    position = text.index("{") + 1
    while True:
        position = _skip(text, position, _SPACE + ",")
        if text[position] == "}":
            return
        key, position = decoder.raw_decode(text, position)
        start = _skip(text, position, _SPACE + ":")
        _, position = decoder.raw_decode(text, start)
        yield key, start, position


def _skip(text: str, position: int, signs: str) -> int:
    while text[position] in signs:
        position += 1
    return position


def _session(values: object, place: str, problems: list[Problem]) -> Session:
    if values is None:
        values = {}
    if not isinstance(values, dict):
        where = place.rstrip(".")
        problems.append(_wrong(where, values, "an object"))
        return Session()
    _check_keys(values, _SESSION_KEYS, place, "a session", problems)
    points = tuple(
        _point(each, f"{place}points[{at}]", problems)
        for at, each in enumerate(_list(values, "points", place, problems))
    )
    sinks = tuple(
        _sink(each, f"{place}sinks[{at}]", problems)
        for at, each in enumerate(_list(values, "sinks", place, problems))
    )
    return Session(
        points,
        sinks,
        name=_string(values, "name", place, problems),
        ignore_missing=_flag(values, "ignore_missing", place, problems),
        options=_object(values, "options", place, problems),
    )


def _point(values: object, place: str, problems: list[Problem]) -> Point:
    if not isinstance(values, dict):
        problems.append(_wrong(place, values, "an object with a name"))
        return Point("")
    _check_keys(values, _POINT_KEYS, f"{place}.", "a point", problems)
    return Point(
        _string(values, "name", f"{place}.", problems),
        _strings(values, "optional_fields", f"{place}.", problems),
        _strings(values, "context_fields", f"{place}.", problems),
    )


def _sink(values: object, place: str, problems: list[Problem]) -> Sink:
    if not isinstance(values, dict):
        problems.append(_wrong(place, values, "an object with a name"))
        return Sink("")
    _check_keys(values, _SINK_KEYS, f"{place}.", "a sink", problems)
    return Sink(
        _string(values, "name", f"{place}.", problems),
        _object(values, "config", f"{place}.", problems) or {},
        _flag(values, "ignore_setup_error", f"{place}.", problems),
    )


def _check_keys(
    values: dict[str, Any],
    known: tuple[str, ...],
    place: str,
    what: str,
    problems: list[Problem],
) -> None:
    for key in values:
        if key not in known:
            hint = nearest(key, known) or f"{what} has {', '.join(known)}"
            problems.append(Problem("error", f"{place}{key}", f"{what} has no key {key!r}", hint))


def _wrong(place: str, value: object, expected: str) -> Problem:
    return Problem("error", place, f"{_kind(value)} where {expected} was expected")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")


def _string(values: dict[str, Any], key: str, place: str, problems: list[Problem]) -> str:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        problems.append(_wrong(place + key, value, "a string"))
        return ""
    return value or ""


def _flag(values: dict[str, Any], key: str, place: str, problems: list[Problem]) -> bool:
    value = values.get(key)
    if value is not None and not isinstance(value, bool):
        problems.append(_wrong(place + key, value, "true or false"))
    return value is True


def _object(
    values: dict[str, Any], key: str, place: str, problems: list[Problem]
) -> dict[str, Any] | None:
    value = values.get(key)
    if value is not None and not isinstance(value, dict):
        problems.append(_wrong(place + key, value, "an object"))
        return None
    return value


def _list(values: dict[str, Any], key: str, place: str, problems: list[Problem]) -> list[Any]:
    value = values.get(key)
    if value is not None and not isinstance(value, list):
        problems.append(_wrong(place + key, value, "a list"))
        return []
    return value or []


def _strings(
    values: dict[str, Any], key: str, place: str, problems: list[Problem]
) -> tuple[str, ...]:
    found = []
    for at, each in enumerate(_list(values, key, place, problems)):
        if isinstance(each, str):
            found.append(each)
        else:
            problems.append(_wrong(f"{place}{key}[{at}]", each, "a field's name"))
    return tuple(found)


def _line(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair, legal in JSON's escapes, cannot be written as UTF-8.
    return text if text.isascii() or _is_utf8(text) else json.dumps(value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
