from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.flags import Flags, ValueSet, by_architecture
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE

FLAGS = Flags(
    {"BOTH": 0x30, "ONE": 0x10, "TWO": 0x20}, choice={0: "NONE", 1: "SOME"}, choice_mask=3
)


def test_choice_comes_first_and_wide_names_win() -> None:
    assert FLAGS.text(0x31) == "SOME|BOTH"
    assert FLAGS.text(0x10) == "NONE|ONE"


def test_unknown_bits_stand_beside_the_known() -> None:
    assert FLAGS.text(0x111) == "SOME|ONE|0x100"
    assert FLAGS.text(0x12) == "ONE|0x2"


def test_only_the_width_counts() -> None:
    assert FLAGS.text(-1) == "BOTH|0xffffffcf"
    assert Flags({"A": 1 << 40}, width=64).text(1 << 40) == "A"


def test_zero() -> None:
    assert Flags({"A": 1}).text(0) == "0"
    assert Flags({"A": 1}, zero="EMPTY").text(0) == "EMPTY"


@given(st.integers(-(1 << 63), (1 << 64) - 1))
def test_no_bit_is_lost(value: int) -> None:
    known = {"BOTH": 0x30, "ONE": 0x10, "TWO": 0x20, "NONE": 0, "SOME": 1}
    words = FLAGS.text(value).split("|")
    assert sum(known[w] if w in known else int(w, 16) for w in words) == value & 0xFFFFFFFF


def test_choice() -> None:
    choice = ValueSet({0: "ZERO", 0xFFFFFFFF: "ALL", -5: "LOW"})
    assert choice.text(0) == "ZERO"
    assert choice.text(-1) == "ALL"
    assert choice.text(-5) == "LOW"
    assert choice.text(9) == "0x9"


def test_where_the_architecture_is_not_known_names_of_both_are_used() -> None:
    flags = by_architecture(
        Flags({"A": 1, "B": 2}, choice={0: "R", 4: "W"}, choice_mask=4),
        Flags({"A": 1, "C": 2}, choice={0: "R", 4: "V"}, choice_mask=4),
    )
    assert flags["x86_64"].text(7) == "W|A|B"
    assert flags[UNKNOWN_ARCHITECTURE].text(3) == "R|A|0x2"
    assert flags[UNKNOWN_ARCHITECTURE].text(7) == "A|0x6"
    choices = by_architecture(ValueSet({1: "A", 2: "B"}, bits=64), ValueSet({1: "A", 2: "C"}))
    assert choices[UNKNOWN_ARCHITECTURE].text(1) == "A"
    assert choices[UNKNOWN_ARCHITECTURE].text(2) == "0x2"
