from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import ContentSwitcher

from gvtui.trace.row import Direction
from gvtui.tui.kit.signs import CALL_SIGN
from gvtui.tui.model.chips import Chip
from tests.trace.recorder import Recorder
from tests.tui.helpers import catch_up, drive, live, recording, stream_lines

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def _tab(app: GvtuiApp) -> str | None:
    return app.screen.query_one("#tabs", ContentSwitcher).current


def _notes(app: GvtuiApp) -> str:
    return " ".join(note.message for note in app._notifications)


async def _settle(app: GvtuiApp, pilot: Pilot[int]) -> None:
    catch_up(app)
    app.show_news()
    await pilot.pause()


def test_drilling_adds_a_filter_and_the_way_back_keeps_the_place() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        await _settle(app, pilot)
        await pilot.press("ctrl+g", *"#402", "enter")
        app.model.chips.put("evt.dir = X", "evt.dir")
        app.refilter()
        cursor = app.model.cursor
        await pilot.press("2")
        app.show_rows(Chip("evt.type = read", "evt.type"))
        await pilot.pause()
        assert _tab(app) == "stream"
        assert app.model.chips.active() == ["evt.dir = X", "evt.type = read"]
        app.show_rows(Chip("evt.type = close", "evt.type"), 700)
        await pilot.pause()
        assert app.model.chips.active() == ["evt.dir = X", "evt.type = close"]
        assert app.model.cursor is not None
        assert app.model.cursor >= 700
        await pilot.press("r")
        assert app.model.chips.active() == ["evt.dir = X", "evt.type = read"]
        assert _tab(app) == "stream"
        await pilot.press("r")
        await pilot.pause()
        assert app.model.chips.active() == ["evt.dir = X"]
        assert _tab(app) == "processes"
        assert app.model.cursor == cursor
        await pilot.press("r")
        await pilot.pause()
        assert "nowhere to go back to" in _notes(app)

    drive(app, script)


def test_the_way_back_follows_again(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(50)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        app.show_rows(Chip("proc.pid = 1", "proc.pid"), 5)
        await pilot.pause()
        assert not app.model.following
        await pilot.press("r")
        await pilot.pause()
        assert app.model.following
        assert not app.model.filtered

    drive(app, script)


def test_calls_are_one_row_with_path_result_and_duration() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        await _settle(app, pilot)
        pairs = app.model.analysis.pairs
        exits = [
            row
            for row in range(app.model.trace.first_row, app.model.trace.end_row)
            if app.model.trace.row(row).direction == Direction.EXIT
        ]
        app.stream.jump(exits[100])
        await pilot.press("c")
        await _settle(app, pilot)
        assert app.model.cursor == pairs.partner(exits[100])
        assert app.model.view.count == app.model.trace.end_row - len(
            [row for row in exits if pairs.partner(row) is not None]
        )
        lines = stream_lines(app)
        assert any(CALL_SIGN in line and "µs" in line for line in lines)
        assert any("close(" in line and "<" in line for line in lines)
        assert not any("E →" in line for line in lines)
        await pilot.press("c")
        await _settle(app, pilot)
        assert app.model.view.count == app.model.trace.end_row
        lines = stream_lines(app)
        assert any("X ←" in line and "µs" in line for line in lines)

    drive(app, script, (160, 40))


def test_calls_that_run_show_their_age(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, path="/slow", pid=7)
    recorder.add(1, path="/done", pid=8)
    recorder.add(1, path="/done", pid=8, result=3)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("c")
        await _settle(app, pilot)
        slow, done = stream_lines(app)[1:3]
        assert "/slow" in slow
        assert "… running" in slow
        assert slow.rstrip().endswith("4.9 s…")
        assert done.rstrip().endswith("1 ms")
        recorder.add(1, path="/slow", pid=7, result=4)
        await _settle(app, pilot)
        assert stream_lines(app)[1].rstrip().endswith("3 ms")
        assert len(stream_lines(app)) == 3

    drive(app, script)


def test_without_thread_ids_the_viewer_says_what_is_missing(tmp_path: Path) -> None:
    from gvtui.wire.header import build_message
    from gvtui.wire.pb import syscall_pb2

    recorder = Recorder(tmp_path / "a.gvtrace")
    message = syscall_pb2.Open(sysno=257, fd=-100, pathname="/etc/passwd")
    for _ in range(2):
        recorder.writer.message(1, recorder.now, build_message(7, message.SerializeToString(), 0))
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await _settle(app, pilot)
        await pilot.press("c")
        await pilot.pause()
        assert "thread_id" in _notes(app)

    drive(app, script)
