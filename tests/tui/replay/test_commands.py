from __future__ import annotations

from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.replay.commands import Replaying
from tests.trace.recorder import TRACES
from tests.tui.fake import FakeViewer


def test_the_speed_doubles_and_halves() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    clock = ReplayClock(trace, 1)
    viewer = FakeViewer(Replaying, trace=trace, replay=clock)
    viewer.commands.execute("replay.faster")
    assert clock.speed == 2
    viewer.commands.execute("replay.slower")
    viewer.commands.execute("replay.slower")
    assert clock.speed == 0.5
    assert not viewer.told


def test_only_what_is_shown_in_time_has_a_speed() -> None:
    viewer = FakeViewer(Replaying)
    viewer.commands.execute("replay.faster")
    assert "gvtui replay --speed 1" in viewer.said
