"""The help on the filter language, made from the tables that the parser uses."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from gvtui.points.groups import SET_DESCRIPTIONS, SETS
from gvtui.query.filter.events import gvisor_events
from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.operators import OPERATORS
from gvtui.query.filter.pattern import MAX_PATTERN, MAX_REPETITIONS
from gvtui.query.filter.transformers import TRANSFORMERS
from gvtui.query.filter.values import DURATION_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.filter.field import Field

WIDTH = 92
"""How many characters a line has, if the screen is wide enough."""
_COLUMN = 16

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("proc.name = bash", "what bash does"),
    (
        "evt.type in (openat, execve) and fd.name startswith /etc and evt.failed = true",
        "files below /etc that could not be opened or run",
    ),
    ("evt.type in %network and not fd.name contains 127.0.0.1", "network calls to elsewhere"),
    ("evt.res = ENOENT", "calls that found no such file"),
    ("evt.latency > 10ms", "slow calls"),
    ("proc.pid in (110, 112) or proc.ppid = 110", "two processes, and children of one"),
    ("evt.arg.flags contains O_CREAT", "calls that may create a file"),
    ("evt.time >= 14:05 and evt.time < 14:10", "five minutes"),
    ("evt.time > -5m", "the last five minutes"),
    ("fd.name pmatch (/etc, /home/*/.ssh)", "files in and below some folders"),
    ("tolower(basename(fd.name)) contains passwd", "a name in whatever case, in any folder"),
    ('fd.name regex "^/(etc|root)/"', "a regular expression in quotes, for its brackets"),
    ("not user.uid = 0 and user.uid exists", "calls of users other than root"),
    ("evt.kind = drop or evt.failed = true", "failures, and where the sandbox dropped points"),
)
"""Example filters, each with its purpose."""


def reference(width: int = WIDTH) -> str:
    """Every field, operator, set and kind of value, with examples, for a terminal."""
    parts = [
        _paragraph(
            "A filter is a condition on a row: a field, an operator and a value, written as in "
            "Falco and sysdig. and, or, not and parentheses join conditions; not binds closest, "
            "then and, then or.",
            width,
        ),
        _section("Examples", EXAMPLES, width, wide=True),
        "Fields\n" + "\n".join(_field_lines(field, width) for field in FIELDS),
        _section("Operators", [(o.name, o.description) for o in OPERATORS], width),
        _section(
            "Transformers",
            [(f"{name}()", words) for name, (_, words) in TRANSFORMERS.items()],
            width,
        ),
        _section("Values", _value_rows(), width),
        "gVisor's events, for evt.type besides the names of system calls\n"
        + "\n".join(f"  {event}" for event in gvisor_events()),
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
    "A comparison with a field that the row lacks is false for every operator; with not before it, "
    "it is true. The list above names what a session must collect for a field: (from group_id).",
    "Rows that are not messages have only evt.num, evt.time, evt.kind, conn.num and container.id; "
    "drop rows have evt.dropped too.",
    "Only exits have evt.res, evt.errno and evt.failed. The result of a failed call is its negative "
    "error number, so evt.res < 0 finds all failed calls; an errno name finds only failed calls, "
    "never a result with the same number. Newer gVisor does not send the error of a failed exec: "
    "evt.failed = true finds such an exec, but it has neither evt.res nor evt.errno. An exec with "
    "an unknown outcome has none of the three.",
    "A value needs quotes, single or double, if it has spaces, quotes, commas or brackets in it. "
    "In quotes, \\\" \\' \\\\ \\n \\r \\t \\xHH and \\u{H...} are escapes; before any other "
    "character a backslash is kept.",
    "A regular expression matches anywhere in the text; in Falco it must match the whole text. The "
    "syntax is RE2's: . [ ] ( ) (?: ) | * + ? {n,m} ^ $ \\d \\w \\s \\b \\pL and (?i); . matches a "
    "line break too. Looking ahead or behind and references to groups are not supported. Counts "
    f"in braces go up to {MAX_REPETITIONS:,}, with {{n}} within {{m}} multiplied; a pattern has at "
    f"most {MAX_PATTERN:,} characters. Matching takes time in proportion to the text.",
    "The star of a glob matches / too, that of pmatch does not.",
    "A name or number in brackets after a list chooses one of its elements, from 0: "
    "evt.arg.argv[1] = -c.",
    "evt.type takes only names that gVisor has; a pattern, as in evt.type glob sched_*, may name "
    "anything.",
    "A time stands for all moments that begin so: evt.time = 14:05 is the whole minute.",
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
        "save the filters in force under a name, and pick a saved one; they are in the table "
        "[filters] of gvtui/config.toml in the user's configuration folder",
    ),
    (
        "/",
        "searches text in the rows that pass the filters; . and , go to the next and the "
        "previous match, Esc ends",
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
            "2026-08-21T14:05:09.25, also with Z or +02:00: once; -5m, -1.5h: so long before the "
            "filter was applied, in a recording before its newest row; or nanoseconds since 1970",
        ),
        ("bytes", "in hexadecimal, two digits for each: cafe00"),
        ("text", "bash, /etc/passwd, or in quotes"),
        ("set", "%file and the others below, alone or among names: evt.type in (%file, close)"),
    ]


def _field_lines(field: Field, width: int) -> str:
    text = field.description
    if field.choices and not field.aliases:
        text += f": {', '.join(field.choices)}"
    needs = [f"{field.optional} on sentry/execve"] if field.optional else []
    needs += sorted(field.needs)
    if needs:
        text += f" (from {', '.join(needs)})"
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
        initial_indent=f"  {name:<{_COLUMN - 1}} ",
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
