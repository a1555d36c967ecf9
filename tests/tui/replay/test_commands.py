from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from gvtui.monitor.options import MonitorOptions
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.tui.options import LiveOptions
from gvtui.tui.replay.commands import Replaying
from gvtui.tui.stream.commands import Going
from gvtui.tui.timeline.landmarks import ToLandmarks
from tests.trace.recorder import SECOND, TRACES, Recorder
from tests.trace.test_playback import Clock
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


def opened(trace: Trace, clock: Clock | None = None) -> FakeViewer:
    replay = ReplayClock(trace, None, clock or Clock())
    return FakeViewer(Going, Replaying, ToLandmarks, trace=trace, replay=replay)


def do(viewer: FakeViewer, line: str) -> None:
    viewer.commands.execute(line)
    while viewer.later:
        viewer.do_what_waits()


@pytest.fixture
def viewer() -> FakeViewer:
    return opened(Trace.open(TRACES / "shell-2024.trace"))


def test_the_speed_goes_up_and_down(viewer: FakeViewer) -> None:
    do(viewer, "replay.stand")
    assert viewer.replay is not None
    do(viewer, "replay.speed 1")
    assert viewer.replay.speed == 2
    do(viewer, "replay.speed -1")
    do(viewer, "replay.speed -1")
    assert viewer.replay.speed == 0.5
    assert not viewer.told


def test_a_whole_trace_cannot_be_played_yet(viewer: FakeViewer) -> None:
    live = FakeViewer(Going, Replaying, live=LiveOptions(MonitorOptions()))
    for line in ("replay.speed 1", "replay.loop"):
        live.commands.execute(line)
    assert live.said.count("is shown: @ shows it as of this row") == 2
    do(viewer, "replay.speed 1")
    do(viewer, "replay.loop")
    assert viewer.said.count("The whole recording is shown: @ shows it as of this row") == 2


def test_all_is_as_of_the_row_and_whole_again(viewer: FakeViewer) -> None:
    model, replay = viewer.model, viewer.replay
    assert replay is not None
    whole = len(model.analysis.processes.tree)
    end = model.trace.end_row
    viewer.jump(201)
    do(viewer, "replay.stand")
    assert (model.trace.end_row, model.cursor) == (202, 201)
    assert model.view.count == 202 - model.doubles.left_out < 202
    assert len(model.analysis.processes.tree) < whole
    [item] = viewer.feature(Replaying).status()
    assert "(202 of " in item.full
    do(viewer, "replay.stand")
    assert (model.trace.end_row, model.cursor) == (end, 201)
    assert not list(viewer.feature(Replaying).status())
    viewer.catch_up()
    assert len(model.analysis.processes.tree) == whole


def test_a_live_trace_is_shown_as_of_a_row_and_live_again(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(30)
    options = LiveOptions(MonitorOptions())
    viewer = FakeViewer(Going, Replaying, trace=Trace.open(recorder.path), live=options)
    model, live = viewer.model, viewer.model.trace
    viewer.jump(20)
    do(viewer, "replay.stand")
    assert (model.trace.end_row, model.is_live, model.is_watching) == (21, False, True)
    assert model.trace is not live
    assert model.watched_trace is live
    [item] = viewer.feature(Replaying).status()
    assert "(21 of 31 rows)" in item.full
    recorder.add(10, process="late", pid=2)
    viewer.catch_up()
    assert model.trace.end_row == 21
    assert live.end_row == 41, "what comes is taken in meanwhile"
    do(viewer, "stream.follow")
    assert viewer.replay is not None
    assert viewer.replay.is_playing
    do(viewer, "replay.stand")
    assert viewer.replay is None
    assert model.trace is live
    assert (model.trace.end_row, model.is_live) == (41, True)
    viewer.catch_up()
    assert {process.name for process in model.analysis.processes.tree} == {"bash", "late"}


def test_space_plays_and_pauses_and_begins_again_at_the_end() -> None:
    clock = Clock()
    viewer = opened(Trace.open(TRACES / "shell-2024.trace"), clock)
    replay = viewer.replay
    assert replay is not None
    do(viewer, "replay.stand")
    do(viewer, "stream.follow")
    assert replay.is_playing
    clock.now += SECOND // 50
    replay.advance()
    viewer.catch_up()
    there = viewer.model.trace.end_row
    assert there > 1
    do(viewer, "stream.follow")
    clock.now += SECOND
    replay.advance()
    viewer.catch_up()
    assert viewer.model.trace.end_row == there
    do(viewer, "stream.follow")
    clock.now += 60 * SECOND
    replay.advance()
    assert replay.is_at_end
    do(viewer, "stream.follow")
    assert replay.position == 1
    assert replay.is_playing


def test_loops_are_switched(viewer: FakeViewer) -> None:
    assert viewer.replay is not None
    do(viewer, "replay.stand")
    do(viewer, "replay.loop")
    assert viewer.replay.is_looping
    do(viewer, "replay.loop")
    assert not viewer.replay.is_looping
    assert "At its end the recording stops." in viewer.said


def test_jumps_move_where_it_stands(viewer: FakeViewer) -> None:
    model, end = viewer.model, viewer.model.trace.end_row
    do(viewer, "replay.stand")
    for place, row in (
        ("50%", round((end - 1) / 2)),
        ("#900", 900),
        ("#30", 30),
        ("100%", end - 1),
    ):
        do(viewer, "stream.goto")
        assert viewer.type(place) is None
        assert (model.trace.end_row, model.cursor) == (row + 1, row), place
    do(viewer, "timeline.to row -1")
    assert (model.trace.end_row, model.cursor) == (end - 1, end - 2)
    do(viewer, "timeline.to row 1")
    assert (model.trace.end_row, model.cursor) == (end, end - 1)


def test_steps_find_rows_that_are_held_back(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(300)
    recorder.add(1, dropped=3)
    recorder.add(300, dropped=3)
    recorder.add(1, dropped=3, process="curl", errno=2)
    recorder.add(300, dropped=3)
    viewer = opened(Trace.open(recorder.path))
    model = viewer.model
    do(viewer, "replay.stand")
    do(viewer, "timeline.drop 1")
    assert model.cursor == 301
    assert model.trace.row(301).kind == Kind.DROP
    assert model.trace.end_row == 302
    model.chips.put("proc.name = curl")
    viewer.refilter()
    assert model.view.count == 0
    do(viewer, "timeline.to row 1")
    assert model.cursor == 603
    assert model.trace.end_row == 604
    model.chips.remove(0)
    viewer.refilter()
    viewer.jump(0)
    do(viewer, "timeline.to error 1")
    assert model.cursor == 603


def test_at_the_end_is_no_next_row(viewer: FakeViewer) -> None:
    do(viewer, "replay.stand")
    viewer.go_to(viewer.model.trace.available_rows - 1)
    do(viewer, "timeline.to row 1")
    assert "There are no rows after this row." in viewer.said
    assert math.isfinite(viewer.replay.speed) if viewer.replay else False
