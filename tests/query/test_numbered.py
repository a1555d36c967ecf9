from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gvtui.query.numbered import Numbered

NUMBERS = st.sampled_from([0, 1, 126, 127, 128, 129, 255, 256, 1 << 40])


class Tables(RuleBasedStateMachine):
    """The table beside a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.table: Numbered[str] = Numbered()
        self.plain: dict[int, str] = {}

    @rule(number=NUMBERS, value=st.text(max_size=2))
    def put(self, number: int, value: str) -> None:
        self.table.put(number, value)
        self.plain[number] = value

    @rule(number=NUMBERS)
    def pop(self, number: int) -> None:
        assert self.table.pop(number) == self.plain.pop(number, None)

    @invariant()
    def is_as_a_dictionary(self) -> None:
        assert len(self.table) == len(self.plain)
        assert sorted(self.table) == sorted(self.plain.values())
        for number in (0, 1, 2, 127, 128, 256, 1 << 40):
            assert self.table.get(number) == self.plain.get(number)
            assert (number in self.table) == (number in self.plain)

    @invariant()
    def has_no_empty_page(self) -> None:
        assert all(page.held for page in self.table._pages.values())


TestTables = Tables.TestCase


def test_objects_whose_numbers_ascend_are_in_that_order_also_while_others_come() -> None:
    table: Numbered[int] = Numbered()
    for number in range(1000):
        table.put(number, number)
    for number in range(0, 1000, 3):
        assert table.pop(number) == number
    found = []
    for each in table:
        found.append(each)
        table.pop(each)
        table.put(2000 + each, each)
    assert found == [number for number in range(1000) if number % 3] == list(table)


def test_the_oldest_is_of_the_page_that_came_first() -> None:
    table: Numbered[int] = Numbered()
    for number in (300, 5, 301, 299):
        table.put(number, number)
    found = []
    while len(table):
        found.append(table.oldest())
        table.pop(found[-1])
    assert found == [300, 301, 299, 5]
    with pytest.raises(StopIteration):
        table.oldest()


def test_what_is_not_there_has_no_item() -> None:
    with pytest.raises(KeyError):
        Numbered[int]()[5]
