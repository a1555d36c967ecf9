from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from textual.widgets import Input

from gvtui.monitor.client import MonitorError
from gvtui.monitor.handing import keeping_command
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.watch import Watch
from gvtui.trace.reader import Trace
from gvtui.tui.live.commands import Live
from gvtui.tui.options import LiveOptions
from tests.monitor.test_watch import FakeMonitor
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer
from tests.tui.helpers import catch_up, drive, live, notes, screen_text, until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.monitor.client import MonitorProcess


def test_what_was_seen_is_kept_in_a_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(50)
    app = live(recorder.path)
    target = tmp_path / "kept.gvtrace"

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("K")
        entry = app.prompt.query_one(Input)
        assert entry.value.endswith(".gvtrace")
        entry.value = str(recorder.path)
        await pilot.press("enter")
        await until(pilot, lambda: "this file exists already" in screen_text(app))
        entry.value = str(tmp_path / "nowhere" / "x.gvtrace")
        await pilot.press("enter")
        await until(pilot, lambda: "there is no folder" in screen_text(app))
        entry.value = str(target)
        await pilot.press("enter")
        assert await notes(pilot) == [f"Kept in {target}"]
        kept = Trace.open(target)
        assert kept.end_row == 51
        kept.close()

    drive(app, script)


def test_another_trace_takes_the_place_of_the_one_shown(tmp_path: Path) -> None:
    first = Recorder(tmp_path / "a.gvtrace")
    first.add(5, pid=1)
    second = Recorder(tmp_path / "b.gvtrace")
    second.add(7, pid=1)
    second.add(7, pid=2)
    app = live(first.path, filter_text="proc.pid = 1")

    async def script(pilot: Pilot[int]) -> None:
        catch_up(app)
        assert app.model.view.count == 5
        app.take_trace(Trace.open(second.path))
        catch_up(app)
        assert app.model.view.count == 7
        assert app.model.following

    drive(app, script)


def test_a_monitor_that_died_leaves_what_came_and_a_way_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5)
    app = live(recorder.path)
    monitor = FakeMonitor(recorder.path)
    app.monitor = Watch(MonitorOptions(), cast("MonitorProcess", monitor))

    async def script(pilot: Pilot[int]) -> None:
        monitor.events = [{"kind": "log", "level": "warning", "text": "refused process 7"}]
        app.tick()
        await pilot.press("ctrl+l")
        await pilot.pause()
        assert "refused process 7" in screen_text(app)
        await pilot.press("escape")
        monitor.events = [{"kind": "died", "text": "it was killed by SIGKILL"}]
        app.tick()
        app.show_news()
        await pilot.pause()
        text = screen_text(app)
        assert "✗ The monitor has ended: it was killed by SIGKILL." in text
        assert "R starts another" in text
        assert app.model.view.count == 6
        await pilot.press("R")
        assert app.prompt.is_open
        await pilot.press("escape")

    drive(app, script)


def test_who_leaves_decides_about_the_monitor(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    viewer = FakeViewer(Live, trace=Trace.open(recorder.path), live=LiveOptions())
    monitor = FakeMonitor(recorder.path)
    watch = viewer.monitor = Watch(MonitorOptions(), cast("MonitorProcess", monitor))
    live_room = viewer.feature(Live)
    left: list[bool] = []

    def leave() -> None:
        left.append(watch.goes_on)

    watch.dead = True
    assert live_room.may_leave(leave)
    watch.dead = False
    for answer in ("stay", "leave", "end"):
        assert not live_room.may_leave(leave)
        viewer.pick(answer)
    assert left == [True, False]
    monitor.is_viewers = False
    assert live_room.may_leave(leave)


def test_who_wants_to_attach_has_the_monitor_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    viewer = FakeViewer(Live, trace=Trace.open(recorder.path), live=LiveOptions())
    monitor = cast("MonitorProcess", FakeMonitor(recorder.path))
    watch = viewer.monitor = Watch(MonitorOptions(), monitor)
    live_room = viewer.feature(Live)
    shared: list[Sequence[str]] = []

    def share(command: Sequence[str]) -> None:
        watch.is_wanted = False
        shared.append(command)
        if len(shared) > 1:
            raise MonitorError("it is stuck")

    monkeypatch.setattr(watch, "share", share)
    live_room.tick()
    assert shared == []
    for told in ("Another viewer attaches", "No other viewer can attach: it is stuck"):
        watch.is_wanted = True
        live_room.tick()
        assert told in str(viewer.told[-1])
        assert watch.goes_on
    assert shared == [keeping_command()] * 2
