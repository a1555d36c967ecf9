from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.elapsed import JUMP_NS, Elapsed
from gvtui.trace.marks import ClockMark, NoteMark
from gvtui.trace.origin import OriginMark, TraceOrigin
from gvtui.trace.row import ROW_DTYPE, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
HOUR, DAY = 3600 * SECOND, 86_400 * SECOND
START = 1_795_455_407 * SECOND


@dataclass
class Rows:
    """Rows that came, as the clock said, and the marks between them."""

    came: list[tuple[int, Kind, int]] = field(default_factory=list)
    marked: dict[int, dict[str, Any]] = field(default_factory=dict)
    first_row: int = 0

    @property
    def end_row(self) -> int:
        return len(self.came)

    def add(self, *times: int, kind: Kind = Kind.MESSAGE, conn: int = 1) -> Rows:
        self.came += [(START + time, kind, conn) for time in times]
        return self

    def mark(self, time: int, mark: ClockMark | NoteMark | OriginMark) -> Rows:
        self.marked[len(self.came)] = mark.details()
        return self.add(time, kind=Kind.MARK, conn=0)

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        rows = np.zeros(len(self.came), ROW_DTYPE)
        for place, values in enumerate(self.came):
            rows["recv_ns"][place], rows["kind"][place], rows["conn"][place] = values
        return rows[start:stop]

    def details(self, index: int) -> dict[str, Any]:
        return self.marked[index]


def elapsed(rows: Rows, start: int = 0) -> list[int]:
    """How much has passed since the first row, in nanoseconds."""
    told: list[int] = Elapsed(rows, start).read(rows.end_row).tolist()
    return [each - told[0] for each in told]


def test_what_passed_is_what_the_times_say_where_nobody_set_the_clock() -> None:
    times = [0, MILLISECOND, 2 * HOUR, 2 * HOUR, 2 * HOUR + 5]
    assert elapsed(Rows().add(*times)) == times


def test_a_clock_that_was_set_forward_by_a_day_makes_nobody_wait() -> None:
    rows = (
        Rows().add(0, SECOND).add(DAY + 2 * SECOND).mark(DAY + 2_300 * MILLISECOND, ClockMark(DAY))
    )
    rows.add(DAY + 3 * SECOND, DAY + 3 * SECOND + HOUR)
    assert elapsed(rows) == [
        0,
        SECOND,
        2 * SECOND,
        2_300 * MILLISECOND,
        3 * SECOND,
        3 * SECOND + HOUR,
    ]


def test_a_clock_that_was_set_back_lets_nothing_come_at_once() -> None:
    rows = (
        Rows()
        .add(0, SECOND)
        .add(2 * SECOND - HOUR)
        .mark(2_300 * MILLISECOND - HOUR, ClockMark(-HOUR))
    )
    rows.add(3 * SECOND - HOUR, 3 * SECOND)
    assert elapsed(rows)[:5] == [0, SECOND, 2 * SECOND, 2_300 * MILLISECOND, 3 * SECOND]
    assert elapsed(rows)[5] == 3 * SECOND + HOUR


def test_a_clock_that_was_set_back_while_nothing_came() -> None:
    rows = Rows().add(0).mark(DAY - 5 * SECOND, ClockMark(-DAY)).add(DAY)
    assert elapsed(rows) == [0, 2 * DAY - 5 * SECOND, 2 * DAY]


def test_a_mark_that_comes_late_is_not_waited_for_twice() -> None:
    back = [2 * SECOND - HOUR + place * MILLISECOND for place in range(100)]
    late = 300 * SECOND - HOUR
    rows = Rows().add(0, SECOND, *back).add(late).mark(late + 1, ClockMark(-HOUR)).add(late + 2)
    told = elapsed(rows)
    assert (told[2], told[-1]) == (2 * SECOND, 300 * SECOND + 2)
    # So late that the rows before have been told of.
    asked = Elapsed(rows, 0)
    rows.came, whole = rows.came[:103], rows.came
    before = asked.read(103).tolist()
    rows.came = whole
    after = asked.read(len(whole)).tolist()
    assert before[2] - before[0] == SECOND, "nothing tells how long it took to set the clock"
    assert after[-1] - before[0] == 299 * SECOND + 2


def test_a_mark_that_no_time_confirms_changes_nothing() -> None:
    rows = Rows().add(0, 1, 2).mark(3, ClockMark(DAY)).add(4, 5)
    assert elapsed(rows) == [0, 1, 2, 3, 4, 5]


def test_times_that_go_back_and_stay_there_are_another_clock() -> None:
    rows = Rows().add(0, SECOND, *range(HOUR, HOUR + 40), 10, 20, *range(SECOND, SECOND + 40))
    assert elapsed(rows)[41:45] == [HOUR + 39, HOUR + 39, HOUR + 49, HOUR + 29 + SECOND]


