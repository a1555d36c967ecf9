"""The operators of the filter language, and the kinds of values that they compare."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ValueKind(Enum):
    """The kind of a field's values; the value is the text for the user."""

    NUMBER = "a number"
    RESULT = "a number, or an errno name such as ENOENT"
    DURATION = "a duration such as 10ms"
    TIME = "a time such as 14:05:09.25, 2026-08-21T14:05:09 or -5m"
    CHOICE = "one of its names"
    TEXT = "a text"
    PROCESS = "a process such as 110, web/110 or web/110@2026-08-21T14:05:09Z"
    EVENT = "the name of a system call or event, or a set such as %file"
    ANY = "a number or a text"


_EVERY = frozenset(ValueKind)
_TEXTS = frozenset((ValueKind.TEXT, ValueKind.EVENT, ValueKind.ANY))
_ORDERED = _EVERY - {ValueKind.CHOICE, ValueKind.TEXT, ValueKind.EVENT, ValueKind.PROCESS}


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare a field with a value."""

    name: str
    kinds: frozenset[ValueKind]
    """The kinds of fields that it can be used with."""
    description: str
    alias_of: str = ""
    takes_list: bool = False
    """Whether a list of values in brackets follows."""


OPERATORS: tuple[Operator, ...] = (
    Operator("=", _EVERY, "equals"),
    Operator("==", _EVERY, "the same as =", "="),
    Operator("!=", _EVERY, "is known and does not equal"),
    Operator("<", _ORDERED, "less, or earlier"),
    Operator("<=", _ORDERED, "at most"),
    Operator(">", _ORDERED, "more, or later"),
    Operator(">=", _ORDERED, "at least"),
    Operator("contains", _TEXTS, "has this text somewhere in it"),
    Operator("icontains", _TEXTS, "the same, ignoring case"),
    Operator("startswith", _TEXTS, "begins with this text"),
    Operator("endswith", _TEXTS, "ends with this text"),
    Operator("glob", _TEXTS, "matches this pattern of * ? [abc] [!abc] as a whole"),
    Operator("regex", _TEXTS, "matches this regular expression somewhere; ^ and $ are its ends"),
    Operator(
        "pmatch",
        _TEXTS,
        "is one of these paths, or below one: (/etc, /home/*/.ssh); * stays within a folder",
        takes_list=True,
    ),
    Operator("bcontains", _TEXTS, "has these bytes somewhere in it, in hexadecimal: cafe00"),
    Operator("bstartswith", _TEXTS, "begins with these bytes"),
    Operator("in", _EVERY, "equals one of (a, b, c); () equals nothing", takes_list=True),
    Operator(
        "intersects",
        _EVERY,
        "has a value among (a, b, c): the same as in, also for a field of several values",
        takes_list=True,
    ),
    Operator("exists", _EVERY, "is known for this row; takes no value"),
)
"""Every operator, in the order of the help."""

LIST_OPERATORS = frozenset(operator.name for operator in OPERATORS if operator.takes_list)
BYTE_OPERATORS = frozenset(("bcontains", "bstartswith"))
"""Operators whose value is bytes in hexadecimal."""

OPERATORS_BY_NAME = {operator.name: operator for operator in OPERATORS}
