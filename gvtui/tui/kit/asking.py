"""What the user can be asked, as data: a line to type, an entry to pick, a text to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.query.filter.complete import Completion
    from gvtui.tui.kit.history import History


Body: TypeAlias = "Sequence[str | tuple[str, str]]"
"""Pieces of a text, those in colour with the name of a style."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with what was typed."""

    message: str
    column: int | None = None
    """Where, counted from 0; None if it is about all of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A line that the user is to type."""

    label: str
    done: Callable[[str], Problem | None]
    """Takes the text when Enter is pressed; a problem keeps the prompt open."""
    check: Callable[[str], Problem | None] | None = None
    """Looks at the text while it is typed."""
    value: str = ""
    hint: str = ""
    complete: Callable[[str, int], Sequence[Completion]] | None = None
    """What could stand at a place of the text."""
    history: History | None = None
    """What was typed before."""
    typed: Callable[[str], None] | None = None
    """Told of each change of the text, also where nothing is left of it."""
    cancelled: Callable[[], None] | None = None
    """Told when the user leaves the prompt without an answer."""
    then: Callable[[str], None] | None = None
    """Takes the text when the prompt has closed with it, and the keyboard is back where it was."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list; its words are harmless on a terminal."""

    key: str
    """What it is told by; not shown."""
    words: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """A list over the viewer from which the user picks an entry."""

    heading: str
    entries: Sequence[Entry]
    picked: Callable[[str], None]
    """Told the key of the entry that was picked; the list is closed by then."""
    cancelled: Callable[[], None] | None = None
    """Told when the user closes the list without picking."""
    removed: Callable[[str], None] | None = None
    """Told the key of an entry that is to go; None if none can."""
    switched: Callable[[str], str] | None = None
    """Switches an entry and gives its new words: the list then stays open, and `picked` is not
    called."""
    line: str = ""
    """The command that opens the list; its key closes it again."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text over the viewer that the user reads."""

    title: str
    """The line over it; "" for none."""
    body: Body | Callable[[int], Body]
    """Its pieces, or what gives them for a width in cells; harmless on a terminal."""
    line: str = ""
    """The command that opens it; its key closes it again."""
    from_end: bool = False
    """Whether the end is in sight first."""
    is_wide: bool = True
    """Whether the panel is as wide as lines of code need it."""
