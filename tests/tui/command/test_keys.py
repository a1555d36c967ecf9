from __future__ import annotations

import pytest

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
        ("ctrl+left_square_bracket", "Ctrl+["),
    ],
)
def test_keys_read_as_a_person_writes_them_and_back(key: str, words: str) -> None:
    assert key_words(key) == words
    assert key_name(words) == key


def test_names_are_taken_as_textual_and_as_people_write_them() -> None:
    assert key_name("ctrl+T") == "ctrl+t"
    assert key_name("Page") == "page"
    assert key_name("question_mark") == "question_mark"
    assert keys_words(("k", "ctrl+s")) == "k Ctrl+S"
