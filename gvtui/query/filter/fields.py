"""The fields and operators of the filter language: the one table that parser, help and completion read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum


class ValueKind(Enum):
    """What the values of a field are; the value says it to the user."""

    NUMBER = "a number"
    RESULT = "a number, or an errno name such as ENOENT"
    DURATION = "a duration such as 10ms"
    TIME = "a time such as 14:05:09.25 or 2026-08-21T14:05:09"
    CHOICE = "one of its names"
    TEXT = "a text"
    EVENT = "the name of a system call or event, or a set such as %file"
    ANY = "a number or a text"


_EVERY = frozenset(ValueKind)
_TEXTS = frozenset((ValueKind.TEXT, ValueKind.EVENT, ValueKind.ANY))
_ORDERED = _EVERY - {ValueKind.CHOICE, ValueKind.TEXT, ValueKind.EVENT}


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare a field with a value."""

    name: str
    kinds: frozenset[ValueKind]
    """The fields it can be used with."""
    description: str
    alias_of: str = ""


OPERATORS: tuple[Operator, ...] = (
    Operator("=", _EVERY, "equals"),
    Operator("==", _EVERY, "the same as =", "="),
    Operator("!=", _EVERY, "is there and does not equal"),
    Operator("<", _ORDERED, "less, or earlier"),
    Operator("<=", _ORDERED, "at most"),
    Operator(">", _ORDERED, "more, or later"),
    Operator(">=", _ORDERED, "at least"),
    Operator("contains", _TEXTS, "has this text somewhere in it"),
    Operator("icontains", _TEXTS, "the same, upper and lower case alike"),
    Operator("startswith", _TEXTS, "begins with this text"),
    Operator("endswith", _TEXTS, "ends with this text"),
    Operator("glob", _TEXTS, "fits this pattern of * ? [abc] [!abc] as a whole"),
    Operator("regex", _TEXTS, "fits this regular expression somewhere; ^ and $ are its ends"),
    Operator("in", _EVERY, "equals one of (a, b, c)"),
    Operator("exists", _EVERY, "is known for this row; takes no value"),
)
"""Every operator, in the order that help shows them."""

OPERATORS_BY_NAME = {operator.name: operator for operator in OPERATORS}


@dataclass(frozen=True, slots=True)
class Field:
    """Something to filter by."""

    name: str
    kind: ValueKind
    description: str
    example: str
    needs: frozenset[str] = frozenset()
    """Context fields that the session must collect for it, by their session names."""
    choices: tuple[str, ...] = ()
    """The values there are, where they are few."""
    takes_argument: bool = False
    """Whether a name follows: `evt.arg.NAME`."""

    @property
    def label(self) -> str:
        """The name as help writes it."""
        return f"{self.name}.NAME" if self.takes_argument else self.name

    def operators(self) -> list[str]:
        """The operators that can be used with it."""
        return [operator.name for operator in OPERATORS if self.kind in operator.kinds]


def _field(
    name: str,
    kind: ValueKind,
    description: str,
    example: str,
    *needs: str,
    choices: tuple[str, ...] = (),
    takes_argument: bool = False,
) -> Field:
    return Field(name, kind, description, example, frozenset(needs), choices, takes_argument)


