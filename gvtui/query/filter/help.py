"""The reference of the filter language, written from the tables that the parser itself uses."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from gvtui.points.groups import SET_DESCRIPTIONS, SETS
from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.operators import OPERATORS
from gvtui.query.filter.pattern import MAX_PATTERN, MAX_REPETITIONS
from gvtui.query.filter.values import DURATION_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.filter.fields import Field

WIDTH = 92
"""Characters of a line, where there is room."""
_COLUMN = 16

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("proc.name = bash", "what bash does"),
    (
        "evt.type in (openat, execve) and fd.name startswith /etc and evt.failed = true",
        "files below /etc that could not be opened or run",
    ),
    ("evt.type in %network and not fd.name contains 127.0.0.1", "network calls to elsewhere"),
    ("evt.res = ENOENT", "calls that found no such file"),
    ("evt.latency > 10ms", "calls that took long"),
    ("proc.pid in (110, 112) or proc.ppid = 110", "two processes, and children of one"),
    ("evt.arg.flags contains O_CREAT", "calls that may create a file"),
    ("evt.time >= 14:05 and evt.time < 14:10", "five minutes"),
    ('fd.name regex "^/(etc|root)/"', "a regular expression in quotes, for its brackets"),
    ("not user.uid = 0 and user.uid exists", "whoever is not root"),
    ("evt.kind = drop or evt.failed = true", "failures, and where the sandbox dropped points"),
)
"""Filters with what they are for."""


def reference(width: int = WIDTH) -> str:
    """Every field, operator, set and kind of value, with examples, for a terminal."""
    parts = [
        _paragraph(
            "A filter is a condition that a row meets or does not: a field, an operator and a "
            "value, as Falco and sysdig write it. and, or, not and ( ) join conditions; not binds "
            "closest, then and, then or.",
            width,
        ),
        _section("Examples", EXAMPLES, width, wide=True),
        "Fields\n" + "\n".join(_field_lines(field, width) for field in FIELDS),
        _section("Operators", [(o.name, o.description) for o in OPERATORS], width),
        _section("Values", _value_rows(), width),
        _section(
            "Sets, for evt.type",
            [(name, f"{SET_DESCRIPTIONS[name]} ({len(SETS[name])})") for name in SETS],
            width,
        ),
        "Rules\n" + "\n".join(_bullet(rule, width) for rule in _RULES),
        _section("In the viewer", _VIEWER, width),
    ]
    return "\n\n".join(parts) + "\n"


_RULES = (
    "A comparison with a field that the row lacks is false, whatever the operator; not turns that "
    "round. The list above says what a session must collect for a field: (from group_id).",
    "Rows that are no messages have evt.num, evt.time, evt.kind, conn.num and container.id, and "
    "drop rows evt.dropped.",
    "evt.res, evt.errno and evt.failed are known on exits only. The result of a call that failed "
    "is its error number below zero, so evt.res < 0 holds for all that failed; an errno name "
    "stands for calls that failed, never for a result that happens to be the same number. Newer "
    "gVisor sends no error of an exec that failed: evt.failed = true finds it, and it has neither "
    "evt.res nor evt.errno; one of which nothing is known has none of the three.",
    "A value needs quotes, single or double, if it has spaces, quotes, commas or brackets in it. "
    "In quotes, \\\" \\' \\\\ \\n \\r \\t \\xHH and \\u{H...} are escapes; before anything else a "
    "backslash stays.",
    "Regular expressions are found anywhere in the text, other than in Falco, where they must fit "
    "it all. They are RE2's: . [ ] ( ) (?: ) | * + ? {n,m} ^ $ \\d \\w \\s \\b \\pL and (?i); . takes "
    "the end of a line too. They do not look ahead or behind, have no references to groups, and "
    f"count to {MAX_REPETITIONS:,} at most, {{n}} within {{m}} multiplied; a pattern has up to "
    f"{MAX_PATTERN:,} characters. They take time in proportion to the text, whatever it is.",
    "A star of a glob covers / too.",
    "A time covers as much as it does not say: evt.time = 14:05 is the whole minute.",
)


_VIEWER: tuple[tuple[str, str], ...] = (
    (
        "f",
        "types a filter. Tab takes a suggestion: a field, an operator, a value seen; the arrow "
        "keys pick another, or bring back what was typed before; F2 shows this text",
    ),
    (
        "p n e x",
        "only the selected row's process, its process name in all sandboxes, enters, exits; P and "
        "N type process ids and names",
    ),
    (
        "Enter",
        "goes to the selected row's fields; there + filters to a value, - filters it out, | "
        "shows the field as a column, Enter asks",
    ),
    (
        "\\ and Backspace",
        "switch all filters off and on, and remove the last; a click on a chip "
        "switches it, on its × removes it",
    ),
    (
        "w and v",
        "save the filters in force under a name, and pick a saved one; they stand in the "
        "table [filters] of gvtui/config.toml in the user's configuration folder",
    ),
    (
        "/",
        "searches text in the rows that the filters leave; . and , go to the next and the one "
        "before, Esc ends",
    ),
)


def _value_rows() -> list[tuple[str, str]]:
    units = ", ".join(unit for unit in DURATION_UNITS if unit.isascii())
    return [
        ("number", "12, -1, 0x1f, 0o17"),
        ("result", "a number, or an errno name: evt.res = ENOENT"),
        ("duration", f"10ms, 1.5s; units: {units}; nanoseconds without one"),
        (
            "time",
            "14:05, 14:05:09, 14:05:09.25: time of day, on any day; 2026-08-21, "
            "2026-08-21T14:05:09.25, also with Z or +02:00: once; or nanoseconds since 1970",
        ),
        ("text", "bash, /etc/passwd, or in quotes"),
        ("set", "%file and the others below, alone or among names: evt.type in (%file, close)"),
    ]


def _field_lines(field: Field, width: int) -> str:
    text = field.description
    if field.choices and not field.aliases:
        text += f": {', '.join(field.choices)}"
    if field.needs:
        text += f" (from {', '.join(sorted(field.needs))})"
    return f"{_row(field.label, text, width)}\n{' ' * (_COLUMN + 2)}{field.example}"


def _section(title: str, rows: Iterable[tuple[str, str]], width: int, *, wide: bool = False) -> str:
    lines = [title]
    for name, text in rows:
        if wide:
            lines.append(textwrap.fill(name, width, initial_indent="  ", subsequent_indent="    "))
            lines.append(f"      {text}")
            continue
        lines.append(_row(name, text, width))
    return "\n".join(lines)


def _row(name: str, text: str, width: int) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=f"  {name:<{_COLUMN}}",
        subsequent_indent=" " * (_COLUMN + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paragraph(text: str, width: int) -> str:
    return textwrap.fill(text, width)


def _bullet(text: str, width: int) -> str:
    return textwrap.fill(
        text, width, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
    )
