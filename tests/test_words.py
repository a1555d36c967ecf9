from __future__ import annotations

import re
from pathlib import Path

import pytest

import gvtui
from gvtui.words import counted, lower_first, noun_for, sentence, upper_first


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 points"), (1, "1 point"), (2, "2 points"), (12_402, "12,402 points")],
)
def test_numbers_with_their_nouns(number: int, said: str) -> None:
    assert counted(number, "point") == said


def test_a_plural_of_its_own() -> None:
    assert counted(1, "point was", "points were") == "1 point was"
    assert counted(2, "sandbox", "sandboxes") == "2 sandboxes"
    assert noun_for(1, "byte") == "byte"
    assert noun_for(2, "byte") == "bytes"


@pytest.mark.parametrize(
    ("sentence", "end"),
    [("", ""), ("A word", "a word"), ("Éa", "éa"), ("TOML", "tOML"), ("9 B", "9 B")],
)
def test_a_sentence_as_the_end_of_another_one(sentence: str, end: str) -> None:
    assert lower_first(sentence) == end


def test_no_other_place_makes_plurals() -> None:
    package = Path(gvtui.__file__).parent
    own = re.compile(r"""["'][a-z ]*["'] if \w+(?:\(\w+\)|[.\w]+)? == 1 else ["'][a-z ]*["']""")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if own.search(path.read_text())
    }
    assert found == set()


def test_a_sentence_begins_with_a_capital_and_ends_with_a_full_stop() -> None:
    assert sentence("no rows were read") == "No rows were read."
    assert upper_first("") == ""
