"""Objects keep their numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.kept.objectnumbers import ObjectNumbers

_IDS = st.integers(0, (1 << 64) - 1)


@given(st.lists(st.lists(_IDS, max_size=20), max_size=6), _IDS)
def test_they_are_those_of_a_dictionary(sections: list[list[int]], other: int) -> None:
    numbers, plain = ObjectNumbers(), dict[int, int]()
    for ids in sections:
        for each in ids:
            assert numbers.get(each) == plain.get(each, -1)
            if each not in plain:
                plain[each] = len(plain)
                assert numbers.add(each) == plain[each]
        numbers.settle()
        assert len(numbers) == len(plain)
    assert all(numbers.get(each) == number for each, number in plain.items())
    assert numbers.get(other) == plain.get(other, -1)
