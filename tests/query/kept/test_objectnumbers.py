"""Objects keep their numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.kept.objectnumbers import PAGE, LastingNumbers, ObjectNumbers

_IDS = st.integers(0, (1 << 64) - 1)


@given(st.lists(st.lists(_IDS, max_size=20), max_size=6), _IDS)
def test_they_are_those_of_a_dictionary(sections: list[list[int]], other: int) -> None:
    numbers, plain = ObjectNumbers(), dict[int, int]()
    for ids in sections:
        for each in ids:
            assert numbers.get(each) == plain.get(each, -1)
            if each not in plain:
                plain[each] = len(plain)
                assert numbers.add(each, 0) == plain[each]
        numbers.settle()
        assert len(numbers) == len(plain)
    assert all(numbers.get(each) == number for each, number in plain.items())
    assert numbers.get(other) == plain.get(other, -1)


def test_objects_that_are_alike_share_pages() -> None:
    numbers = ObjectNumbers()
    own = [numbers.add(2 * each, "a") for each in range(PAGE + 1)]
    others = [numbers.add(2 * each + 1, "b") for each in range(2)]
    assert own[:PAGE] == list(range(PAGE))
    assert len({number // PAGE for number in own + others}) == 3
    assert others == [2 * PAGE, 2 * PAGE + 1]


def test_pages_have_as_few_objects_as_is_said() -> None:
    numbers = ObjectNumbers()
    few = [numbers.add(each, "few", 3) for each in range(7)]
    one = [numbers.add(100 + each, "one", 1) for each in range(2)]
    assert few == [0, 1, 2, PAGE, PAGE + 1, PAGE + 2, 2 * PAGE]
    assert one == [3 * PAGE, 4 * PAGE]


def number(numbers: LastingNumbers, identity: int) -> int:
    former = numbers.former(identity)
    return numbers.add(identity, "") if former < 0 else former


def test_numbers_last_as_long_as_every_state_has_their_objects() -> None:
    numbers = LastingNumbers()
    numbers.begin()
    first = [number(numbers, each) for each in (10, 11, 12)]
    assert numbers.get(11) == first[1]
    numbers.begin()
    assert numbers.get(11) == -1
    assert [number(numbers, each) for each in (12, 10)] == [first[2], first[0]]
    assert len(numbers) == 2
    numbers.begin()
    assert number(numbers, 11) not in first
    assert number(numbers, 10) == first[0]


def test_objects_that_were_read_have_the_numbers_that_they_were_written_with() -> None:
    numbers, one, other = LastingNumbers(), object(), object()
    numbers.begin()
    written = number(numbers, id(one))
    numbers.forget()
    numbers.know([written], [other])
    numbers.begin()
    assert numbers.get(id(other)) == -1
    assert numbers.former(id(other)) == written == numbers.get(id(other))
    assert numbers.former(id(one)) == -1
    assert number(numbers, id(one)) != written
