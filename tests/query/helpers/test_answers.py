from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.compile import compile_filter
from gvtui.query.helpers import answers
from gvtui.query.helpers.answers import KnownAnswers, LastAnswers
from gvtui.trace.reader import Trace
from tests.trace.factory import read_message, write_trace

if TYPE_CHECKING:
    from pathlib import Path

_RANGES = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 70)), max_size=20)
_TRUE = np.random.default_rng(16).random(200) < 0.5


@given(_RANGES, st.integers(0, 150), st.integers(0, 60))
def test_what_is_remembered_is_what_was_told(
    ranges: list[tuple[int, int]], start: int, count: int
) -> None:
    block, answers._BLOCK = answers._BLOCK, 32
    try:
        known = KnownAnswers()
        for begin, size in ranges:
            known.add(begin, _TRUE[begin : begin + size])
        found = known.get(start, start + count)
        if found is not None:
            assert 0 < len(found) <= count
            assert np.array_equal(found, _TRUE[start : start + len(found)])
            assert any(begin <= start < begin + size for begin, size in ranges)
    finally:
        answers._BLOCK = block


def test_all_is_known_that_came_in_order() -> None:
    known, start = KnownAnswers(), 0
    every = np.random.default_rng(17).random(120_000) < 0.1
    for size in [*range(1, 400), 30_000]:
        known.add(start, every[start : start + size])
        start += size
    got, at = [], 0
    while (found := known.get(at, start)) is not None:
        got.append(found)
        at += len(found)
    assert at == start
    assert np.array_equal(np.concatenate(got), every[:start])
    assert known.get(start, start + 1) is None


def test_nothing_is_known_behind_a_gap() -> None:
    known = KnownAnswers()
    known.add(10, np.ones(5, np.bool_))
    assert known.get(10, 15) is None
    known.add(0, np.zeros(10, np.bool_))
    known.add(10, np.ones(5, np.bool_))
    found = known.get(8, 100)
    assert found is not None
    assert found.tolist() == [False, False, *[True] * 5]


def test_those_of_the_last_filter_are_kept(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    trace, other = Trace.open(path), Trace.open(path)
    last, asked = LastAnswers(), compile_filter("evt.args contains etc")
    known = last.of(trace, asked)
    assert known is not None
    assert last.of(trace, compile_filter(asked.text, now_ns=5)) is known
    assert last.of(trace, compile_filter("evt.failed = true")) is None
    assert last.of(trace, asked) is known
    assert last.of(other, asked) is not known
    first = last.of(trace, asked)
    assert first is not known
    assert last.of(trace, compile_filter("evt.args contains usr")) is not first
    trace.close()
    other.close()
