"""The help screen: all keys under headings, and all signs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from gvtui.tui.command.keys import keys_words
from gvtui.tui.command.listing import grouped
from gvtui.tui.kit.signs import (
    BAD_SIGN,
    BOOKMARK,
    BOOKMARK_AT_CURSOR,
    CALL_SIGN,
    COMES_SIGN,
    DROP_SIGN,
    ENDED_SIGN,
    ENTER_SIGN,
    EVENT_SIGN,
    EXIT_SIGN,
    GAP_SIGN,
    LOST_SIGN,
    RUNS_SIGN,
    SESSION_SIGN,
    UNKNOWN_SIGN,
    WINDOW_SIGN,
)

if TYPE_CHECKING:
    from gvtui.tui.command.registry import Commands

WIDTH = 82
"""How many cells wide the text is at most; the panel has no more."""
_KEYS_WIDTH = 16

_SIGNS = (
    (ENTER_SIGN, "a system call begins"),
    (EXIT_SIGN, "it returns; ✗ before the error's name if it failed"),
    ("+ » †", "clone, exec, exit, as the kernel of the sandbox reports them"),
    ("◉", "a container starts"),
    (EVENT_SIGN, "another event"),
    (
        f"{BAD_SIGN} {UNKNOWN_SIGN}",
        "a message that cannot be read, or of a type not known",
    ),
    (f"{CALL_SIGN} …", "a whole call; one that still runs"),
    (WINDOW_SIGN, "on the timeline: what the stream shows; underlined: calls fail, bold: many"),
    (COMES_SIGN, "among the points: messages of this point come now"),
    (f"{RUNS_SIGN} {ENDED_SIGN}", "a process runs, or has ended"),
    ("~ ◦", "a process deduced from its messages; one that ran before the session"),
    (DROP_SIGN, "the sandbox dropped points here: they are lost"),
    (
        f"● ○ {LOST_SIGN}",
        "a sandbox is connected, or gone; not known, as the monitor has ended",
    ),
    (f"{SESSION_SIGN} {GAP_SIGN}", "a session was applied; points were lost during the change"),
    ("[E] [X] [●]", "a point that is on: enter, exit, an event; [◐] some of them; $ costly"),
    ("[?]", "whether a point is on is not known, as where a recording has no session"),
    ("+ − ~", "in the points: staged to be added, removed, changed"),
    (f"{BOOKMARK} {BOOKMARK_AT_CURSOR}", "a bookmark; on the selected row"),
)


def help_text(commands: Commands, width: int = WIDTH) -> list[str | tuple[str, str]]:
    """The text of the help screen, in lines of `width` cells: keys by heading, then the signs."""

    def beside(words: str) -> str:
        # What has no room beside the keys goes on under itself, and not under the keys.
        indent = " " * (_KEYS_WIDTH + 2)
        room = min(width, WIDTH) - len(indent)
        return f"\n{indent}".join(textwrap.wrap(words, room)) + "\n"

    parts: list[str | tuple[str, str]] = []
    with_keys = (each for each in commands.listed() if commands.keys(each))
    for heading, members in grouped(with_keys).items():
        parts.append((f"{heading}\n", "bold"))
        for command in members:
            keys = keys_words(commands.keys(command))
            parts.append((f"  {keys:<{_KEYS_WIDTH}}", "bold $primary"))
            parts.append(beside(f"{command.title}{command.where}"))
        parts.append("\n")
    parts.append(("Signs\n", "bold"))
    for sign, meaning in _SIGNS:
        parts.append((f"  {sign:<{_KEYS_WIDTH}}", "bold $primary"))
        parts.append(beside(meaning))
    find, line = commands.keys_of("commands.find"), commands.keys_of("commands.type")
    parts.append(f"\n{find} finds any of these by its words, {line} takes its name.\n")
    parts.append("In lists and texts, the keys of movement work too: j k, g G, Ctrl+D Ctrl+U.\n")
    parts.append("Esc, q and Ctrl+C close them.")
    return parts
