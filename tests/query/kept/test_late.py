"""Objects that are filled late are like all others from when somebody looks at one."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from gvtui.query.kept.late import LatePage, can_be_late, settle
from gvtui.query.processes.process import Exec, Process, Thread
from gvtui.query.resolved.description import Description


@dataclass(slots=True, eq=False)
class Thing:
    number: int
    words: list[str]

    @property
    def text(self) -> str:
        return f"{self.number} {' '.join(self.words)}"


def page(filled: list[LatePage]) -> LatePage:
    def fill(own: LatePage) -> None:
        filled.append(own)
        for number, one in enumerate(own.made):
            for name, value in (("number", number), ("words", ["w"] * number)):
                vars(Thing)[name].__set__(one, value)
        own.are_filled()

    return LatePage(Thing, 3, fill)


def test_all_of_a_page_are_filled_when_one_is_looked_at() -> None:
    filled: list[LatePage] = []
    made = page(filled).made
    one, other, last = made
    assert isinstance(one, Thing)
    assert len({one, other, last}) == 3
    assert not filled
    assert last.text == "2 w w"
    assert len(filled) == 1
    assert [type(each) for each in made] == [Thing] * 3
    assert (one.number, other.words) == (0, ["w"])
    assert len(filled) == 1


def test_what_is_set_before_stays() -> None:
    one, other, _ = page([]).made
    other.number = 70
    assert (other.number, other.words, one.number) == (70, ["w"], 0)


def test_what_there_is_not_is_an_error_as_ever() -> None:
    one = page([]).made[0]
    with pytest.raises(AttributeError, match="nothing"):
        _ = one.nothing
    with pytest.raises(AttributeError, match="nothing"):
        one.nothing = 1


def test_settling_fills_once_and_leaves_other_values_alone() -> None:
    filled: list[LatePage] = []
    one = page(filled).made[0]
    for value in (one, one, 7, "text", Thing(1, []), LatePage):
        settle(value)
    assert len(filled) == 1


def test_only_objects_with_fixed_attributes_can_be_late() -> None:
    assert can_be_late(Process)
    assert can_be_late(Description)
    assert can_be_late(Thread)
    assert can_be_late(Exec)
    assert not can_be_late(threading.Thread)


@dataclass(frozen=True, slots=True)
class Fixed:
    number: int


def fixed() -> list[Fixed]:
    def fill(own: LatePage) -> None:
        for number, one in enumerate(own.made):
            vars(Fixed)["number"].__set__(one, number)
        own.are_filled()

    return LatePage(Fixed, 2, fill).made


@pytest.mark.parametrize("is_first", [False, True])
def test_what_is_compared_is_filled_before(is_first: bool) -> None:
    one, filled = fixed()[1], Fixed(1)
    assert (one == filled) if is_first else (filled == one)
    assert fixed()[1] == fixed()[1]
    assert fixed()[0] != fixed()[1]
    one, other = fixed()
    assert one != other
    assert {fixed()[1]: 7}[Fixed(1)] == 7


def test_what_cannot_be_hashed_cannot_be_hashed_late() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(LatePage(Thread, 1, lambda _: None).made[0])
