from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.playback import FASTEST, ReplayClock
from gvtui.trace.reader import Trace
from tests.trace.recorder import SECOND, TRACES, Recorder

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
    replay.paused = True
    clock.now += 3600 * SECOND
    replay.advance()
    trace.refresh()
    assert trace.end_row == 501
    assert replay.words == "playing ×2"
    replay.paused = False
    clock.now += SECOND
    replay.advance()
    trace.refresh()
    assert trace.end_row == 1001
    assert replay.finished
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


def test_speed_has_bounds() -> None:
    trace = Trace.open(TRACES / "seed-example.trace")
    replay = ReplayClock(trace, 1.0, Clock())
    for _ in range(40):
        replay.change_speed(2)
    assert replay.speed == FASTEST
    for _ in range(80):
        replay.change_speed(0.5)
    assert replay.speed == 1 / 64
    trace.close()
