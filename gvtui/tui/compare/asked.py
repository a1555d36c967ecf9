"""Reads what the user wants to compare: recordings, containers, and windows with their ends."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.query.filter.write import time_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAME_POINTS = "--same-points"
_WINDOW = re.compile(r"(?P<file>.*)@(?P<begin>.*?)\.\.(?P<end>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """Two sides, as `gvtui diff` takes them."""

    before: str
    after: str
    containers: tuple[str, ...]
    """None, or one for each side."""
    is_here: tuple[bool, bool]
    """Whether the rows of each side are those of the trace on the screen."""
    same_points: bool = False
    """Whether the user says that both sides had the same points on."""


def read_pair(
    text: str, here: Path, containers: Sequence[str], own: str, ends: Mapping[str, int]
) -> ComparedPair | str:
    """The sides that typed words name; a sentence if they name none.

    Args:
        text: one word for what this trace is compared with, or two for both sides: a recording,
            `FILE@FROM..TO`, `@FROM..TO` of this trace, or one of its containers; with
            `--same-points` in front, both sides had the same points on.
        here: the trace on the screen.
        containers: what its containers are called.
        own: the container of the selected row; "" if it has none.
        ends: notes of bookmarks with their times, Unix nanoseconds: they may stand for times.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        return f"{error}: close the quotation"
    same_points = SAME_POINTS in words
    words = [word for word in words if word != SAME_POINTS]
    if not 1 <= len(words) <= 2:
        return "one word, or two for both sides; a name with blanks needs quotes"
    named = [word in containers and not Path(word).expanduser().exists() for word in words]
    if any(named):
        if not all(named):
            return "a container is compared with another container of this trace"
        pair = words if len(words) == 2 else [own, *words]
        if not pair[0]:
            return "select a row of a container first, or name two containers"
        return ComparedPair(str(here), str(here), (pair[0], pair[1]), (True, True), same_points)
    sides, is_here = [], []
    for word in words:
        match = None if Path(word).expanduser().exists() else _WINDOW.fullmatch(word)
        file = match["file"] if match else word
        path = Path(file).expanduser() if file else here
        if not path.exists():
            return f"there is neither a file nor a container {file!r}"
        window = f"@{_end(match['begin'], ends)}..{_end(match['end'], ends)}" if match else ""
        sides.append(f"{path}{window}")
        is_here.append(path.resolve() == here.resolve())
    if len(sides) == 1:
        sides, is_here = [str(here), *sides], [True, *is_here]
    return ComparedPair(sides[0], sides[1], (), (is_here[0], is_here[1]), same_points)


def _end(text: str, ends: Mapping[str, int]) -> str:
    return time_text(ends[text]) if text in ends else text
