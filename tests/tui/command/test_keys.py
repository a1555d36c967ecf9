from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from gvtui.tui.command.keys import key_name, key_words, keys_words


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("question_mark", "?"),
        ("ctrl+t", "Ctrl+T"),
        ("shift+f3", "Shift+F3"),
        ("f1", "F1"),
        ("f", "f"),
        ("F", "F"),
        ("pageup", "PgUp"),
        ("plus", "+"),
        ("ctrl+right_square_bracket", "Ctrl+]"),
        ("ctrl+plus", "Ctrl++"),
        ("ctrl+shift+up", "Ctrl+Shift+↑"),
    ],
)
def test_keys_read_as_a_person_writes_them_and_back(key: str, words: str) -> None:
    assert key_words(key) == words
    assert key_name(words) == key


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ctrl+banana", "there is no key ctrl+banana"),
        ("hyper+x", "there is no key hyper+x"),
        ("f25", "there is no key f25"),
        ("Ctrl", "there is no key Ctrl"),
        ("\x1b", "there is no key '\\x1b'"),
        ("Ctrl+I", "terminals send the same for Ctrl+I and Tab"),
        ("ctrl+[", "terminals send the same for Ctrl+[ and Esc"),
    ],
)
def test_what_is_no_key_is_told(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        key_name(text)


@given(st.characters(min_codepoint=33, exclude_categories=["C", "Z"]))
def test_a_character_is_named_as_textual_names_its_key(character: str) -> None:
    # An arrow and the like stand for keys that type nothing.
    assume(key_words(key_name(character)) != character or character.isascii())
    assert key_name(character) == _character_to_key(character)


@given(st.text())
def test_every_text_is_a_key_or_is_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert key_name(text)


def test_names_are_taken_as_textual_and_as_people_write_them() -> None:
    assert key_name("ctrl+T") == "ctrl+t"
    assert key_name("PgUp") == key_name("PageUp") == "pageup"
    assert key_name("esc") == "escape"
    assert key_name("Shift+Ctrl+up") == "ctrl+shift+up"
    assert key_name("question_mark") == "question_mark"
    assert keys_words(("k", "ctrl+s")) == "k Ctrl+S"
