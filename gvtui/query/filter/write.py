"""Filter texts that a program writes: values as the language spells them, and conditions of them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.query.filter.fields import CONNECTION, FIELDS_BY_NAME, PROCESS
from gvtui.query.filter.operators import ValueKind
from gvtui.query.filter.parse import Junction, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.filter.parse import Node

_BARE = re.compile(r"[\w./+@:-]+", re.ASCII)
_KEYWORDS = frozenset(("and", "or", "not", "in", "exists"))
_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"))


class TypedValueError(GvtuiError):
    """What was typed for the values of a field cannot be read."""


def literal(value: str) -> str:
    """A text as a filter writes it, so that it is read back as it was: bare, or else in quotes."""
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
    """The condition that a field has one value."""
    return f"{field} = {value if isinstance(value, int) else literal(value)}"


def values_expression(field: str, text: str) -> str:
    """The condition for values as a person types them: `110, 112`, or `!bash` to leave one out.

    Returns:
        The condition; "" where nothing was typed.

    Raises:
        TypedValueError: the field takes numbers, and this is none.
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
                raise TypedValueError(f"{word!r} is no number: type some, as in 110, 112 or !110")
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
    """A process as a value of the filter language; "" and 0 for what is not known."""
    start = f"@{time_text(start_ns)}" if start_ns else ""
    return f"{f'{container}/' if container else ''}{pid}{start}"


def process_filter(container: str, pid: int, start_ns: int, conn: int = 0) -> str:
    """The filter for one process; without a container, that of one connection, if it is given."""
    text = equals(PROCESS, process_id(container, pid, start_ns))
    return f"{text} and {CONNECTION} = {conn}" if conn and not container else text


def time_text(time_ns: int) -> str:
    """Nanoseconds since 1970 as a value of the filter language, exactly."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    when = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return f"{when.isoformat()}.{rest:09d}Z"


def negation(text: str) -> str:
    """The filter that holds where another does not.

    Raises:
        FilterError: it is no filter.
    """
    return f"not ({text})" if isinstance(parse(text), Junction) else f"not {text}"


def duration_text(duration_ns: int) -> str:
    """A duration as a value of the filter language, exactly."""
    for size, unit in _UNITS:
        if duration_ns and duration_ns % size == 0:
            return f"{duration_ns // size}{unit}"
    return f"{duration_ns}ns"


def conjunction(parts: Iterable[str]) -> str:
    """One filter that holds where all of several do; those without content are left out.

    Raises:
        FilterError: one of them is no filter.
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
