"""Keys in words: as the help, the footer and sentences on the screen name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "backslash": "\\",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "enter": "Enter",
    "escape": "Esc",
    "backspace": "⌫",
    "delete": "Del",
    "insert": "Ins",
    "space": "space",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "tab": "Tab",
    "slash": "/",
    "asterisk": "*",
    "full_stop": ".",
    "comma": ",",
    "colon": ":",
    "semicolon": ";",
    "apostrophe": "'",
    "quotation_mark": '"',
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "underscore": "_",
    "vertical_line": "|",
    "ampersand": "&",
    "at": "@",
    "number_sign": "#",
    "dollar_sign": "$",
    "percent_sign": "%",
    "circumflex_accent": "^",
    "grave_accent": "`",
    "tilde": "~",
}
"""Textual's names of keys, where a person would say something else."""

_NAMES = {words: name for name, words in _WORDS.items()}
_MODIFIERS = {"ctrl": "Ctrl", "shift": "Shift", "alt": "Alt", "super": "Super"}


def key_words(key: str) -> str:
    """A key as a person reads it: `ctrl+t` is `Ctrl+T`, `question_mark` is `?`."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    words = _WORDS.get(last, last)
    is_function_key = last[:1] == "f" and last[1:].isdigit()
    if (modifiers and len(words) == 1) or is_function_key:
        words = words.upper()
    return "+".join([*(_MODIFIERS.get(each, each) for each in modifiers), words])


def keys_words(keys: Iterable[str]) -> str:
    """Several keys as a person reads them, with a space between two."""
    return " ".join(map(key_words, keys))


def key_name(text: str) -> str:
    """Textual's name of a key that somebody has written down; `?` is as good as `question_mark`."""
    if len(text) == 1:
        return _NAMES.get(text, text)
    *modifiers, last = text.strip().split("+")
    lowered = [each.lower() for each in modifiers]
    named = _NAMES.get(last, last if len(last) == 1 and not lowered else last.lower())
    return "+".join([*lowered, named])