FIELDS: tuple[Field, ...] = (
    _field("evt.num", ValueKind.NUMBER, "number of the row in the trace", "evt.num > 1000"),
    _field(
        "evt.time",
        ValueKind.TIME,
        "when it happened: by the sandbox's clock, else when it was received; a time of day, a "
        "date and time, or nanoseconds since 1970",
        "evt.time >= 14:05",
        "time",
    ),
    _field(
        "evt.type",
        ValueKind.EVENT,
        "system call or event, whether its point is raw or decoded",
        "evt.type in (openat, execve)",
    ),
    _field(
        "evt.dir",
        ValueKind.CHOICE,
        "E (or >) where a system call enters, X (or <) where it exits",
        "evt.dir = X",
        choices=("E", "X"),
    ),
    _field(
        "evt.res",
        ValueKind.RESULT,
        "result of a call, on exits only; of one that failed, its error number below zero",
        "evt.res = ENOENT",
    ),
    _field(
        "evt.failed",
        ValueKind.CHOICE,
        "whether the call failed; known on exits only",
        "evt.failed = true",
        choices=("true", "false"),
    ),
    _field(
        "evt.errno",
        ValueKind.RESULT,
        "error number of a call, on exits only; 0 if it did not fail",
        "evt.errno in (EACCES, EPERM)",
    ),
    _field(
        "evt.latency",
        ValueKind.DURATION,
        "how long the call took, on exits only, where its enter is in the trace too",
        "evt.latency > 10ms",
        "time",
        "thread_id",
    ),
    _field(
        "evt.args",
        ValueKind.TEXT,
        "the arguments as the list shows them",
        "evt.args contains CREAT",
    ),
    _field(
        "evt.arg",
        ValueKind.ANY,
        "one argument, by its name in the message: pathname, flags, argv, ...; compared as a "
        "number, as a text, and as the list shows it",
        "evt.arg.flags contains O_CREAT",
        takes_argument=True,
    ),
    _field(
        "context",
        ValueKind.ANY,
        "any other field of the context, by its name in the message: cwd, is_exec_session, "
        "credentials.effective_uid, ...; one without a dot that is 0 or empty counts as lacking",
        "context.cwd startswith /home",
        takes_argument=True,
    ),
    _field(
        "evt.kind",
        ValueKind.CHOICE,
        "what the row is",
        "evt.kind = drop",
        choices=("message", "opened", "closed", "mark", "drop"),
    ),
    _field(
        "evt.dropped",
        ValueKind.NUMBER,
        "on a drop row, how many points the sandbox lost there",
        "evt.dropped > 100",
    ),
    _field(
        "proc.pid",
        ValueKind.NUMBER,
        "process id inside the sandbox",
        "proc.pid in (110, 112)",
        "group_id",
    ),
    _field("proc.name", ValueKind.TEXT, "process name", "proc.name = bash", "process_name"),
    _field("proc.ppid", ValueKind.NUMBER, "process id of the parent", "proc.ppid = 1", "group_id"),
    _field(
        "proc.cmdline",
        ValueKind.TEXT,
        "program and arguments of the process",
        "proc.cmdline contains --force",
        "group_id",
    ),
    _field(
        "thread.tid",
        ValueKind.NUMBER,
        "thread id inside the sandbox",
        "thread.tid = 7",
        "thread_id",
    ),
    _field("fd.num", ValueKind.NUMBER, "file descriptor the call is about", "fd.num <= 2"),
    _field(
        "fd.name",
        ValueKind.TEXT,
        "file, program or socket address the row is about; a relative path as the program gave it",
        "fd.name startswith /etc",
        "fd_path",
    ),
    _field("user.uid", ValueKind.NUMBER, "real user id", "user.uid = 0", "credentials"),
    _field(
        "container.id",
        ValueKind.TEXT,
        "container ID; that of the connection where the message has none",
        "container.id startswith dee0",
        "container_id",
    ),
    _field("conn.num", ValueKind.NUMBER, "number of the connection", "conn.num = 2"),
    _field("point.name", ValueKind.TEXT, "trace point", "point.name glob syscall/sysno/*"),
)
"""Every field, in the order that help shows them."""

FIELDS_BY_NAME = {field.name: field for field in FIELDS}


def find_field(name: str) -> tuple[Field, str] | None:
    """The field that `name` means and the argument's name behind it; None if there is none."""
    field = FIELDS_BY_NAME.get(name)
    if field is not None and not field.takes_argument:
        return field, ""
    for field in FIELDS:
        if field.takes_argument and name.startswith(field.name + "."):
            argument = name[len(field.name) + 1 :]
            return (field, argument) if argument else None
    return None


def similar_fields(name: str) -> list[str]:
    """Fields that somebody who typed `name` may have meant."""
    labels = [field.label for field in FIELDS]
    last = name.rpartition(".")[2]
    same_end = [label for label in labels if last and label.rpartition(".")[2] == last]
    return list(dict.fromkeys(same_end + difflib.get_close_matches(name, labels, 3)))[:3]


@dataclass(frozen=True, slots=True)
class FieldHelp:
    """A field as help and menus describe it."""

    name: str
    values: str
    description: str
    example: str
    operators: list[str]


def describe_fields() -> list[FieldHelp]:
    """All fields, with what can be done with them."""
    return [
        FieldHelp(
            field.label,
            ", ".join(field.choices) or field.kind.value,
            field.description,
            field.example,
            field.operators(),
        )
        for field in FIELDS
    ]
