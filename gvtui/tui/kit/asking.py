"""Dialogs as data: a line to type, an entry to pick, a text to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gvtui.decode.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from gvtui.query.filter.complete import Completion
    from gvtui.tui.kit.history import History

_MAX_SHOWN = 200

Body: TypeAlias = "Sequence[str | tuple[str, str]]"
"""Pieces of a text; a coloured piece has the name of its style."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with typed text."""

    message: str
    column: int | None = None
    """The wrong column, from 0; None if the whole text is wrong."""


def no_new_file(path: Path, suffixes: Collection[str]) -> Mistake | None:
    """Why no new file of one of these suffixes can be made there; None if it can."""
    if path.suffix.lower() not in suffixes:
        return Mistake(f"its name must end with {', '.join(suffixes)}")
    if path.exists():
        return Mistake("this file exists already; choose another name")
    if not path.parent.is_dir():
        return Mistake(f"there is no folder {escape(str(path.parent), _MAX_SHOWN)}")
    return None


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt for a line of text."""

    label: str
    done: Callable[[str], Mistake | None]
    """Called with the text when Enter is pressed; a returned problem keeps the prompt open."""
    check: Callable[[str], Mistake | None] | None = None
    """Checks the text while it is typed."""
    value: str = ""
    hint: str = ""
    complete: Callable[[str, int], Sequence[Completion]] | None = None
    """Gives suggestions for a column of the text."""
    history: History | None = None
    """Earlier texts, for the arrow keys."""
    typed: Callable[[str], None] | None = None
    """Called with the text at each change, also when it becomes empty."""
    cancelled: Callable[[], None] | None = None
    """Called when the user leaves the prompt without an answer."""
    then: Callable[[str], None] | None = None
    """Called with the text after the prompt has closed and the focus is back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list; its words are escaped for a terminal."""

    key: str
    """Identifies the entry; not shown."""
    words: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A dialog with a list from which the user picks an entry."""

    heading: str
    entries: Sequence[Entry]
    picked: Callable[[str], None]
    """Called with the key of the picked entry after the list has closed."""
    cancelled: Callable[[], None] | None = None
    """Called when the user closes the list without picking an entry."""
    removed: Callable[[str], None] | None = None
    """Called with the key of an entry to remove; None if entries cannot be removed."""
    switched: Callable[[str], str] | None = None
    """Toggles an entry and gives its new words: the list then stays open, and `picked` is not
    called."""
    line: str = ""
    """The command that opens the list; the same key closes it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A dialog with a text to read."""

    title: str
    """The title above the text; "" for none."""
    body: Body | Callable[[int], Body]
    """The pieces, or a function that gives them for a width in cells; escaped for a terminal."""
    line: str = ""
    """The command that opens the text; the same key closes it."""
    from_end: bool = False
    """Whether the text is scrolled to its end at first."""
    is_wide: bool = True
    """Whether the panel is wide enough for lines of code."""
