from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.recent import Recent


def holding(most: int, *keys: bytes) -> Recent:
    """Has made a value of each key, in this order."""
    recent = Recent([1, 2], most)
    look_up(recent, keys)
    return recent


def look_up(recent: Recent, keys: Iterable[bytes], kind: int = 1) -> list[bytes]:
    """Look keys up as its user does; gives those that were not known any more."""
    missed = []
    for key in keys:
        if key not in recent.now[kind] and not recent.recall(kind, key):
            missed.append(key)
            recent.learn(kind, key, key * 2)
        assert recent.now[kind][key] == key * 2
    return missed


def test_what_comes_again_stays_and_the_rest_goes() -> None:
    recent = holding(100, b"once", b"often")
    for _ in range(3):
        recent.age()
        assert look_up(recent, [b"often"]) == []
    assert len(recent) == 1
    assert look_up(recent, [b"once"]) == [b"once"]


def test_kinds_are_apart() -> None:
    recent = holding(100, b"one")
    recent.age()
    assert not recent.recall(2, b"one")
    assert recent.recall(1, b"one")


def test_what_cannot_be_made_is_known_too() -> None:
    recent = Recent([1], 100)
    recent.learn(1, b"odd", None)
    recent.age()
    assert recent.recall(1, b"odd")
    assert recent.now[1] == {b"odd": None}


def test_the_maps_to_look_up_in_stay_the_same() -> None:
    recent = holding(100, b"one")
    now = recent.now[1]
    recent.age()
    assert recent.now[1] is now == {}


@given(st.lists(st.binary(max_size=1) | st.none(), max_size=200), st.integers(2, 40))
def test_it_holds_no_more_than_it_may_and_what_came_last(
    keys: list[bytes | None], most: int
) -> None:
    """None is an ageing."""
    recent = Recent([1, 2], most)
    for key in keys:
        if key is None:
            recent.age()
            continue
        look_up(recent, [key], kind=1 + len(key))
        assert len(recent) <= most
    aged = len(keys) - keys[::-1].index(None) if None in keys else 0
    last = [key for key in keys[aged:] if key is not None][-(most // 2) :]
    for key in last:
        assert key in recent.now[1 + len(key)] or recent.recall(1 + len(key), key)
