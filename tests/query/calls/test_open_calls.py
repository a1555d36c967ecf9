from __future__ import annotations

from typing import Any

import pytest

from gvtui.query.calls import open_calls
from gvtui.query.calls.open_calls import (
    CLOSED,
    NO_EXIT,
    NOT_A_CALL,
    THREAD_ENDED,
    OpenCalls,
    OpenEnter,
)
from gvtui.query.column import RowColumn

READ, EXECVE = 0, 59
TYPE = 9
THREAD, TWIN = 2 * 7, 2 * 7 + 1
"""The layers of thread 7: decoded points, raw points."""


class Calls(OpenCalls):
    """Open calls over a column of one chunk."""

    def __init__(self) -> None:
        self.column = RowColumn()
        self.column.chunk(0)
        super().__init__(self.column, {EXECVE})

    def begin(self, row: int, sysno: int = READ, key: int = THREAD, conn: int = 1) -> None:
        self.enter(conn, key, OpenEnter(row, TYPE, sysno, 7))

    def end(
        self,
        row: int,
        sysno: int = READ,
        key: int = THREAD,
        *,
        failed: bool = False,
        is_first: bool = False,
    ) -> None:
        self.exit(1, key, OpenEnter(row, TYPE, sysno, 7), failed=failed, is_first=is_first)

    def values(self, *rows: int) -> list[int]:
        return [self.column.get(row) for row in rows]


def test_an_exit_finds_the_newest_open_enter_of_its_kind() -> None:
    calls = Calls()
    calls.begin(1)
    calls.begin(4)
    calls.end(6)
    calls.end(9)
    assert calls.values(1, 4, 6, 9) == [8, 2, -2, -8]
    assert not calls


def test_what_was_open_above_it_has_no_exit() -> None:
    calls = Calls()
    calls.begin(1)
    calls.begin(2, sysno=5)
    calls.end(6)
    assert calls.values(1, 2, 6) == [5, NO_EXIT, -5]


@pytest.mark.parametrize("other", [{"sysno": 5}, {"key": TWIN}, {"key": 2 * 8}])
def test_an_exit_of_another_call_layer_or_thread_closes_nothing(other: dict[str, Any]) -> None:
    calls = Calls()
    calls.begin(1)
    calls.end(6, **other)
    assert calls.values(1, 6) == [NOT_A_CALL, NOT_A_CALL]
    assert calls.running(1, THREAD) is None
    calls.note_newest(1, THREAD, 1)
    assert calls.running(1, THREAD) == OpenEnter(1, TYPE, READ, 7)


def test_after_a_drop_a_pair_is_believed_only_where_the_two_are_neighbours() -> None:
    calls = Calls()
    calls.begin(1)
    calls.dropped(1, 3)
    calls.end(5)
    assert calls.values(1, 5) == [NO_EXIT, NOT_A_CALL]
    calls.begin(6)
    calls.note_newest(1, THREAD, 6)
    calls.dropped(1, 7)
    calls.end(8, is_first=True)
    assert calls.values(6, 8) == [2, -2]
    # A drop on another connection says nothing of this one.
    calls.begin(10)
    calls.dropped(2, 11)
    calls.end(12)
    assert calls.values(10, 12) == [2, -2]


def test_the_end_of_a_thread_or_connection_is_the_reason_of_the_innermost_call_alone() -> None:
    calls = Calls()
    for row in (1, 2):
        calls.begin(row)
        calls.begin(row + 10, key=TWIN)
        calls.begin(row + 20, conn=2)
    calls.thread_ended(1, THREAD)
    assert calls.values(1, 2, 11, 12) == [NO_EXIT, THREAD_ENDED, NOT_A_CALL, NOT_A_CALL]
    calls.connection_closed(1, 99, {})
    assert calls.values(11, 12, 21, 22) == [NO_EXIT, CLOSED, NOT_A_CALL, NOT_A_CALL]
    assert calls
    calls.connection_closed(2, 99, {})
    assert calls.values(21, 22) == [NO_EXIT, CLOSED]
    assert not calls
    calls.connection_closed(2, 99, {})
    calls.thread_ended(1, THREAD)


def test_only_a_call_after_which_its_thread_sent_nothing_runs() -> None:
    calls = Calls()
    assert list(calls) == []
    calls.begin(1)
    assert calls.newest(1, THREAD) == -1
    calls.note_newest(1, THREAD, 1)
    assert list(calls) == [(1, THREAD, OpenEnter(1, TYPE, READ, 7))]
    calls.note_newest(1, THREAD, 4)
    assert list(calls) == []
    assert calls.newest(1, THREAD) == 4
    calls.note_newest(1, 2 * 99, 5)
    assert calls.newest(1, 2 * 99) == -1


def test_the_other_layer_of_the_same_call_does_not_end_it() -> None:
    calls = Calls()
    calls.begin(1)
    calls.begin(2, key=TWIN)
    calls.note_newest(1, THREAD, 1)
    calls.note_newest(1, TWIN, 2)
    assert {key for _, key, _ in calls} == {THREAD, TWIN}
    other = Calls()
    other.begin(1)
    other.begin(2, sysno=5, key=TWIN)
    other.note_newest(1, THREAD, 1)
    other.note_newest(1, TWIN, 2)
    assert {key for _, key, _ in other} == {TWIN}


@pytest.mark.parametrize(("failed", "pairs"), [(False, True), (True, False)])
def test_a_thread_that_executes_a_program_ends_its_call_under_the_id_of_the_process(
    failed: bool, pairs: bool
) -> None:
    calls = Calls()
    calls.begin(1, sysno=EXECVE, key=2 * 8)
    calls.end(4, sysno=EXECVE, key=THREAD, failed=failed)
    assert (calls.values(1, 4) == [3, -3]) == pairs
    assert bool(calls) != pairs


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_calls, "_MAX_THREADS", 20)
    calls = Calls()
    for row in range(open_calls._MAX_DEPTH + 3):
        calls.begin(row)
    assert calls.values(0, 1, 2, 3) == [NO_EXIT, NO_EXIT, NO_EXIT, NOT_A_CALL]
    for thread in range(100, 150):
        calls.begin(thread, key=2 * thread)
    forgotten = [row for row in range(100, 150) if calls.column.get(row) == NO_EXIT]
    # The oldest of all go first, and as few as have to.
    assert forgotten == list(range(100, 100 + len(forgotten)))
    assert 50 - 20 <= len(forgotten) <= 50 - 20 + 2
