"""What a trace tells of what it lacks, also where its drops and marks are known before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query import follower
from gvtui.query.activity import gaps as gaps_module
from gvtui.query.activity.gaps import Gaps
from gvtui.query.activity.knowngaps import KnownGaps
from gvtui.query.follower import Follower
from gvtui.trace.marks import (
    BinaryMark,
    DropsMark,
    GapMark,
    GoneMark,
    NoteMark,
    RefusedMark,
    SessionMark,
)
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.query.memory import MemoryTrace, make_row
from tests.trace.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a chunk of eight rows, and five marks at most."""
    for module in (follower, gaps_module):
        monkeypatch.setattr(module, "CHUNK", 8)
    monkeypatch.setattr(gaps_module, "_MAX_MARKS", 5)


class MarkedTrace(MemoryTrace):
    """Each mark of it tells something of its own; it notes what is read."""

    def __init__(self, rows: list[dict[str, int]], *, first_row: int = 0) -> None:
        super().__init__(rows, first_row=first_row)
        self.read: list[int] = []

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        found = super().rows(start, stop)
        self.read += range(start, start + len(found))
        return found

    def details(self, index: int) -> dict[str, Any]:
        self.row(index)
        marks = (
            SessionMark("changed", "applied", f"box-{index % 3}", "/run", f"session {index}"),
            BinaryMark(f"/bin/runsc-{index % 2}", "1", is_exec_exit_last=True),
            GapMark(f"gap {index}", "box", index, index + 5),
            RefusedMark(index, "connections", "too many"),
            GoneMark(index),
            DropsMark(index, is_least=True),
            NoteMark("alarm", f"note {index}"),
        )
        return marks[index % len(marks)].details()


def gaps_of(
    trace: MarkedTrace, known: KnownGaps | None = None, along: Follower | None = None
) -> Gaps:
    return Gaps(cast("Trace", trace), known, along)


def everything(gaps: Gaps) -> tuple[object, ...]:
    return (
        *(gaps.told(), gaps.sessions, gaps.binaries, gaps.binary_of, gaps.points_words),
        *(gaps.dropped, gaps.position, gaps.is_done, gaps.progress),
    )


def read_all(gaps: Gaps, budget: int) -> None:
    while gaps.advance(budget):
        pass


def all_read(trace: MarkedTrace) -> Gaps:
    gaps = gaps_of(trace)
    read_all(gaps, 1 << 18)
    return gaps


kinds = st.sampled_from((Kind.MESSAGE, Kind.MESSAGE, Kind.MESSAGE, *Kind))
some_rows = st.builds(
    lambda kind, conn, result, when: make_row(
        kind=kind, conn=conn, result=result, time_ns=when, recv_ns=100 + when
    ),
    kinds,
    st.integers(1, 3),
    st.integers(0, 9),
    st.integers(0, 9),
)
budgets = st.sampled_from((1, 2, 3, 7, 1 << 18))


@pytest.mark.usefixtures("few_rows")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(some_rows, min_size=20, max_size=60),
    st.sampled_from((0, 3, 8)),
    st.lists(st.tuples(st.integers(0, 60), budgets, st.integers(0, 60)), max_size=7),
)
def test_from_row_to_row_it_tells_what_reading_anew_tells(
    rows: list[dict[str, int]], first: int, stops: list[tuple[int, int, int]]
) -> None:
    trace = MarkedTrace(rows, first_row=first)
    end, known = trace.end_row, KnownGaps(trace)
    for stop, budget, most in stops:
        trace.end_row = min(first + stop, end)
        gaps = gaps_of(trace, known)
        # Some are not read to their end before there is another one.
        for _ in range(most):
            former = gaps.position
            done = gaps.advance(budget)
            reached, there = gaps.position, trace.end_row - first
            assert 0 <= done <= budget
            assert (done > 0) == (reached > former)
            only = MarkedTrace(rows[: reached - first], first_row=first)
            assert everything(gaps)[:6] == everything(all_read(only))[:6]
            assert gaps.is_done == (reached == trace.end_row)
            assert gaps.progress == ((reached - first) / there if there else 1)
            if not done:
                break
        assert done or gaps.is_done
        assert not gaps.is_done or everything(gaps) == everything(all_read(trace))


@pytest.mark.usefixtures("few_rows")
@pytest.mark.parametrize("budget", [1, 3, 100])
def test_of_chunks_that_were_read_no_row_is_read_again(budget: int) -> None:
    rows = [make_row(kind=Kind.DROP if row in (3, 50, 52) else 0) for row in range(100)]
    trace = MarkedTrace(rows, first_row=3)
    known = KnownGaps(trace)
    trace.end_row = 90
    read_all(gaps_of(trace, known), budget)
    for end, read in ((90, (88, 90)), (52, (48, 52)), (96, (88, 96)), (96, (96, 96)), (7, (3, 7))):
        trace.end_row, trace.read = end, []
        gaps = gaps_of(trace, known)
        read_all(gaps, budget)
        assert gaps.is_done
        assert trace.read == list(range(*read))


@pytest.mark.usefixtures("few_rows")
def test_where_the_oldest_rows_were_let_go_what_they_told_is_not_told() -> None:
    trace = MarkedTrace([make_row(kind=Kind.DROP, result=1)] * 40)
    known = KnownGaps(trace)
    read_all(gaps_of(trace, known), 5)
    for first in (5, 16, 21):
        trace.first_row = first
        for _ in range(2):
            gaps = gaps_of(trace, known)
            read_all(gaps, 5)
            assert gaps.dropped == 40 - first


@pytest.mark.usefixtures("few_rows")
@pytest.mark.parametrize("is_known", [False, True])
def test_it_does_not_overtake_a_reader_that_it_goes_along_with(is_known: bool) -> None:
    class Slow(Follower):
        def _take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
            pass

    trace = MarkedTrace([make_row(kind=Kind.DROP, result=1)] * 40)
    known = KnownGaps(trace)
    if is_known:
        read_all(gaps_of(trace, known), 100)
        assert known.get(8)
    reader = Slow(trace)
    gaps = gaps_of(trace, known, reader)
    assert gaps.advance() == 0
    reader.advance(13)
    read_all(gaps, 100)
    assert (gaps.position, gaps.dropped, gaps.is_done) == (13, 13, False)
    reader.advance()
    read_all(gaps, 100)
    assert (gaps.position, gaps.dropped, gaps.is_done) == (40, 40, True)


def test_times_are_in_the_zone_that_is_asked_for(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    recorder.add(1, dropped=3)
    trace = Trace.open(recorder.path)
    gaps = Gaps(trace)
    read_all(gaps, 100)
    [told], [there] = gaps.told(), gaps.told(ZoneInfo("Asia/Tokyo"))
    trace.close()
    assert told.text.endswith("at 2026-11-23 17:36:47Z")
    assert there.text.endswith("at 2026-11-24 02:36:47 JST")
