from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.numbered import Numbered
from gvtui.query.processes import spans as spans_module
from gvtui.query.processes.process import Evidence, Process
from gvtui.query.processes.spans import Spans
from tests.query.memory import MemoryTrace, make_row


def process(number: int, pid: int, start_ns: int = 0) -> Process:
    return Process(number, "box", pid, start_ns, Evidence.EVENT, 0, 0)


class OwnSpans(Spans):
    """Knows the processes that have begun."""

    def __init__(self) -> None:
        self._own: Numbered[Process] = Numbered()
        super().__init__(self._own)

    def begin(self, conn: int, row: int, process: Process) -> None:
        self._own.put(process.number, process)
        super().begin(conn, row, process)


BEGINS = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(0, 20)),
    max_size=12,
    unique_by=lambda begin: begin,
)


@given(BEGINS, st.integers(0, 8))
def test_each_row_belongs_to_the_process_that_had_its_id_then(
    begins: list[tuple[int, int, int]], start: int
) -> None:
    spans, had = OwnSpans(), dict[tuple[int, int], list[tuple[int, Process]]]()
    for number, (conn, pid, row) in enumerate(begins):
        its = process(number, pid)
        spans.begin(conn, row, its)
        had.setdefault((conn, pid), []).append((row, its))

    def expected(conn: int, pid: int, row: int) -> Process | None:
        known = sorted(had.get((conn, pid), []), key=lambda span: span[0])
        before = [its for begin, its in known if begin <= row]
        # What came before the first of them that is known is its too.
        return before[-1] if before else known[0][1] if known else None

    rows = [
        make_row(conn=conn, pid=pid) for _ in range(4) for conn in (1, 2) for pid in (0, 1, 2, 3)
    ]
    given_ = MemoryTrace(rows, first_row=start).rows(start, start + len(rows))
    found: dict[int, Process] = {}
    for places, its in spans.runs(start, given_):
        assert sorted(places.tolist()) == places.tolist()
        assert not found.keys() & set(places.tolist())
        found.update(dict.fromkeys(places.tolist(), its))
    for place, made in enumerate(rows):
        whose = expected(made["conn"], made["pid"], start + place)
        assert found.get(place) is whose
        assert spans.at(made["conn"], made["pid"], start + place) is whose


def test_the_one_that_has_an_id_now() -> None:
    spans = OwnSpans()
    first, second, unknown = process(1, 7, 70), process(2, 7, 71), process(3, 7)
    assert spans.current(1, 7) is None
    for row, its in ((5, first), (9, second)):
        spans.begin(1, row, its)
    assert spans.current(1, 7) is second
    assert spans.current(1, 7, 70) is first
    assert spans.current(1, 7, 72) is None
    assert spans.current(2, 7) is None
    spans.begin(1, 12, unknown)
    # Of one whose start was not collected it cannot be said that it is another.
    assert spans.current(1, 7, 70) is unknown
    assert (1, 7) in spans
    assert (2, 7) not in spans


def test_connections_know_their_processes() -> None:
    spans = OwnSpans()
    mine, twin, other = process(1, 7), process(2, 7), process(3, 8)
    spans.begin(1, 0, twin)
    spans.begin(2, 0, mine)
    spans.begin(2, 5, other)
    assert spans.connection_of(mine) == 2
    assert spans.connection_of(twin) == 1
    assert spans.connection_of(process(4, 7)) == 0


def test_the_forgotten_leave_their_ids_to_the_others() -> None:
    spans = OwnSpans()
    first, second, third = process(1, 7), process(2, 7), process(3, 8)
    for row, its in ((0, first), (5, second), (6, third)):
        spans.begin(1, row, its)
    spans.forget({1, 3})
    assert spans.at(1, 7, 2) is second
    assert spans.at(1, 8, 9) is None
    assert (1, 8) not in spans


def test_ids_are_bounded_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans_module, "_MAX_SPANS", 3)
    spans = OwnSpans()
    for pid in range(1, 6):
        spans.begin(1, pid, process(pid, pid))
    spans.begin(1, 9, process(9, 5))
    assert [pid for pid in range(1, 6) if (1, pid) in spans] == [3, 4, 5]


class Asked(set[int]):
    """Counts how many processes are looked at."""

    count = 0

    def __contains__(self, number: object) -> bool:
        self.count += 1
        return super().__contains__(number)


def test_forgetting_a_few_looks_at_their_ids_alone() -> None:
    spans = OwnSpans()
    for pid in range(1, 1001):
        spans.begin(pid % 3, pid, process(pid, pid))
    gone = Asked({5, 6, 7})
    spans.forget(gone)
    assert gone.count == 3
    assert [pid for pid in range(1, 11) if (pid % 3, pid) in spans] == [1, 2, 3, 4, 8, 9, 10]


def test_an_id_that_was_pushed_out_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans_module, "_MAX_SPANS", 2)
    spans = OwnSpans()
    its = process(1, 7)
    for conn in (1, 2, 3):
        spans.begin(conn, conn, its)
    spans.begin(3, 9, its)
    assert spans.connection_of(its) == 2
    for conn in (4, 5):
        spans.begin(conn, 10, process(2, 7))
    assert spans.connection_of(its) == 0
    # Nothing is kept of who has no id any more, however many connections there were.
    assert list(spans._keys) == [2]
    spans.forget({1, 2})
    assert (5, 7) not in spans


def test_rows_without_an_id_are_of_nobody() -> None:
    spans = OwnSpans()
    spans.begin(1, 0, process(1, 7))
    rows = MemoryTrace([make_row(conn=1, pid=0), make_row(conn=1, pid=9)]).rows(0, 2)
    assert list(spans.runs(0, rows)) == []
    assert list(spans.runs(0, rows[:0])) == []
    assert np.all(rows["conn"] == 1)


@given(BEGINS, st.sets(st.integers(0, 11)), st.integers(1, 6))
def test_processes_are_forgotten_on_all_their_connections_and_others_stay(
    begins: list[tuple[int, int, int]], gone: set[int], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans_module, "_MAX_SPANS", most)
        spans = OwnSpans()
        known = {pid: process(pid, pid) for _, pid, _ in begins}
        last: dict[tuple[int, int], None] = {}
        for conn, pid, row in begins:
            spans.begin(conn, row, known[pid])
            if (conn, pid) not in last and len(last) >= most:
                del last[next(iter(last))]
            last[conn, pid] = None
    spans.forget(gone)
    for conn in (1, 2):
        for pid in (1, 2, 3):
            is_kept = (conn, pid) in last and pid not in gone
            assert ((conn, pid) in spans) == is_kept
            assert spans.current(conn, pid) is (known[pid] if is_kept else None)
    for pid, its in known.items():
        conns = [conn for conn, other in last if other == pid and pid not in gone]
        assert spans.connection_of(its) in (conns or [0])
