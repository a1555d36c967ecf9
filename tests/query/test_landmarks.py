from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gvtui.query.calls.pairs import Pairs
from gvtui.query.filter.compile import compile_filter
from gvtui.query.landmarks import Landmark, Landmarks, LandmarkSeeker
from gvtui.query.numbers.timeline import Timeline
from gvtui.trace.excerpts import DisputeMark
from gvtui.trace.marks import (
    ALARM,
    BinaryMark,
    ClockMark,
    GapMark,
    LostMark,
    Mark,
    NoteMark,
    RefusedMark,
    SessionMark,
)
from gvtui.trace.playback import AllRows
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.trace.recorder import START_NS, TRACES, Recorder, open_message
from tests.trace.rivals import opened_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Trace]]:
    """Opens traces, and closes them at the end."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(closing(Trace.open(path)))


def every(
    trace: Trace, landmarks: Landmarks, row: int, direction: int, **options: object
) -> list[int]:
    seeker = LandmarkSeeker(trace, landmarks, row, direction, **options)  # type: ignore[arg-type]
    found = []
    while not seeker.is_done:
        each = seeker.next(1.0)
        if each is not None:
            found.append(each)
    return found


def passing(trace: Trace, text: str) -> list[int]:
    mask = compile_filter(text).mask(trace, trace.rows(0, trace.end_row), 0)
    return list(map(int, np.flatnonzero(mask)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Landmark.ERROR, "evt.failed = true"),
        (Landmark.EXEC, "evt.type = sentry/execve"),
        (Landmark.CALL, "evt.dir = > and evt.type startswith ''"),
        (Landmark.EVENT, "evt.type startswith sentry/ or evt.type startswith container/"),
    ],
)
@pytest.mark.parametrize("name", ["shell-2024", "network-2024"])
def test_all_of_a_kind_are_found_on_and_back(
    kind: Landmark, text: str, name: str, opened: Callable[[Path], Trace]
) -> None:
    trace = opened(TRACES / f"{name}.trace")
    pairs = Pairs(trace)
    while pairs.advance():
        pass
    landmarks = Landmarks(trace, kind, pairs)
    wanted = passing(trace, text)
    found = every(trace, landmarks, -1, 1)
    if kind is Landmark.CALL:
        lone = set(found) - set(wanted)
        assert all(pairs.partner(row) is None for row in lone), "exits of which no enter is there"
        wanted = sorted({*wanted, *lone})
    assert found == wanted
    if not found:
        assert (kind, name) == (Landmark.EXEC, "network-2024"), "no program started there"
        return
    assert every(trace, landmarks, trace.end_row, -1) == found[::-1]
    middle = found[len(found) // 2]
    assert every(trace, landmarks, middle, 1) == found[len(found) // 2 + 1 :], "not the row itself"


def test_drops_are_found_with_and_without_what_the_timeline_knows(
    tmp_path: Path, opened: Callable[[Path], Trace]
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    dropped = 0
    for count in (30, 1, 2, 500, 17_000, 1):
        recorder.add(count, dropped=dropped)
        dropped += 3
        recorder.add(1, dropped=dropped)
    recorder.add(2000, dropped=dropped)
    trace = opened(recorder.path)
    pairs, timeline = Pairs(trace), Timeline(trace, size=64)
    while timeline.advance():
        pass
    landmarks = Landmarks(trace, Landmark.DROP, pairs)
    wanted = [row for row in range(trace.end_row) if trace.row(row).kind == Kind.DROP]
    assert len(wanted) == 6
    for row in (-1, wanted[0], wanted[2], wanted[3] - 1, wanted[3] + 1, wanted[5], trace.end_row):
        after = [each for each in wanted if each > row]
        before = [each for each in wanted if each < row][::-1]
        assert every(trace, landmarks, row, 1) == after
        assert every(trace, landmarks, row, -1) == before
        skip = timeline.past_dropless
        assert every(trace, landmarks, row, 1, skip=skip) == after
        assert every(trace, landmarks, row, -1, skip=skip) == before


def test_a_long_way_without_drops_is_skipped(
    tmp_path: Path, opened: Callable[[Path], Trace]
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(6000)
    recorder.add(1, dropped=1)
    trace = opened(recorder.path)
    timeline = Timeline(trace, size=64)
    while timeline.advance():
        pass
    assert timeline.past_dropless(0, 1) > 5000
    assert timeline.past_dropless(5000, -1) == 0
    assert timeline.past_dropless(6001, 1) <= 6001


def test_alarms_are_marks_of_what_is_missing_or_wrong(
    tmp_path: Path, opened: Callable[[Path], Trace]
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    marks: list[tuple[Mark, bool]] = [
        (SessionMark("applied", "applied", "web", "/run/runsc", "{}"), False),
        (GapMark("gap", "web", 1, 2), True),
        (BinaryMark("/usr/bin/runsc", "1", True), False),
        (LostMark(3, 1, 2), True),
        (NoteMark("a note"), False),
        (NoteMark("the monitor stood still", ALARM), True),
        (ClockMark(-2), True),
        (RefusedMark(1, "connections", "refused"), True),
        (RefusedMark(1, "connections", "x" * 9000), False),
        (DisputeMark("web"), True),
    ]
    wanted = []
    for mark, is_one in marks:
        recorder.add(2)
        row = recorder.writer.end_row
        recorder.writer.mark(recorder.now, mark.details(), 0)
        wanted += [row] * is_one
    recorder.writer.flush()
    trace = opened(recorder.path)
    landmarks = Landmarks(trace, Landmark.ALARM, Pairs(trace))
    assert every(trace, landmarks, -1, 1) == wanted
    assert every(trace, landmarks, trace.end_row, -1) == wanted[::-1]
    trace.go_back(4)
    trace.refresh()
    rows = AllRows(trace)
    held = Landmarks(rows, Landmark.ALARM, Pairs(trace))
    seeker = LandmarkSeeker(rows, held, -1, 1)
    assert [seeker.next(1.0) for _ in wanted] == wanted, "those that are held back too"


def test_a_sandbox_that_claims_another_s_container_is_an_alarm_where_it_connected(
    tmp_path: Path, opened: Callable[[Path], Trace]
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    writer = recorder.writer
    writer.opened(2, START_NS, opened_by(11, "runsc", "run", "web"))
    writer.message(2, START_NS, open_message("/x", container="web"))
    stranger = writer.end_row
    writer.opened(3, START_NS, opened_by(12, "python3", program="python3", uid=1000))
    writer.flush()
    trace = opened(recorder.path)
    landmarks = Landmarks(trace, Landmark.ALARM, Pairs(trace))
    assert every(trace, landmarks, -1, 1) == []
    writer.message(3, START_NS, open_message("/x", container="web"))
    writer.flush()
    trace.refresh()
    assert every(trace, landmarks, -1, 1) == [stranger]
