"""What descriptors stand for at many rows, against looking at one row after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.resolved.assigning import Uses
from gvtui.query.resolved.changes import FilesChange, FilesChanges

KEYS = st.tuples(st.integers(1, 3), st.integers(0, 3))


@given(
    st.dictionaries(KEYS, st.integers(1, 9)),
    st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 9))), max_size=40),
    st.integers(0, 1000),
)
def test_each_row_sees_the_changes_before_it(
    initial: dict[tuple[int, int], int],
    steps: list[tuple[tuple[int, int], int | None]],
    start: int,
) -> None:
    now = dict(initial)
    expected, places, keys, changes = [], [], [], []
    for place, (key, number) in enumerate(steps):
        if number is None:
            places.append(place)
            keys.append(key)
            expected.append(now.get(key, 0))
        else:
            changes.append(FilesChange(start + place, *key, number))
            now[key] = number
    processes = np.array([key[0] for key in keys], np.int64)
    fds = np.array([key[1] for key in keys], np.int64)
    uses = Uses(
        np.array(places, np.intp), processes, fds, lambda *key: initial.get(key, 0)
    )  # fmt: skip
    assert uses.resolved(start, FilesChanges(changes)).numbers.tolist() == expected


@given(st.lists(KEYS, min_size=1, max_size=30), st.data())
def test_proofs_are_found_in_order(keys: list[tuple[int, int]], data: st.DataObject) -> None:
    proves = data.draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys)))
    places = np.arange(len(keys)) * 2
    uses = Uses(
        places,
        np.array([process for process, _ in keys], np.int64),
        np.array([fd for _, fd in keys], np.int64),
        lambda process, _: process - 1,
    )
    first: dict[tuple[int, int], int] = {}
    for place, (key, shows) in enumerate(zip(keys, proves, strict=True)):
        if shows and key[0] == 1:
            first.setdefault(key, place * 2)
    assert sorted(uses.unknown(np.array(proves))) == sorted(first.values())
    for after in range(0, 2 * len(keys), 3):
        for key in {*keys, (9, 9)}:
            own = [
                2 * n
                for n in range(len(keys))
                if keys[n] == key and proves[n] and 2 * n > after
            ]  # fmt: skip
            assert uses.next_proof(*key, after) == (own[0] if own else -1)
    assert [uses.descriptor(place) for place in places.tolist()] == keys