def test_rows_that_come_late_slow_nothing_down() -> None:
    rows = Rows()
    for step in range(300):
        rows.add(step * MILLISECOND, conn=1)
        rows.add(max(0, (step - 40) * MILLISECOND), conn=2)
    rows.add(320 * MILLISECOND).add(320 * MILLISECOND - 3 * SECOND).add(330 * MILLISECOND)
    told = elapsed(rows)
    assert told[-1] == 330 * MILLISECOND
    assert told[-2] == 320 * MILLISECOND
    assert told[600 - 2] == 299 * MILLISECOND


def test_a_time_that_makes_no_sense_is_nobodys() -> None:
    rows = Rows().add(0, 5, 100 * 365 * DAY, *range(10, 60))
    assert elapsed(rows)[-1] == 59
    assert elapsed(rows)[2] == 5
    hostile = Rows()
    hostile.came = [(each, Kind.MESSAGE, 1) for each in (-(1 << 63), (1 << 63) - 1, 0, 1 << 62)]
    hostile.mark(0, ClockMark((1 << 63) - 1)).mark(0, ClockMark(-(1 << 63)))
    told = Elapsed(hostile, 0).read(6).tolist()
    assert told == sorted(told)


def test_what_a_copy_tells_anew_at_its_beginning_takes_no_time() -> None:
    rows = Rows().mark(0, NoteMark("cut")).add(-HOUR, kind=Kind.OPENED)
    rows.mark(-HOUR, NoteMark("a name")).add(SECOND, 2 * SECOND)
    assert elapsed(rows) == [0, 0, 0, SECOND, 2 * SECOND]


def test_each_of_merged_recordings_has_a_clock_of_its_own() -> None:
    rows = Rows().mark(
        0, OriginMark("merged", tuple(TraceOrigin(n, "", shift=s) for n, s in (("a", 0), ("b", 1))))
    )
    for place in range(1, 200):
        step = -HOUR if place >= 50 else 0
        rows.add(place * SECOND + step, conn=1)
        if place == 50:
            rows.mark(place * SECOND + step + 1, ClockMark(-HOUR, 0))
        rows.add(place * SECOND + MILLISECOND, conn=2)
        if place == 100:
            rows.mark(place * SECOND + MILLISECOND, ClockMark(DAY, 1))
        if place == 150:
            # Of the other one, and of a step that none of its rows has made.
            rows.mark(place * SECOND, ClockMark(DAY, 1))
    told = elapsed(rows)
    messages = [told[row] for row, (_, kind, _) in enumerate(rows.came) if kind is Kind.MESSAGE]
    wanted = [
        at for place in range(1, 200) for at in (place * SECOND, place * SECOND + MILLISECOND)
    ]
    assert [each - messages[0] for each in messages] == [each - SECOND for each in wanted]
    assert elapsed(rows, 250)[-1] == told[-1] - told[250]


def test_a_trace_that_grows_is_told_on() -> None:
    rows = Rows().add(0, 1, 2)
    asked = Elapsed(rows, 1)
    assert asked.read(50).tolist() == [START + 1, START + 2]
    rows.add(HOUR)
    assert asked.read(50).tolist() == [START + HOUR]
    assert asked.read(50).tolist() == []
    assert asked.latest_ns == START + HOUR


GAPS = st.one_of(
    st.integers(0, 3 * MILLISECOND), st.integers(0, 2 * SECOND), st.integers(0, 3 * DAY)
)
STEPS = st.one_of(st.integers(SECOND, 400 * DAY), st.integers(-400 * DAY, -SECOND))
MOMENTS = st.lists(
    st.tuples(GAPS, st.none() | st.tuples(STEPS, st.integers(0, SECOND // 2))), min_size=2
)


@given(MOMENTS, st.lists(st.integers(0, MILLISECOND), min_size=1))
def test_playing_waits_for_what_passed_and_no_more(
    moments: list[tuple[int, tuple[int, int] | None]], jitter: list[int]
) -> None:
    rows, passed = Rows(), [0]
    now = clock = 0
    tells: tuple[int, int, int] | None = None
    """When the mark comes, of which step, and behind which row the clock was set."""
    unsure: set[int] = set()
    rows.add(0)

    def tell() -> None:
        nonlocal tells
        assert tells is not None
        at, step, since = tells
        unsure.update(range(since, len(rows.came)))
        rows.mark(at + clock, ClockMark(step))
        passed.append(at)
        tells = None

    for place, (gap, set_) in enumerate(moments):
        if tells is not None and now + gap >= tells[0]:
            tell()
        now += gap
        late = jitter[place % len(jitter)]
        rows.add(now + clock - late)
        passed.append(now)
        if set_ is not None and tells is None:
            step, after = set_
            clock += step
            tells = now + after, step, len(rows.came)
    if tells is not None:
        now = max(now, tells[0])
        tell()
    told = elapsed(rows)
    assert told == sorted(told)
    for row, (found, wanted) in enumerate(zip(told, passed, strict=True)):
        # Between a step and its mark nothing tells when exactly it was, if nothing came.
        if row not in unsure:
            assert abs(found - wanted) <= 2 * MILLISECOND, row
        assert found <= max(passed[: row + 1]) + 2 * MILLISECOND, row
    assert JUMP_NS < SECOND
