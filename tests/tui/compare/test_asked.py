from pathlib import Path

import pytest

from gvtui.tui.compare.asked import ComparedPair, read_pair
from tests.trace.factory import TIME_NS


@pytest.fixture
def here(tmp_path: Path) -> Path:
    path = tmp_path / "here.gvtrace"
    path.touch()
    return path


def read(text: str, here: Path, *, own: str = "") -> ComparedPair | str:
    return read_pair(text, here, ["web-1", "web-2"], own, {"deploy": TIME_NS})


def test_one_word_names_what_this_trace_is_compared_with(here: Path, tmp_path: Path) -> None:
    other = tmp_path / "other one.gvtrace"
    other.touch()
    assert read(f"'{other}'", here) == ComparedPair(str(here), str(other), (), (True, False))
    assert read(f"--same-points '{other}'", here) == ComparedPair(
        str(here), str(other), (), (True, False), True
    )
    assert read("@12:00..", here) == ComparedPair(str(here), f"{here}@12:00..", (), (True, True))


def test_two_words_name_both_sides_and_notes_of_bookmarks_are_times(here: Path) -> None:
    moment = "2026-11-23T17:37:16.533277469Z"
    assert read("@..deploy @deploy..", here) == ComparedPair(
        f"{here}@..{moment}", f"{here}@{moment}..", (), (True, True)
    )


def test_containers_are_compared_with_that_of_the_row(here: Path) -> None:
    pair = ComparedPair(str(here), str(here), ("web-1", "web-2"), (True, True))
    assert read("web-1 web-2", here) == pair
    assert read("web-2", here, own="web-1") == pair


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "one word, or two"),
        ("a b c", "one word, or two"),
        ("'a", "close the quotation"),
        ("nowhere", "neither a file nor a container 'nowhere'"),
        ("nowhere@12:00..", "neither a file nor a container 'nowhere'"),
        ("web-1", "select a row of a container first"),
        ("web-1 @12:00..", "with another container"),
    ],
)
def test_what_names_no_sides_is_told(text: str, said: str, here: Path) -> None:
    found = read(text, here)
    assert isinstance(found, str)
    assert said in found
