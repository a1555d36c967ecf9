"""Each text has one number, as long as there is room."""

from __future__ import annotations

from gvtui.query.resolved.texts import Texts


def test_a_text_has_one_number() -> None:
    texts = Texts()
    first = texts.number("/a")
    assert first == texts.number("/a") == 1
    assert texts.number("/b") == 2
    assert texts.text(first) == "/a"
    assert texts.number("") == 0
    assert len(texts) == 3


def test_without_room_a_text_is_not_known() -> None:
    texts = Texts(max_characters=4)
    assert texts.number("/abc") == 1
    assert texts.number("/d") == 0
    assert texts.number("/abc") == 1
    assert texts.refused == 1
