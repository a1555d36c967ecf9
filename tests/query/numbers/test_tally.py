from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.numbers.durations import EDGES, FINE_BANDS
from gvtui.query.numbers.tally import _MAX_LOOKED_UP, OTHER, Sums, Tally, added

KEYS = st.one_of(st.integers(-3, 40), st.sampled_from([_MAX_LOOKED_UP - 1, _MAX_LOOKED_UP, OTHER]))
OUTCOMES = st.lists(st.tuples(KEYS, st.booleans(), st.integers(-1, 10**12)), max_size=80)


def numbers(values: list[int]) -> npt.NDArray[np.int64]:
    return np.array(values, np.int64)


@given(st.lists(st.lists(KEYS, max_size=30), max_size=4), st.lists(OUTCOMES, max_size=3))
def test_sums_are_those_of_the_calls(
    turns: list[list[int]], outcomes: list[list[tuple[int, bool, int]]]
) -> None:
    tally = Tally(max_keys=100, with_bands=True)
    calls, errors = Counter[int](), Counter[int]()
    durations: dict[int, list[int]] = defaultdict(list)
    for keys in turns:
        tally.count(numbers(keys))
        calls.update(keys)
    for turn in outcomes:
        keys = [key for key, _, _ in turn]
        failed = np.array([fails for _, fails, _ in turn], np.bool_)
        tally.outcome(numbers(keys), failed, numbers([took for _, _, took in turn]))
        errors.update(key for key, fails, _ in turn if fails)
        for key, _, took in turn:
            if took >= 0:
                durations[key].append(took)
    for key in (*range(-3, 41), _MAX_LOOKED_UP - 1, _MAX_LOOKED_UP, OTHER):
        known = durations[key]
        expected = Sums(calls[key], errors[key], len(known), sum(known), max(known, default=0))
        assert tally.sums(key) == expected
        assert tally.fine(key).sum() == tally.coarse(key).sum() == len(known)
    told = dict(tally)
    assert told.keys() == calls.keys() | errors.keys()
    columns = tally.columns()
    assert sorted(columns["key"].tolist()) == sorted(told)
    for place, key in enumerate(columns["key"].tolist()):
        assert Sums(*(int(columns[name][place]) for name in Sums.__slots__)) == told[key]


def test_what_is_taken_back_was_not_there() -> None:
    tally = Tally(max_keys=10)
    tally.count(numbers([1, 1, 2]))
    tally.count(numbers([1, 2]), -1)
    assert dict(tally) == {1: Sums(1, 0, 0, 0, 0)}
    assert tally.columns()["key"].tolist() == [1]
    assert len(tally) == 2


def test_of_loose_enters_and_exits_the_more_count_once() -> None:
    tally = Tally(max_keys=10)
    is_enter = np.array([True, True, False, True, False, False])
    tally.count_loose(numbers([1, 1, 1, 2, 2, 2]), is_enter)
    tally.count(numbers([1]))
    assert tally.sums(1).calls == 3
    assert tally.sums(2).calls == 2
    tally.count_loose(numbers([1, 1]), np.array([True, True]), -1)
    assert tally.sums(1).calls == 2
    assert tally.columns()["calls"].tolist() == [2, 2]


def test_what_comes_after_the_table_is_full_is_summed_together() -> None:
    tally = Tally(max_keys=3)
    tally.count(numbers([1, 2, 3]))
    assert not tally.is_full
    tally.count(numbers([4, 5, 1, 5]))
    assert tally.is_full
    assert {key: sums.calls for key, sums in tally} == {1: 2, 2: 1, 3: 1, OTHER: 3}
    tally.outcome(numbers([9, 1]), np.array([True, True]), numbers([7, 8]))
    assert tally.sums(OTHER) == Sums(3, 1, 1, 7, 7)
    assert tally.sums(9) == Sums(0, 0, 0, 0, 0)


def test_bands_are_counted_where_they_are_wanted() -> None:
    plain, banded = Tally(max_keys=9), Tally(max_keys=9, with_bands=True)
    for tally in (plain, banded):
        tally.outcome(numbers([1, 1]), np.array([False, False]), numbers([1_500, 10**11]))
    assert not plain.has_bands
    assert not plain.fine(1).any()
    assert not plain.coarse(1).any()
    assert banded.has_bands
    assert banded.fine(1).shape == (FINE_BANDS,)
    counted = dict(zip(EDGES, banded.coarse(1).tolist(), strict=True))
    assert {edge: count for edge, count in counted.items() if count} == {1_000: 1, 10**11: 1}
    assert not banded.fine(2).any()


@given(st.lists(st.builds(Sums, *[st.integers(0, 99)] * 5), max_size=5))
def test_sums_together_keep_the_longest(parts: list[Sums]) -> None:
    whole = added(iter(parts))
    assert whole.calls == sum(part.calls for part in parts)
    assert whole.total_ns == sum(part.total_ns for part in parts)
    assert whole.max_ns == max((part.max_ns for part in parts), default=0)
    assert added([whole, *parts]).timed == 2 * whole.timed


def test_bytes_are_summed_by_key_and_over_keys() -> None:
    tally = Tally(max_keys=2)
    tally.count(numbers([1, 2, 3]))
    tally.moved(numbers([1, 1, 2, 3]), numbers([5, 6, 0, 1]), numbers([0, 1, 7, 2]))
    assert (tally.sums(1).bytes_in, tally.sums(1).bytes_out) == (11, 1)
    assert (tally.sums(OTHER).bytes_in, tally.sums(OTHER).bytes_out) == (1, 2)
    every = added(sums for _, sums in tally)
    assert (every.bytes_in, every.bytes_out) == (12, 10)
    assert tally.columns()["bytes_out"].tolist() == [1, 7, 2]
