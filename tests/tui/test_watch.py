from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gvtui.tui.options import LiveOptions
from gvtui.tui.watch import Watch
from tests.tui.helpers import Recorder, drive, live, screen_text

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from gvtui.monitor.client import MonitorProcess

OPTIONS = LiveOptions(listen=Path("/tmp/x.sock"))


class FakeMonitor:
    def __init__(self, path: Path) -> None:
        self.trace_path = path
        self.events: list[dict[str, Any]] = []
        self.stopped = False

    def read_events(self) -> list[dict[str, Any]]:
        events, self.events = self.events, []
        return events

    def stop(self) -> None:
        self.stopped = True


def _watch(monitor: FakeMonitor) -> Watch:
    return Watch(OPTIONS, cast("MonitorProcess", monitor))


def test_faults_come_and_go(tmp_path: Path) -> None:
    monitor = FakeMonitor(tmp_path)
    watch = _watch(monitor)
    monitor.events = [{"kind": "fault", "text": "disk full\x1b[2J"}, {"kind": "opened", "conn": 1}]
    (notice,) = watch.poll()
    assert notice.level == "error"
    assert watch.fault == "The monitor cannot write: disk full\\x1b[2J"
    monitor.events = [{"kind": "fault", "text": "it writes again", "cleared": True}]
    watch.poll()
    assert watch.fault == ""
    assert not watch.dead
    assert len(watch.said) == 2
    watch.stop()
    assert monitor.stopped


def test_a_monitor_that_died_leaves_what_came_and_a_way_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5)
    app = live(recorder.path)
    monitor = FakeMonitor(recorder.path)
    app.monitor = _watch(monitor)

    async def script(pilot: Pilot[int]) -> None:
        monitor.events = [{"kind": "log", "level": "warning", "text": "refused process 7"}]
        app.tick()
        await pilot.press("l")
        await pilot.pause()
        assert "refused process 7" in screen_text(app)
        await pilot.press("escape")
        monitor.events = [{"kind": "died", "text": "it was killed by SIGKILL"}]
        app.tick()
        app.show_news()
        await pilot.pause()
        text = screen_text(app)
        assert "✗ The monitor has gone: it was killed by SIGKILL." in text
        assert "R starts another" in text
        assert app.model.view.count == 6
        await pilot.press("R")
        assert app.prompt.is_open
        await pilot.press("escape")

    drive(app, script)
