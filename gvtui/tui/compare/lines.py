"""The lines of a comparison on the screen, and where each leads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gvtui.decode.escape import escape
from gvtui.errors import GvtuiError
from gvtui.export.diff.json import SCHEMA, VERSION
from gvtui.export.diff.rows import SIGNS, title_of, two_digits
from gvtui.query.compare.compare import Sign
from gvtui.words import counted, lower_first

_MAX_WHAT = 100
_UNTOLD = "?"


class NoComparisonError(GvtuiError):
    """What was read is no comparison."""


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One line, escaped for a terminal."""

    words: str
    filters: tuple[str, str] = ("", "")
    """The filters for its rows before and after; "" for none."""
    first: tuple[int, int] = (-1, -1)
    """The first of these rows on each side; -1 if it is not known."""
    leads: bool = False


@dataclass(frozen=True, slots=True)
class ComparedLines:
    """A comparison as the screen shows it."""

    heading: str
    lines: tuple[ComparedLine, ...]
    files: tuple[str, str]
    """The recordings of both sides."""


def read_lines(text: str) -> ComparedLines:
    """The lines of what `gvtui diff --format json` has written.

    Raises:
        NoComparisonError: it is none.
    """
    try:
        made = json.loads(text)
        if (made["schema"], made["version"]) != (SCHEMA, VERSION):
            raise NoComparisonError("the comparison is of another version of gvtui")
        return _lines(made)
    except (ValueError, KeyError, TypeError) as error:
        raise NoComparisonError(f"what gvtui diff has written cannot be read: {error}") from error


def _lines(made: dict[str, Any]) -> ComparedLines:
    differences, untold = made["differences"], made["untold"]
    heading = f"{counted(len(differences), 'difference')}"
    if untold:
        heading += f", {len(untold):,} that cannot be told ({_UNTOLD})"
    lines = [_difference(each, SIGNS[Sign(each["sign"])]) for each in differences]
    for each in untold:
        lines.append(_difference(each, _UNTOLD))
        lines.append(ComparedLine(f"    {escape(each['why'], _MAX_WHAT)}"))
    same = [f"{lower_first(title_of(key))} {count:,}" for key, count in made["same"].items()]
    lines.append(ComparedLine("The rest is the same:"))
    lines += [ComparedLine(f"    {each}") for each in same or ["nothing"]]
    for title, sentences in (
        ("Folded away:", made["folded"]),
        ("What counts as a change:", made["thresholds"]),
    ):
        lines.append(ComparedLine(title))
        lines += [ComparedLine(f"    {escape(each)}") for each in sentences]
    files = (str(made["before"]["file"]), str(made["after"]["file"]))
    return ComparedLines(heading, tuple(lines), files)


def _difference(each: dict[str, Any], sign: str) -> ComparedLine:
    measures = "; ".join(map(_measure, each["measures"]))
    what = escape(str(each["what"]), _MAX_WHAT)
    details = escape(str(each["details"]), _MAX_WHAT)
    title = title_of(each["section"])
    words = f"{sign} {title}: {what}  {measures}{f'  {details}' if details else ''}"
    sides = ("before", "after")
    filters = [str(each["filters"][side] or "") for side in sides]
    first = [int(each[side]["rows"]["first"]) if each[side] else -1 for side in sides]
    return ComparedLine(words, (filters[0], filters[1]), (first[0], first[1]), leads=True)


def _measure(measure: dict[str, Any]) -> str:
    before, after = int(measure["before"]), int(measure["after"])
    if measure["name"] == "p99_ns":
        return f"p99 {two_digits(before)} → {two_digits(after)}"
    name = "" if measure["name"] == "times" else f"{measure['name'].replace('_', ' ')} "
    return f"{name}{before:,} → {after:,}"
