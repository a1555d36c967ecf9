from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.trace.marks import ClockMark
from gvtui.trace.playback import SPEEDS, AllRows, ReplayClock
from gvtui.trace.reader import Trace
from tests.trace.recorder import SECOND, TRACES, Recorder
from tests.trace.test_elapsed import DAY

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_rows_come_when_their_time_has_come(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1000)
    trace = Trace.open(recorder.path)
    clock = Clock()
    replay = ReplayClock(trace, 2.0, clock)
    trace.refresh()
    assert trace.end_row == 0
    assert len(trace.connections) == 0
    replay.advance()
    trace.refresh()
    assert trace.end_row == 1
    clock.now += SECOND // 4
    replay.advance()
    trace.refresh()
    assert trace.end_row == 501
    assert trace.connections.messages == 500
    replay.pause()
    clock.now += 3600 * SECOND
    replay.advance()
    trace.refresh()
    assert trace.end_row == 501
    assert replay.words == "paused ×2"
    replay.play()
    assert replay.words == "playing ×2"
    clock.now += SECOND
    replay.advance()
    trace.refresh()
    assert trace.end_row == 1001
    assert replay.is_at_end
    assert replay.words == "at the end"
    trace.close()


def test_save_files_go_by_the_sandboxes_time() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    whole = trace.end_row
    clock = Clock()
    replay = ReplayClock(trace, 1.0, clock)
    replay.advance()
    clock.now += SECOND // 50
    replay.advance()
    trace.refresh()
    assert 0 < trace.end_row < whole
    clock.now += 60 * SECOND
    replay.advance()
    trace.refresh()
    assert trace.end_row == whole
    trace.close()


def test_speeds_are_gone_through_one_by_one() -> None:
    trace = Trace.open(TRACES / "seed-example.trace")
    replay = ReplayClock(trace, 3.0, Clock())
    replay.change_speed(1)
    assert replay.speed == 5
    seen = []
    for _ in range(40):
        replay.change_speed(1)
        seen.append(replay.speed_words)
    assert seen[:5] == ["×10", "×20", "×50", "×100", "as fast as possible"]
    assert set(seen[5:]) == {"as fast as possible"}
    for _ in range(80):
        replay.change_speed(-1)
    assert replay.speed == SPEEDS[0] == 0.1
    trace.close()


def test_a_whole_recording_stands_at_no_row_until_it_is_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1000)
    trace = Trace.open(recorder.path)
    clock = Clock()
    replay = ReplayClock(trace, None, clock)
    clock.now += 5 * SECOND
    assert not replay.advance()
    assert not replay.is_on
    assert trace.end_row == 1001
    assert replay.go_to(300)
    assert (replay.is_on, replay.is_playing, replay.position) == (True, False, 301)
    trace.refresh()
    assert (trace.end_row, trace.connections.messages) == (301, 300)
    assert not replay.go_to(500)
    trace.refresh()
    assert (trace.end_row, trace.connections.messages) == (501, 500)
    assert replay.now_ns == trace.row(500).recv_ns
    assert replay.go_to(10), "back"
    trace.refresh()
    assert (trace.end_row, trace.connections.messages) == (11, 10)
    replay.leave()
    trace.refresh()
    assert trace.end_row == 1001
    assert not replay.is_on
    trace.close()


def test_it_plays_from_where_it_stands(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1000)
    trace = Trace.open(recorder.path)
    clock = Clock()
    replay = ReplayClock(trace, None, clock)
    replay.go_to(600)
    clock.now += 3600 * SECOND
    replay.play()
    clock.now += SECOND // 10
    replay.advance()
    assert replay.position == 701
    assert replay.now_ns - replay.start_ns == 700_000_000
    trace.close()


