"""All descriptions of a trace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.resolved.description import FdKind
from gvtui.query.resolved.descriptions import Descriptions


def test_it_is_closed_when_no_descriptor_is_left() -> None:
    descriptions = Descriptions()
    one = descriptions.create(FdKind.FILE, path="/x", first_row=1)
    descriptions.use(one.number)
    descriptions.use(one.number)
    assert not descriptions.leave(one.number, 4)
    assert one.is_open
    assert descriptions.leave(one.number, 9)
    assert one.closed_row == 9


def test_of_very_many_closed_ones_only_the_name_is_kept() -> None:
    descriptions = Descriptions(max_closed=2)
    made = [descriptions.create(FdKind.FILE, path=f"/{n}").number for n in range(5)]
    for row, number in enumerate(made):
        descriptions.use(number)
        descriptions.leave(number, row)
    assert [descriptions.get(number) is not None for number in made] == [False] * 3 + [True] * 2
    assert descriptions.forgotten == 3
    assert descriptions.texts.text(descriptions.name_at(made[0], 0)) == "/0"
    assert descriptions.kind_column()[made[0]] == FdKind.FILE
    assert len(descriptions) == 2
    assert descriptions.count == 5


def test_a_socket_has_at_each_row_the_name_of_then() -> None:
    descriptions = Descriptions()
    made = descriptions.create(FdKind.IPV4, first_row=1)
    made.local = "0.0.0.0:80"
    descriptions.changed(made, 5)
    made.remote = "1.1.1.1:9"
    descriptions.changed(made, 8)

    def at(row: int) -> str:
        return descriptions.texts.text(descriptions.name_at(made.number, row))

    assert at(4) == ""
    assert at(5) == at(7) == "0.0.0.0:80"
    assert at(8) == "0.0.0.0:80->1.1.1.1:9"
    made.told = "socket:[3]"
    assert at(4) == "socket:[3]"


def test_one_that_was_none_of_its_own_is_removed() -> None:
    descriptions = Descriptions()
    made = descriptions.create(FdKind.EVENT)
    descriptions.remove(made.number)
    assert descriptions.get(made.number) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(("close", "open", "remove")))))
def test_those_that_have_been_closed_longest_are_forgotten_first(
    steps: list[tuple[int, str]],
) -> None:
    descriptions = Descriptions(max_closed=2)
    numbers = [descriptions.create(FdKind.FILE, path=f"/{n}").number for n in range(6)]
    for number in numbers:
        descriptions.use(number)
    known, closed = set(numbers), list[int]()
    for row, (which, what) in enumerate(steps):
        number = numbers[which]
        if what == "open":
            descriptions.use(number)
            closed = [each for each in closed if each != number]
        elif what == "remove" and number in known:
            descriptions.remove(number)
            known.discard(number)
            closed = [each for each in closed if each != number]
        elif what == "close":
            while not descriptions.leave(number, row):
                pass
            if number in known and number not in closed:
                closed.append(number)
            for each in closed[:-2]:
                known.discard(each)
            closed = closed[-2:]
    assert {number for number in numbers if descriptions.get(number) is not None} == known


def test_one_that_is_opened_again_very_often_takes_no_more_room() -> None:
    descriptions = Descriptions(max_closed=2)
    made = descriptions.create(FdKind.FILE, path="/x")
    for row in range(5_000):
        descriptions.use(made.number)
        descriptions.leave(made.number, row)
    assert len(descriptions._closed) < 2_000
    assert descriptions.get(made.number) is made
