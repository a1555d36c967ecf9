from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query import column as column_module
from gvtui.query.activity import rowledger as rowledger_module
from gvtui.query.activity.rowledger import RowLedger

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 16
LINES = 4
FAR = 5 << 32


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> Iterator[None]:
    """Chunks of few entries, so that few rows go over several."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (column_module, rowledger_module):
            patch.setattr(module, "CHUNK", CHUNK)
        patch.setattr(rowledger_module, "_SMALLEST", 2)
        yield


NEAR = st.integers(0, 150)
ROWS = st.one_of(NEAR, NEAR, NEAR, NEAR.map(lambda row: row + FAR))
ADDED = st.lists(
    st.tuples(st.integers(0, LINES - 1), st.lists(ROWS, max_size=40), st.booleans()), max_size=30
)
SOME_LINES = st.lists(st.integers(0, LINES - 1), max_size=LINES)


def _filled(added: list[tuple[int, list[int], bool]]) -> tuple[RowLedger, list[set[int]]]:
    """A ledger to which rows were added, and the rows of each line."""
    ledger, expected = RowLedger(), [set[int]() for _ in range(LINES)]
    assert [ledger.new_line() for _ in range(LINES)] == list(range(LINES))
    for line, rows, is_last in added:
        ledger.add(line, rows)
        expected[line].update(rows)
        if is_last:
            ledger.put_away()
    return ledger, expected


@given(ADDED, SOME_LINES, st.one_of(NEAR, st.just(FAR)), st.integers(0, 60))
def test_it_has_for_each_line_what_was_added_in_any_order(
    added: list[tuple[int, list[int], bool]], lines: list[int], start: int, count: int
) -> None:
    ledger, expected = _filled(added)
    every = set[int]().union(*(expected[line] for line in lines))
    for asked in (ledger, pickle.loads(pickle.dumps(ledger))):
        found = (np.flatnonzero(asked.mask(lines, start, count)) + start).tolist()
        assert found == sorted(row for row in every if start <= row < start + count)
        assert asked.count_before(lines, start) == sum(row < start for row in every)


@given(ADDED, st.lists(ROWS, max_size=3).map(sorted), SOME_LINES.map(lambda some: [*{*some}]))
def test_of_rows_that_were_let_go_it_knows_how_many_they_were(
    added: list[tuple[int, list[int], bool]], firsts: list[int], lines: list[int]
) -> None:
    ledger, expected = RowLedger(), [set[int]() for _ in range(LINES)]
    for _ in expected:
        ledger.new_line()
    turns = max(1, len(added) // (len(firsts) + 1))
    first, pairs = 0, 0
    for turn, (line, rows, is_last) in enumerate(added):
        # No row is told twice, nor one that is there no more.
        new = sorted({row for row in rows if row >= first} - expected[line])
        ledger.add(line, new)
        expected[line].update(new)
        pairs += len(new)
        if is_last:
            ledger.put_away()
        if firsts and turn % turns == turns - 1:
            first = firsts.pop(0)
            ledger.let_go(first)
    for line in lines:
        assert ledger.count_before([line], first) == sum(row < first for row in expected[line])
        found = np.flatnonzero(ledger.mask([line], first, 400)) + first
        assert found.tolist() == sorted(row for row in expected[line] if first <= row < first + 400)
    ledger.let_go(FAR * 2)
    assert sum(ledger.count_before([line], FAR * 2) for line in range(LINES)) == pairs


def test_what_lies_wholly_before_a_row_takes_no_room_any_more() -> None:
    ledger = RowLedger()
    one, other = ledger.new_line(), ledger.new_line()
    for row in range(0, 20 * CHUNK, 2):
        ledger.add(one, [row])
        ledger.add(other, [row])
        ledger.put_away()
    assert ledger._rows.known() == ledger._lines.known() == list(range(20))
    ledger.let_go(19 * CHUNK)
    assert ledger._rows.known() == ledger._lines.known() == list(ledger._full) == [19]
    assert ledger._chunks_of == {19: [19]}
    assert ledger.count_before([one], 19 * CHUNK) == 19 * CHUNK // 2
    assert ledger.count_before([one, other], 19 * CHUNK) == 19 * CHUNK


def test_only_the_newest_entries_change() -> None:
    ledger = RowLedger()
    line = ledger.new_line()
    ledger.add(line, range(3 * CHUNK + 1))
    ledger.put_away()
    assert ledger._rows.touched() == ledger._lines.touched() == [0, 1, 2]
    ledger.add(line, [0, 1, 2])
    ledger.put_away()
    assert ledger._rows.touched() == ledger._lines.touched() == []


def test_another_thread_sees_each_row_that_was_there_when_it_asked() -> None:
    ledger = RowLedger()
    lines = [ledger.new_line() for _ in range(3)]
    added, missing = [0], list[int]()
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            known = added[0]
            mask = ledger.mask(lines[:2], 0, 4000)
            if not mask[:known].all() or mask[4000 - 1]:
                missing.append(known)

    thread = threading.Thread(target=ask)
    thread.start()
    for row in range(3000):
        ledger.add(row % 2, [row])
        added[0] = row + 1
        if row % 5 == 0:
            ledger.put_away()
    is_over.set()
    thread.join()
    assert missing == []
