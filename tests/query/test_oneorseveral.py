from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gvtui.query.oneorseveral import OneOrSeveral

KEYS, VALUES = st.integers(0, 3), st.integers(0, 5)


class Tables(RuleBasedStateMachine):
    """The table beside lists of its values."""

    def __init__(self) -> None:
        super().__init__()
        self.table: OneOrSeveral[int, int] = OneOrSeveral()
        self.lists: dict[int, list[int]] = {}

    def tidy(self) -> None:
        self.lists = {key: values for key, values in self.lists.items() if values}

    @rule(key=KEYS, value=VALUES)
    def add(self, key: int, value: int) -> None:
        self.table.add(key, value)
        self.lists.setdefault(key, []).append(value)

    @rule(key=KEYS, values=st.lists(VALUES, max_size=3))
    def put(self, key: int, values: list[int]) -> None:
        self.table.put(key, iter(values))
        self.lists[key] = list(values)
        self.tidy()

    @rule(keys=st.sets(KEYS), kept=st.sets(VALUES))
    def keep(self, keys: set[int], kept: set[int]) -> None:
        self.table.keep(keys, kept.__contains__)
        for key in keys & self.lists.keys():
            self.lists[key] = [value for value in self.lists[key] if value in kept]
        self.tidy()

    @rule(key=KEYS)
    def pop(self, key: int) -> None:
        assert list(self.table.pop(key)) == self.lists.pop(key, [])

    @rule(key=KEYS)
    def put_what_it_has(self, key: int) -> None:
        self.table.put(key, self.table.of(key))

    @invariant()
    def is_as_lists_are(self) -> None:
        assert list(self.table) == list(self.lists)
        assert len(self.table) == len(self.lists)
        for key in range(4):
            assert list(self.table.of(key)) == self.lists.get(key, [])
            assert (key in self.table) == (key in self.lists)
        if self.lists:
            assert self.table.oldest() == next(iter(self.lists))
        # No list is there for one value alone.
        assert set(self.table._several) == {k for k, own in self.lists.items() if len(own) > 1}


TestTables = Tables.TestCase


def test_an_empty_table_has_no_oldest_key() -> None:
    table: OneOrSeveral[str, int] = OneOrSeveral()
    with pytest.raises(StopIteration):
        table.oldest()
