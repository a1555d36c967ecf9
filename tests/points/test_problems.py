from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.problems import (
    MAX_HINTS,
    Hints,
    Problem,
    Verdict,
    errors,
    nearest,
    refusals,
)

WORST = Problem(
    "error",
    "points[3].name",
    "there is no such point",
    "leave it out",
    Verdict.REFUSED,
    Verdict.UNTRACED,
)
DOUBT = Problem("warning", "", "nobody listens")


def test_a_problem_as_a_sentence_and_as_plain_values() -> None:
    assert str(WORST) == "points[3].name: there is no such point; leave it out"
    assert str(DOUBT) == "nobody listens"
    assert WORST.as_dict() == {
        "severity": "error",
        "place": "points[3].name",
        "message": "there is no such point",
        "hint": "leave it out",
        "trace_create": "refused",
        "pod_init": "started untraced, silently",
    }
    assert DOUBT.as_dict()["trace_create"] == "started and traced"


def test_the_worse_a_verdict_the_higher() -> None:
    assert Verdict.TRACED < Verdict.UNTRACED < Verdict.REFUSED
    assert len({str(verdict) for verdict in Verdict}) == len(Verdict)


def test_errors_and_refusals_are_not_the_same() -> None:
    silent = Problem("error", "sinks", "there is none", trace_create=Verdict.UNTRACED)
    pod_only = Problem("warning", "x", "y", pod_init=Verdict.REFUSED)
    found = [DOUBT, WORST, silent, pod_only]
    assert errors(found) == [WORST, silent]
    assert refusals(iter(found)) == [WORST]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("opnat", "did you mean 'openat'?"),
        # What differs in case alone goes before what merely looks alike.
        ("OPENAT", "did you mean 'openat'?"),
        ("open", "did you mean 'open'?"),
        ("socket_pair", "did you mean 'socketpair'?"),
        ("zzz", ""),
        ("", ""),
        ("openat" * 40, ""),
    ],
)
def test_the_known_word_that_was_meant(word: str, hint: str) -> None:
    assert nearest(word, ["open", "openat", "socketpair", "openat2"]) == hint
    assert nearest(word, []) == ""


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=10))
def test_a_hint_names_a_known_word_and_is_safe_to_print(word: str, known: list[str]) -> None:
    hint = nearest(word, known)
    assert hint in ("", *(f"did you mean {each!r}?" for each in known))
    assert hint.isprintable()


def test_hints_end_after_so_many_words() -> None:
    hints = Hints()
    given_ = [hints.nearest("opnat", ["openat"]) for _ in range(MAX_HINTS + 5)]
    assert given_ == ["did you mean 'openat'?"] * MAX_HINTS + [""] * 5
    # A word for which there is no hint has been looked for all the same.
    hints = Hints(2)
    assert [hints.nearest(word, ["openat"]) for word in ("zzz", "opnat", "opnat")] == [
        "",
        "did you mean 'openat'?",
        "",
    ]
