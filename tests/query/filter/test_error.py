from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.errors import UsageError
from gvtui.query.filter.error import FilterError, shown_word


@pytest.mark.parametrize(
    ("expected", "end"),
    [
        ([], ""),
        (["a value"], "; expected a value"),
        (["and", "or", ")"], "; expected and, or or )"),
    ],
)
def test_what_is_wrong_and_what_was_expected(expected: list[str], end: str) -> None:
    error = FilterError("a = ", 4, "the filter ends here", expected)
    assert error.explanation == f"the filter ends here{end}"
    assert error.summary == f"column 5: the filter ends here{end}"
    assert isinstance(error, UsageError)


def test_a_caret_stands_below_the_place() -> None:
    assert str(FilterError("pid = x", 6, "no number", [])).splitlines() == [
        "in the filter, column 7: no number",
        "  pid = x",
        "        ^",
    ]


@given(st.text(max_size=400), st.integers(-5, 500))
def test_whatever_was_typed_the_caret_is_below_its_character(text: str, column: int) -> None:
    error = FilterError(text, column, "wrong", [])
    assert 0 <= error.column <= len(text)
    _, shown, caret = str(error).split("\n")
    assert shown.isascii()
    assert shown.isprintable()
    assert max(len(shown), len(caret)) <= 2 + 100 + 2 * len("...") + 1
    place = caret.index("^")
    assert caret == " " * place + "^"
    if error.column < len(text):
        char = text[error.column]
        assert shown[place] == (char if " " <= char <= "~" else "?")
    else:
        assert place == len(shown)


@given(st.text(max_size=200))
def test_a_word_is_shown_in_quotes_and_not_too_long(word: str) -> None:
    shown = shown_word(word)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 61
    assert shown[0] == shown[-1]
    assert shown[0] in "'\""


def test_words_as_they_are_shown() -> None:
    assert shown_word("a'b") == '"a\'b"'
    assert shown_word("\x1b[2J") == "'\\x1b[2J'"
    assert shown_word("x" * 100) == "'" + "x" * 56 + "...'"
