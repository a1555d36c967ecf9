"""Text from a sandbox made safe for a terminal, and quoted as strace quotes strings."""

from __future__ import annotations

import re
import unicodedata
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STRING_LIMIT = 4096
"""How many characters of a string `quoted` shows: as many as a Linux path may have."""

ELEMENT_LIMIT = 256
"""How many characters are shown of one string among many, such as a word of a command."""

LIST_LIMIT = 64
"""How many strings of a list are shown."""

MAX_MARKS = 2
"""How many combining marks one character keeps; more would reach the lines above and below."""

_WHOLE: ContextVar[bool] = ContextVar("whole", default=False)

_ISOLATE, _POP = "\u2068", "\u2069"
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""The blocks that hold all letters and digits of scripts that run from right to left."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _blank_but_printable() -> frozenset[str]:
    """Characters that are invisible although `str.isprintable` accepts them.

    Source: Unicode, DerivedCoreProperties.txt, property Default_Ignorable_Code_Point.
    """
    singles = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
    ranges = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    numbers = singles.union(*(range(first, last + 1) for first, last in ranges))
    return frozenset(map(chr, numbers))


_BLANK = _blank_but_printable()


def _takes_no_cell(character: str) -> bool:
    """Whether a terminal draws it onto the character before: combining marks, Hangul vowels."""
    return unicodedata.category(character) in ("Mn", "Me") or (
        "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff"
    )


def _has_disputed_width(character: str) -> bool:
    """Whether some terminals give it a cell and others draw it onto the character before: vowel
    signs that take room, and skin tones. A line with many would reach into the next."""
    return unicodedata.category(character) == "Mc" or "\U0001f3fb" <= character <= "\U0001f3ff"


def _escape_sequence(character: str) -> str:
    short = _SHORT.get(character)
    if short is not None:
        return short
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    if number <= 0xFFFF:
        return f"\\u{number:04x}"
    return f"\\U{number:08x}"


def _visible(text: str, quoting: str) -> Iterator[str]:
    marks = MAX_MARKS
    for character in text:
        if character in quoting:
            marks = MAX_MARKS
            yield "\\" + character
        elif not character.isprintable() or character in _BLANK:
            marks = MAX_MARKS
            yield _escape_sequence(character)
        elif character.isascii():
            marks = 0
            yield character
        elif _has_disputed_width(character):
            marks = MAX_MARKS
            yield _escape_sequence(character)
        elif _takes_no_cell(character):
            marks += 1
            yield character if marks <= MAX_MARKS else _escape_sequence(character)
        else:
            marks = 0
            yield character


def escape(text: str, limit: int | None = None) -> str:
    r"""Make `text` safe to show on a terminal.

    Control characters, direction overrides, characters of no width or of one that terminals
    dispute, line and paragraph separators, surrogates and unassigned code points become `\n`, `\x1b`, `\u202e` and the like.
    A backslash stays as it is. At most `limit` characters come back; if some had to go, the last
    one is `…`.
    """
    cut = limit is not None and len(text) > limit
    if cut:
        text = text[:limit]
    shown = text if text.isascii() and text.isprintable() else "".join(_visible(text, ""))
    if limit is not None and (cut or len(shown) > limit):
        return shown[: max(limit - 1, 0)] + "…"
    return shown


def harmless(text: str) -> str:
    """Lines for a terminal, each escaped; letters that run from right to left are isolated, so that
    they put no word around them into another place."""
    return isolated("\n".join(map(escape, text.split("\n"))))


def isolated(text: str) -> str:
    """The text with each run of letters that run from right to left put between marks of no width,
    for a terminal that orders letters by their script."""
    if text.isascii() or not _RIGHT_TO_LEFT.search(text):
        return text
    pieces: list[str] = []
    is_inside = False
    for character in text:
        kind = unicodedata.bidirectional(character)
        is_right_to_left = kind in ("R", "AL", "AN") or (is_inside and kind == "NSM")
        if is_right_to_left != is_inside:
            pieces.append(_ISOLATE if is_right_to_left else _POP)
            is_inside = is_right_to_left
        pieces.append(character)
    return "".join(pieces) + (_POP if is_inside else "")


@contextmanager
def uncut() -> Iterator[None]:
    """While it lasts, `quoted` and its kin cut no string and no list: for what is compared, not
    shown."""
    token = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(token)


def quoted(text: str, limit: int = STRING_LIMIT) -> str:
    """`text` in double quotes, escaped; `...` follows the quotes if it had to be cut."""
    tail = ""
    if len(text) > limit and not _WHOLE.get():
        text = text[:limit]
        tail = "..."
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"{tail}'
    return f'"{"".join(_visible(text, _QUOTING))}"{tail}'


_QUOTING = '"\\'


def quoted_bytes(raw: bytes, limit: int = STRING_LIMIT) -> str:
    r"""As `quoted`; bytes that are no UTF-8 show as `\x80`."""
    if len(raw) > limit * 4 + 4 and not _WHOLE.get():
        raw = raw[: limit * 4 + 4]
    return quoted(raw.decode("utf-8", "surrogateescape"), limit)


def in_angles(text: str, limit: int = STRING_LIMIT) -> str:
    """What a descriptor stands for, as strace puts it behind the number: `</etc/passwd>`."""
    shown = escape(text, None if _WHOLE.get() else limit)
    if "<" in shown or ">" in shown:
        shown = shown.replace("<", "\\x3c").replace(">", "\\x3e")
    return f"<{shown}>"


def string_list(strings: Iterable[str]) -> str:
    """`["cat", "/etc/passwd"]`; long words and long lists are cut."""
    shown: list[str] = []
    for string in strings:
        if len(shown) == LIST_LIMIT and not _WHOLE.get():
            shown.append("...")
            break
        shown.append(quoted(string, ELEMENT_LIMIT))
    return f"[{', '.join(shown)}]"
