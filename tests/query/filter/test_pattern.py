from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.pattern import MAX_PATTERN, PatternError, RegexTest

_ATOMS = st.sampled_from(
    [
        *("a", "b", "c", "A", "é", "ß", " ", "-", ".", r"\.", r"\x61", "^", "$"),
        *("[ab]", "[^a]", "[a-c-]", r"[\d_]", r"[\W]", "[]a]", r"[\]b]"),
        *(r"\d", r"\w", r"\S", r"\b", r"\B"),
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
    ours = RegexTest(("(?i)" if folds else "") + pattern)
    for text in texts:
        # The standard library finds no \B in an empty text before Python 3.14.
        if (text.isascii() or not folds) and (text or r"\B" not in pattern):
            assert ours(text) == bool(theirs.search(text))


_ODD = st.sampled_from(
    [r"\A", r"\z", r"\C", r"\n", "\n", r"\Qa.\E", r"[^\n]", r"\s", "(?s)", "(?m)", "(?-m:^b$)",
     "(?i)", "(?P<x>a)", "(?U)", "|", r"\\A", r"\pL", "\ud800", "."]
)  # fmt: skip


@given(
    st.lists(_PATTERNS | _ODD, min_size=1, max_size=3).map("".join),
    st.lists(st.text(alphabet="abcA-_ 1.\néß\ud800\0", max_size=8), max_size=8),
)
def test_many_texts_pass_as_each_does(pattern: str, texts: list[str]) -> None:
    test = RegexTest(pattern)
    assert test.among(texts) == [test(text) for text in texts]


@given(st.text(alphabet="ab()[]{}*+?|^$\\.-,12dwxé\ud800", max_size=20))
def test_any_pattern_compiles_or_says_where_it_is_wrong(pattern: str) -> None:
    try:
        RegexTest(pattern)("ab12")
    except PatternError as error:
        position, message = error.position, str(error)
    else:
        return
    assert 0 <= position <= len(pattern)
    assert not message.startswith("the pattern cannot be used"), message


@pytest.mark.parametrize(
    ("pattern", "position", "message"),
    [
        ("a)", 1, "this ) closes nothing"),
        (r"\)(a))", 5, "this ) closes nothing"),
        ("(a", 0, "this ( is not closed"),
        (r"\((a)é(b(c)", 6, "this ( is not closed"),
        ("b[a", 1, "this [ is not closed"),
        ("*a", 0, "'*' has nothing to repeat"),
        ("a**", 1, "'**' repeats a repetition"),
        ("[**]é**", 5, "'**' repeats a repetition"),
        ("a|+", 2, "'+' has nothing to repeat"),
        ("\\", 0, "a character is missing behind this backslash"),
        (r"(a)\1", 3, "references to groups are not supported"),
        (r"\xg1", 0, r"'\\xg1' means nothing in a regular expression"),
        (r"\Z", 0, r"'\\Z' means nothing in a regular expression"),
        (r"é\é", 1, r"'\\\xe9' means nothing in a regular expression"),
        ("a(?=a)", 1, "looking ahead or behind is not supported"),
        ("a(?<!a)", 1, "looking ahead or behind is not supported"),
        ("(?>a)", 0, "'(?>' begins a group that is not supported"),
        ("(?P<a b>x)", 0, "'(?P<a b>' is no name of a group"),
        ("a[b-a]", 2, "'b-a' is no range or class of characters"),
        (r"\p{Nix}", 0, r"'\\p{Nix}' is no range or class of characters"),
        ("a{1001}", 1, "'{1001}' counts down, or to more than 1,000"),
        ("a{3,2}", 1, "'{3,2}' counts down, or to more than 1,000"),
        ("((a{100}){100}){100}", 9, "'{100}' counts down, or to more than 1,000"),
        ("x" * (MAX_PATTERN + 1), MAX_PATTERN, "the pattern is longer than 1000 characters"),
        (r"(\pL{200}\pN{200}){5}", 0, "the pattern takes too much memory"),
    ],
)
def test_wrong_patterns(
    pattern: str, position: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PatternError) as caught:
        RegexTest(pattern)
    assert (caught.value.position, str(caught.value)) == (position, message)
    assert capfd.readouterr() == ("", "")


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
        (r"[^\W]", "a", True),
        (r"[\Wa]b", "ab", True),
        (r"\Aab\z", "ab", True),
        (".", "\n", True),
        ("()*", "", True),
        ("^a.b$", "a\0b", True),
        ("^a.b$", "a\U0001f600b", True),
        ("^a.b$", "a\udc80b", True),
        ("\udc80", "a\udc80b", True),
        ("^[\ud800-\udfff]$", "\udc80", True),
        (r"\d", "٣", False),
    ],
)
def test_matches(pattern: str, text: str, matches: bool) -> None:
    assert RegexTest(pattern)(text) is matches


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$x", "(.*)(.*)(.*)x", "(a?){200}a{200}b"]
)
def test_patterns_that_make_others_go_back_and_forth(pattern: str) -> None:
    assert not RegexTest(pattern)("a" * 500_000)


def test_a_pattern_takes_no_more_memory_than_it_may(capfd: pytest.CaptureFixture[str]) -> None:
    # Each of its states would be another set of places: 2 to the power of 500 sets.
    matches = RegexTest("[ab]*a[ab]{500}c")
    text = "".join("ab"[(number * number >> 3) & 1] for number in range(200_000))
    before = _resident()
    assert not matches(text)
    assert _resident() - before < 64 << 20
    assert matches(text + "a" * 501 + "c")
    assert capfd.readouterr() == ("", "")


def _resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096