@pytest.mark.parametrize("step", [-3600, 86_400, -2 * 86_400])
def test_a_clock_that_was_set_is_not_waited_for_and_lets_no_rows_come_at_once(
    tmp_path: Path, step: int
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1000)
    recorder.now += step * SECOND
    recorder.add(200)
    recorder.writer.mark(recorder.now, ClockMark(step * SECOND).details())
    recorder.add(800)
    trace = Trace.open(recorder.path)
    clock = Clock()
    replay = ReplayClock(trace, 1.0, clock)
    shown = []
    for _ in range(21):
        replay.advance()
        trace.refresh()
        wall = int(trace.rows(trace.end_row - 1, trace.end_row)["recv_ns"][0])
        assert replay.now_ns == wall, "the clock of the row that stands last"
        assert replay.gone_ns == min(clock.now, 2 * SECOND)
        assert replay.share == pytest.approx(clock.now / (2 * SECOND))
        shown.append(trace.end_row)
        clock.now += SECOND // 10
    marked = [0] * 12 + [1] * 9
    assert shown == [1 + 100 * turn + mark for turn, mark in enumerate(marked)]
    assert replay.whole_ns == 2 * SECOND
    assert [replay.row_at(each) for each in (0, 0.25, 0.75, 1)] == [0, 500, 1501, 2001]
    assert replay.go_to(700)
    assert (replay.gone_ns, replay.share) == (700_000_000, 0.35)
    assert not replay.go_to(1300)
    assert replay.gone_ns == 1_299_000_000
    trace.close()


def test_a_wait_that_is_paused_goes_on_where_it_was(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(10)
    recorder.now += 3600 * SECOND
    recorder.add(1)
    trace = Trace.open(recorder.path)
    clock = Clock()
    replay = ReplayClock(trace, 1.0, clock)
    clock.now += 1800 * SECOND
    replay.advance()
    replay.pause()
    assert replay.position == 11
    assert replay.now_ns == replay.start_ns + 1800 * SECOND
    clock.now += DAY
    replay.advance()
    replay.play()
    replay.change_speed(1)
    clock.now += 900 * SECOND
    replay.advance()
    assert replay.position == 11
    clock.now += SECOND
    replay.advance()
    assert replay.is_at_end
    assert replay.now_ns == recorder.now
    trace.close()


def test_what_comes_after_a_night_without_a_look_is_all_there(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(10)
    trace = Trace.open(recorder.path)
    clock = Clock()
    replay = ReplayClock(trace, 1_000_000.0, clock)
    replay.advance()
    clock.now += DAY
    replay.advance()
    assert replay.is_at_end
    trace.close()


def test_as_fast_as_possible_goes_no_faster_than_rows_are_taken_in(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2)
    recorder.now += 86_400 * SECOND
    recorder.add(2)
    trace = Trace.open(recorder.path)
    replay = ReplayClock(trace, 1.0, Clock())
    replay.change_speed(10)
    replay.advance()
    assert replay.is_at_end
    assert not replay.is_playing
    trace.close()


def test_a_loop_begins_again_at_the_end(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(100)
    trace = Trace.open(recorder.path)
    clock = Clock()
    replay = ReplayClock(trace, 1.0, clock)
    replay.is_looping = True
    clock.now += SECOND
    assert not replay.advance()
    trace.refresh()
    assert replay.is_at_end
    assert replay.is_playing
    assert replay.advance(), "what was found out is of no use any more"
    trace.refresh()
    assert trace.end_row == 1
    clock.now += SECOND // 20
    assert not replay.advance()
    trace.refresh()
    assert trace.end_row == 51
    trace.close()


def test_rows_that_are_held_back_can_be_looked_through(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(100)
    trace = Trace.open(recorder.path)
    ReplayClock(trace, 1.0, Clock())
    rows = AllRows(trace)
    assert trace.end_row == 0
    assert (rows.first_row, rows.end_row) == (0, 101)
    assert len(rows.rows(-5, 500)) == 101
    assert len(trace.rows(0, 500)) == 0
    trace.close()
