from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gvtui.decode.escape import (
    ELEMENT_LIMIT,
    LIST_LIMIT,
    STRING_LIMIT,
    escape,
    in_angles,
    isolated,
    quoted,
    quoted_bytes,
    string_list,
    uncut,
)
from tests.decode.helpers import is_safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ('back\\slash "quoted"', 'back\\slash "quoted"'),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("ab\u202ecd", "ab\\u202ecd"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\u2028\u2029\xa0", "\\u2028\\u2029\\xa0"),
        ("\ud83d", "\\ud83d"),
        ("\udc80", "\\x80"),
        ("\U000e0041\U0010ffff", "\\U000e0041\\U0010ffff"),
        ("\u3164\ufe0f", "\\u3164\\ufe0f"),
        ("\u0915\u093f \U0001f44d\U0001f3fd", "\u0915\\u093f \U0001f44d\\U0001f3fd"),
        ("Grüße 日本語 🙂", "Grüße 日本語 🙂"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_combining_marks_stay_on_their_character() -> None:
    assert escape("e\u0301") == "e\u0301"


def test_a_mark_with_nothing_to_stand_on_is_escaped() -> None:
    assert escape("\u0301e") == "\\u0301e"
    assert escape("\n\u0301") == "\\n\\u0301"


def test_piles_of_marks_are_cut_down() -> None:
    assert escape("e" + "\u0301" * 5) == "e\u0301\u0301" + "\\u0301" * 3


@pytest.mark.parametrize(("limit", "shown"), [(5, "abcde"), (4, "abc…"), (1, "…"), (0, "…")])
def test_escape_is_cut(limit: int, shown: str) -> None:
    assert escape("abcde", limit) == shown


def test_a_cut_counts_what_is_shown() -> None:
    assert escape("\x1b\x1b", 6) == "\\x1b\\…"


@given(st.text(), st.integers(1, 30))
@example("\ud800\udfff", 5)
def test_escaped_text_is_safe_and_short(text: str, limit: int) -> None:
    assert is_safe(escape(text))
    assert len(escape(text, limit)) <= limit


@given(st.text())
def test_quoted_text_is_safe_and_closed(text: str) -> None:
    shown = quoted(text)
    assert is_safe(shown)
    inside = shown[1:-1].replace("\\\\", "").replace('\\"', "")
    assert shown[0] == shown[-1] == '"'
    assert '"' not in inside


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/etc/passwd", '"/etc/passwd"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("a\nb", '"a\\nb"'),
        ("", '""'),
    ],
)
def test_quoted(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_quoted_text_is_cut_behind_the_quotes() -> None:
    assert quoted("abcdef", 3) == '"abc"...'
    assert quoted("abc", 3) == '"abc"'


@given(st.binary())
def test_quoted_bytes_are_safe(raw: bytes) -> None:
    assert is_safe(quoted_bytes(raw))


def test_quoted_bytes_shows_what_is_no_text() -> None:
    assert quoted_bytes(b"a\xffb\x00\xc3\xa9") == '"a\\xffb\\x00é"'


def test_in_angles_cannot_be_closed_from_inside() -> None:
    assert in_angles("/tmp/a>b<c") == "</tmp/a\\x3eb\\x3cc>"
    assert in_angles("socket:[1]") == "<socket:[1]>"


def test_string_list() -> None:
    assert string_list([]) == "[]"
    assert string_list(["cat", 'a"b']) == '["cat", "a\\"b"]'


def test_string_list_is_cut() -> None:
    assert string_list(["x" * 300]) == f'["{"x" * 256}"...]'
    assert string_list(["x"] * 65).endswith('"x", ...]')


def test_every_letter_that_runs_from_right_to_left_is_isolated() -> None:
    letters = [
        letter
        for letter in map(chr, range(sys.maxunicode + 1))
        if unicodedata.bidirectional(letter) in ("R", "AL", "AN") and letter.isprintable()
    ]
    assert len(letters) > 2000
    assert [letter for letter in letters if isolated(letter) != f"\u2068{letter}\u2069"] == []


@given(st.text())
def test_isolating_adds_nothing_but_its_marks(text: str) -> None:
    text = text.replace("\u2068", "").replace("\u2069", "")
    assert isolated(text).replace("\u2068", "").replace("\u2069", "") == text
    assert isolated(text + "a1│é") == isolated(text) + "a1│é"


def test_what_is_compared_is_not_cut() -> None:
    long = "x" * (2 * STRING_LIMIT)
    words = ["a", *["b" * (2 * ELEMENT_LIMIT)] * (2 * LIST_LIMIT)]
    assert quoted(long).endswith('"...')
    with uncut():
        assert quoted(long) == f'"{long}"'
        assert quoted_bytes(long.encode() * 5) == f'"{long * 5}"'
        assert in_angles(long) == f"<{long}>"
        assert string_list(words) == "[" + ", ".join(f'"{word}"' for word in words) + "]"
    assert string_list(words).endswith("...]")
