"""Translates between Textual's names of keys and those that people read and write."""

from __future__ import annotations

import unicodedata
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
"""Words for keys whose Textual names people do not use."""

_NAMES = {words.casefold(): name for name, words in _WORDS.items()} | {
    "esc": "escape",
    "return": "enter",
    "pgdown": "pagedown",
}
_MODIFIERS = {"ctrl": "Ctrl", "shift": "Shift", "alt": "Alt", "super": "Super"}
_FUNCTION_KEYS = frozenset(f"f{number}" for number in range(1, 25))
_SAME_BYTE = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}
"""Keys for which terminals send the same bytes as for another key, each with that key."""


def key_words(key: str) -> str:
    """A key in words: `ctrl+t` gives `Ctrl+T`, `question_mark` gives `?`."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    words = _WORDS.get(last, last)
    is_function_key = last[:1] == "f" and last[1:].isdigit()
    if (modifiers and len(words) == 1) or is_function_key:
        words = words.upper()
    return "+".join([*(_MODIFIERS.get(each, each) for each in modifiers), words])


def keys_words(keys: Iterable[str]) -> str:
    """Several keys in words, separated by spaces."""
    return " ".join(map(key_words, keys))


def key_name(text: str) -> str:
    """Textual's name of a key that the user wrote; `?` and `question_mark` are the same.

    Raises:
        ValueError: there is no such key, or terminals cannot distinguish it from another.
    """
    text = text.strip()
    if len(text) == 1:
        return _character_name(text)
    head, plus, last = text.rpartition("+")
    if plus and not last:
        # The key is the plus itself, as in Ctrl++.
        head, last = head.removesuffix("+"), "+"
    modifiers = sorted({each.lower() for each in head.split("+")}) if head else []
    if len(last) == 1:
        named = _character_name(last.lower() if modifiers else last)
    else:
        named = _NAMES.get(last.casefold(), last.lower())
    known = named in _WORDS or named in _FUNCTION_KEYS or len(last) == 1
    if not known or not all(each in _MODIFIERS for each in modifiers):
        raise ValueError(f"there is no key {text}")
    name = "+".join([*modifiers, named])
    other = _SAME_BYTE.get(name)
    if other is not None:
        raise ValueError(f"terminals send the same for {key_words(name)} and {key_words(other)}")
    return name


def _character_name(character: str) -> str:
    """Textual's name of the key that types a character."""
    named = _NAMES.get(character)
    if named is not None or character.isalnum():
        return named or character
    if not character.isprintable():
        raise ValueError(f"there is no key {character!r}")
    return unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
