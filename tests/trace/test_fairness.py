from __future__ import annotations

from collections.abc import Hashable

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.fairness import Held, letting_go, share

sizes = st.integers(0, 1000)


@given(parts=st.lists(st.tuples(sizes, sizes), max_size=8), room=st.integers(0, 8000))
def test_what_each_may_have_fits_and_no_more_would(parts: list[tuple[int, int]], room: int) -> None:
    fixed, removable = [part[0] for part in parts], [part[1] for part in parts]

    def total(most: int) -> int:
        return sum(own + min(max(0, most - own), more) for own, more in parts)

    most = share(fixed, removable, room)
    assert total(most) <= room or most == 0
    assert total(most + 1) > room or most == max(map(sum, parts), default=0)


senders: st.SearchStrategy[Hashable] = st.integers(1, 4)
files = st.lists(
    st.dictionaries(senders, st.integers(1, 500), max_size=4).map(
        lambda sums: Held(sum(sums.values()), sums)
    ),
    min_size=1,
    max_size=6,
)


@given(
    old=files,
    new=files,
    coming=st.dictionaries(senders, sizes, max_size=4),
    room=st.integers(0, 6000),
)
def test_what_stays_is_the_newest_and_small_ones_keep_all(
    old: list[Held], new: list[Held], coming: dict[Hashable, int], room: int
) -> None:
    gone = letting_go(old, new, coming, room)
    demands: dict[Hashable, int] = {**coming}
    for held in (*old, *new):
        for sender, size in held.by_sender.items():
            demands[sender] = demands.get(sender, 0) + size
    for sender, demand in demands.items():
        there = [sender in held.by_sender for held in old]
        lost = [sender in each for each in gone]
        # A loss, then what stays, and nothing lost behind that.
        mine = [was_lost for was_lost, is_there in zip(lost, there, strict=True) if is_there]
        assert mine == sorted(mine, reverse=True)
        if demand * len(demands) <= room:
            assert not any(lost)


def test_who_sends_most_loses_what_is_oldest() -> None:
    old = [Held(100, {"loud": 90, "quiet": 10}), Held(100, {"loud": 90, "quiet": 10})]
    assert letting_go(old, [], {"loud": 100}, 250) == [frozenset({"loud"}), frozenset()]


def test_a_file_that_is_compressed_counts_as_it_is() -> None:
    assert Held(10, {"a": 60, "b": 40}).of("a") == 6
    assert Held(10, {}).of("a") == 0


def test_who_has_less_than_a_share_loses_nothing_for_what_others_may_send() -> None:
    old = [Held(100, {"quiet": 100}), Held(100, {"loud": 100})]
    assert letting_go(old, [], {"loud": 1000}, 500) == [frozenset(), frozenset({"loud"})]
    # Nor for what it may send itself, beyond its share.
    assert letting_go(old, [], {"loud": 1000, "quiet": 100}, 500) == [
        frozenset(),
        frozenset({"loud"}),
    ]
    assert letting_go(old, [], {"loud": 1000, "quiet": 200}, 500)[0] == {"quiet"}
