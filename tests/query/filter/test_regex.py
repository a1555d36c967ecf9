from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.regex import Regex
from gvtui.query.filter_regex_parse import MAX_PATTERN, RegexError

_ATOMS = st.sampled_from(
    [
        *("a", "b", "c", "A", "é", "ß", " ", "-", ".", r"\.", r"\x61", "^", "$"),
        *("[ab]", "[^a]", "[a-c-]", r"[\d_]", r"[\W]", "[]a]", r"[\]b]"),
        *(r"\d", r"\w", r"\s", r"\S", r"\b", r"\B"),
    ]
)


def _extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def quantify(pattern: str, quantifier: str) -> str:
        return f"(?:{pattern}){quantifier}"

    quantifiers = st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,3}", "{0,2}", "{2,}", "??"])
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join).map("({})".format),
        st.builds(quantify, inner, quantifiers),
    )


_PATTERNS = st.recursive(_ATOMS, _extended, max_leaves=8)
_TEXTS = st.text(alphabet="abcA-_ 1.\né", max_size=12)


@given(_PATTERNS, st.booleans(), st.lists(_TEXTS, min_size=1, max_size=5))
def test_agrees_with_the_standard_library(pattern: str, folds: bool, texts: list[str]) -> None:
    flags = re.DOTALL | re.ASCII | (re.IGNORECASE if folds else 0)
    # Here $ is the very end, which the standard library writes \Z.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = re.compile(pattern.replace("$", r"\Z"), flags)
    ours = Regex(("(?i)" if folds else "") + pattern)
    for text in texts:
        # The standard library finds no \B in an empty text before Python 3.14.
        if (text.isascii() or not folds) and (text or r"\B" not in pattern):
            assert ours.search(text) == bool(theirs.search(text))


@given(st.text(alphabet="ab()[]{}*+?|^$\\.-,12dwx", max_size=20))
def test_any_pattern_compiles_or_says_where_it_is_wrong(pattern: str) -> None:
    try:
        Regex(pattern).search("ab12")
    except RegexError as error:
        position = error.position
    else:
        return
    assert 0 <= position <= len(pattern)


@pytest.mark.parametrize(
    ("pattern", "position"),
    [
        ("a)", 1),
        ("(a", 0),
        ("b[a", 1),
        ("*a", 0),
        ("a**", 2),
        ("a|+", 2),
        ("\\", 0),
        (r"a\1", 1),
        (r"\xg1", 0),
        ("(?=a)", 0),
        ("(?P<n>a)", 0),
        ("a(?i)", 1),
        ("[b-a]", 2),
        (r"[\d-z]", 3),
        ("a{2000}", 1),
        ("a{3,2}", 1),
        ("(" * 60 + ")" * 60, 51),
        ("x" * (MAX_PATTERN + 1), MAX_PATTERN),
        ("((a{100}){100}){100}", 0),
        ("((((){1000}){1000}){1000}){1000}", 0),
    ],
)
def test_wrong_patterns(pattern: str, position: int) -> None:
    with pytest.raises(RegexError) as caught:
        Regex(pattern)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^/etc/(passwd|shadow)$", "/etc/shadow", True),
        ("^/etc/(passwd|shadow)$", "/etc/shadow-", False),
        ("(?i)PASSWD", "/etc/Passwd", True),
        ("(?i)Ä", "ä", True),
        ("(?i)[a-c]+$", "xABC", True),
        ("a{,3}", "a{,3}", True),
        ("a{x", "a{x", True),
        ("", "", True),
        ("", "x", True),
        ("^$", "", True),
        ("^$", "x", False),
        ("a$", "a\n", False),
        (r"[\b]", "\b", True),
        (r"[^\W]", "a", True),
        (r"[\Wa]b", "ab", True),
        (r"\Aab\Z", "ab", True),
        (".", "\n", True),
        ("()*", "", True),
    ],
)
def test_matches(pattern: str, text: str, matches: bool) -> None:
    assert Regex(pattern).search(text) is matches


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$x", "(.*)(.*)(.*)x", "(a?){200}a{200}b"]
)
def test_patterns_that_make_others_go_back_and_forth(pattern: str) -> None:
    assert not Regex(pattern).search("a" * 5000)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.query.filter.regex._MAX_REMEMBERED", 100)
    regex = Regex("x(y|z)+$")
    assert not regex.search("".join(map(chr, range(0x1000, 0x2000))))
    assert regex._remembered <= 102
    assert regex.search("xyz")
