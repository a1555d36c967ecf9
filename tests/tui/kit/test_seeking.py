from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.tui.kit.seeking import Seek, count_words, stepped


def seek(text: str, entries: list[str]) -> Seek:
    return Seek(text, lambda: len(entries), lambda place: entries[place])


def test_case_does_not_count() -> None:
    search = seek("ALPHA", ["Alpha", "beta", "alphabet", "STRASSE"])
    assert search.advance()
    assert search.found == [0, 2]
    sharp = seek("straße", ["STRASSE"])
    assert sharp.advance()
    assert sharp.found == [0]


def test_a_long_list_is_searched_bit_by_bit() -> None:
    search = seek("7", [str(number) for number in range(1000)])
    assert not search.advance(0.0)
    assert (search.found, search.said(0)) == (None, "searching …")
    while not search.advance(0.0):
        pass
    assert search.found == [number for number in range(1000) if "7" in str(number)]


def test_entries_that_come_later_are_found() -> None:
    entries = ["a", "b"]
    search = seek("a", entries)
    search.advance()
    entries += ["ab", "c"]
    search.renew()
    search.advance()
    assert search.found == [0, 2]


def test_an_entry_that_goes_during_the_search_does_no_harm() -> None:
    entries = ["a"] * 40
    search = seek("a", entries)
    assert not search.advance(0.0)
    del entries[3:]
    while not search.advance(0.0):
        pass
    assert search.found == [0, 1, 2]


def test_hits_are_told() -> None:
    assert count_words([3, 5, 9], 5) == "2 of 3"
    assert count_words([3, 5, 9], 6) == "3 found"
    assert count_words([], 6) == "nothing found"


@given(st.sets(st.integers(0, 50)), st.integers(0, 50))
def test_steps_go_round(places: set[int], start: int) -> None:
    found = sorted(places)
    if not found:
        assert stepped(found, start, 1) is None
        return
    after = [place for place in found if place > start]
    before = [place for place in found if place < start]
    assert stepped(found, start, 1) == (after or found)[0]
    assert stepped(found, start, -1) == (before or found)[-1]
    assert (
        stepped(found, start, 1, is_first=True)
        == ([place for place in found if place >= start] or found)[0]
    )
