"""Writes filters: values as the filter language spells them, and conditions with them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.query.filter.field import CONNECTION, PROCESS
from gvtui.query.filter.fields import FIELDS_BY_NAME
from gvtui.query.filter.operators import ValueKind
from gvtui.query.filter.parse import Junction, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.filter.parse import Node

_BARE = re.compile(r"[\w./+@:-]+", re.ASCII)
_KEYWORDS = frozenset(("and", "or", "not", "in", "exists"))
_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"))


class TypedValueError(GvtuiError):
    """A typed value does not fit its field."""


def literal(value: str) -> str:
    """A text as a value in a filter, in quotes if needed, so that the parser reads it back."""
    if _BARE.fullmatch(value) and value.lower() not in _KEYWORDS:
        return value
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{{{code:x}}}"


def equals(field: str, value: int | str) -> str:
    """The condition that a field has a value."""
    return f"{field} = {value if isinstance(value, int) else literal(value)}"


def values_expression(field: str, text: str) -> str:
    """The condition for typed values: `110, 112`, or `!bash` to exclude one.

    Returns:
        The condition; "" if nothing was typed.

    Raises:
        TypedValueError: the field takes numbers, and a value is not one.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for word in text.split(","):
        word = word.strip()
        excluded = word.startswith("!")
        word = word[1:].strip() if excluded else word
        if not word:
            continue
        if FIELDS_BY_NAME[field].kind is ValueKind.NUMBER:
            if not word.isdecimal():
                raise TypedValueError(
                    f"{word!r} is not a number: type numbers as in 110, 112 or !110"
                )
            value = str(int(word))
        else:
            value = literal(word)
        (unwanted if excluded else wanted).append(value)
    parts = []
    if wanted:
        parts.append(
            f"{field} = {wanted[0]}" if len(wanted) == 1 else f"{field} in ({', '.join(wanted)})"
        )
    if unwanted:
        parts.append(
            f"{field} != {unwanted[0]}"
            if len(unwanted) == 1
            else f"not {field} in ({', '.join(unwanted)})"
        )
    return " and ".join(parts)


def process_id(container: str, pid: int, start_ns: int) -> str:
    """A process as a value of the filter language; "" and 0 stand for unknown parts."""
    start = f"@{time_text(start_ns)}" if start_ns else ""
    return f"{f'{container}/' if container else ''}{pid}{start}"


def process_filter(container: str, pid: int, start_ns: int, conn: int = 0) -> str:
    """The filter for one process; without a container it names the connection, if given."""
    text = equals(PROCESS, process_id(container, pid, start_ns))
    return f"{text} and {CONNECTION} = {conn}" if conn and not container else text


def time_text(time_ns: int) -> str:
    """Unix nanoseconds as an exact value of the filter language."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    when = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return f"{when.isoformat()}.{rest:09d}Z"


def negation(text: str) -> str:
    """The filter that passes the rows which another does not pass.

    Raises:
        FilterError: the text is not a filter.
    """
    return f"not ({text})" if isinstance(parse(text), Junction) else f"not {text}"


def duration_text(duration_ns: int) -> str:
    """A duration as an exact value of the filter language."""
    for size, unit in _UNITS:
        if duration_ns and duration_ns % size == 0:
            return f"{duration_ns // size}{unit}"
    return f"{duration_ns}ns"


def conjunction(parts: Iterable[str]) -> str:
    """The filter that passes rows which pass all of several; empty ones are left out.

    Raises:
        FilterError: one of the texts is not a filter.
    """
    wanted: list[tuple[str, Node]] = []
    for part in parts:
        tree = parse(part)
        if tree is not None:
            wanted.append((part.strip(), tree))
    if len(wanted) == 1:
        return wanted[0][0]
    return " and ".join(
        f"({part})" if isinstance(tree, Junction) and not tree.is_and else part
        for part, tree in wanted
    )
