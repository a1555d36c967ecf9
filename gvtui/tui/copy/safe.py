"""Texts from sandboxes made safe for a clipboard: whoever pastes one into a shell runs nothing.

Each is one line without control characters: a shell takes a line break, pasted without protection,
as Enter, and a Ctrl+U as the wish to begin anew.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\", "!": "\\x21"}
"""What `$'...'` has words for; bash looks for `!` even in there."""


def plain_line(text: str) -> str:
    r"""A text as one line that holds nothing unprintable: a line break becomes `\n`."""
    return escape(text)


def json_line(text: str) -> str:
    """JSON in ASCII without a raw control character; it means the same as before."""
    return text.replace("\x7f", "\\u007f")


def shell_line(args: Iterable[str]) -> str:
    r"""A command line that a shell reads as these words.

    A word with unprintable characters is written as `$'a\nb'`, which bash, zsh and ksh know.
    """
    return " ".join(_shell_word(arg, is_first=place == 0) for place, arg in enumerate(args))


def _shell_word(word: str, *, is_first: bool) -> str:
    if escape(word) != word:
        return f"$'{''.join(map(_ansi_c, word))}'"
    # A shell would take these, without quotes, for a variable, a job, or the place of a program.
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
