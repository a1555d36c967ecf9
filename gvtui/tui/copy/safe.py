"""Makes texts from sandboxes safe to copy: pasting one into a shell runs nothing.

Each text becomes one line without control characters: to a shell, a pasted line break is Enter, and
a pasted Ctrl+U deletes the line.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\", "!": "\\x21"}
"""Escapes within `$'...'`; bash expands `!` even there."""


def plain_line(text: str) -> str:
    r"""A text as one line of printable characters: a line break becomes `\n`."""
    return escape(text)


def json_line(text: str) -> str:
    """The same JSON value in ASCII, without raw control characters."""
    return text.replace("\x7f", "\\u007f")


def shell_line(args: Iterable[str]) -> str:
    r"""A command line from which a shell reads exactly these words.

    A word with unprintable characters is written as `$'a\nb'`, which bash, zsh and ksh know.
    """
    return " ".join(_shell_word(arg, is_first=place == 0) for place, arg in enumerate(args))


def _shell_word(word: str, *, is_first: bool) -> str:
    if escape(word) != word:
        return f"$'{''.join(map(_ansi_c, word))}'"
    # Without quotes, a shell would read these as a variable, a job, or a program's path.
    if word.startswith("=") or (is_first and ("=" in word or word.startswith("%"))):
        return "'" + word.replace("'", "'\"'\"'") + "'"
    return shlex.quote(word)


def _ansi_c(character: str) -> str:
    short = _SHORT.get(character)
    if short is not None:
        return short
    if character.isascii() and character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
