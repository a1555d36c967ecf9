"""Reads and writes session files: a bare session, or a pod init file with one in `trace_session`.

Text around the session in a pod init file is kept byte for byte.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.files import open_to_read, read_up_to, write_whole
from gvtui.points.gojson import PLAIN_DEPTH, Items, JsonError, JsonPairs, Node, fold, read_value
from gvtui.points.problems import Problem, Verdict, errors
from gvtui.points.reading import SESSION_KEYS, WRAPPER, read_pod_init, read_session

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.points.session import Session

MAX_BYTES = 16 << 20
"""The largest session file read."""

_SPACE = " \t\n\r"


class SessionError(GvtuiError):
    """A session file cannot be read or written; `problems` lists all that is wrong with it."""

    def __init__(self, message: str, problems: list[Problem] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or [Problem("error", "", message)]


@dataclass(frozen=True, slots=True)
class SessionDocument:
    """A session together with the text around it in its file."""

    session: Session
    before: str = ""
    after: str = "\n"
    indent: str = ""
    """The indentation of the session's lines after its first."""
    problems: tuple[Problem, ...] = ()
    """Problems of the text around the session; gvtui does not change that text."""

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
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SessionError(f"{path} is not UTF-8: byte {error.start} is wrong") from error
    try:
        return parse_document(text)
    except SessionError as error:
        raise SessionError(f"{path}: {error}", error.problems) from error


def read_bytes(path: Path) -> bytes:
    """The bytes of a session file.

    Raises:
        SessionError: it cannot be read, or is too large for one.
    """
    try:
        with open_to_read(path, streams=True) as file:
            raw = read_up_to(file, MAX_BYTES + 1)
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise SessionError(f"{path} is larger than {MAX_BYTES >> 20} MiB: no session file")
    return raw


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
    """Read the text of a session file, to change it or to apply its session.

    gvtui refuses files that gVisor accepts only by chance: two sessions in one file, or values that
    gvtui could not write back unchanged.

    Raises:
        SessionError: the first problem in words, all of them in `problems`.
    """
    raw = text.encode("utf-8", "surrogatepass")
    node = parse_json(raw)
    if isinstance(node.value, Items):
        raise SessionError(
            "a list where one session was expected",
            [Problem("error", "", "more than one session", "a file holds one session, no list")],
        )
    if not isinstance(node.value, JsonPairs):
        raise SessionError(f"no session: the file holds {node.kind}, not an object")
    if node.depth > PLAIN_DEPTH:
        raise SessionError(f"nested deeper than the {PLAIN_DEPTH} levels that gvtui can write")
    inner = wrapped_values(node)
    reading = read_pod_init(node) if inner else read_session(node)
    problems = errors(reading.problems)
    beside: list[Problem] = []
    if inner:
        others = {key for key, _ in node.value if key not in SESSION_KEYS}
        beside = [each for each in problems if each.place in others and each.place != WRAPPER]
        problems = [each for each in problems if each not in beside]
        if len(inner) > 1:
            problems.append(Problem("error", WRAPPER, "more than one session", "keep one of them"))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise SessionError(f"{problems[0]}{more}", problems)
    if not inner:
        return SessionDocument(reading.session)
    start, end = inner[0].start, inner[0].end
    line = raw[raw.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "surrogatepass")
    return SessionDocument(
        reading.session,
        raw[:start].decode("utf-8", "surrogatepass"),
        raw[end:].decode("utf-8", "surrogatepass"),
        line[: len(line) - len(line.lstrip(_SPACE))],
        tuple(beside),
    )


def parse_json(raw: bytes) -> Node:
    """The value in a session file.

    Raises:
        SessionError: there is none that Go's JSON could read.
    """
    try:
        return read_value(raw)
    except JsonError as error:
        before = raw[: error.offset]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"no JSON: {error} at line {line}, column {column}"
        if raw.startswith(codecs.BOM_UTF8):
            message += ": the file begins with a byte order mark, which must go"
        problem = Problem("error", "", message, "", Verdict.REFUSED, Verdict.REFUSED)
        raise SessionError(message, [problem]) from error


def wrapped_values(node: Node) -> list[Node]:
    """The values of the key `trace_session`: none in a bare session."""
    if not isinstance(node.value, JsonPairs):
        return []
    return [each for key, each in node.value if fold(key) == WRAPPER]


def _line(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # JSON's escapes may contain half of a surrogate pair, which UTF-8 cannot encode.
    return text if text.isascii() or _is_utf8(text) else json.dumps(value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
