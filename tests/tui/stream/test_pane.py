from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.trace.reader import Trace
from gvtui.tui.stream.pane import StreamView
from tests.trace.recorder import Recorder
from tests.tui.helpers import by_hand, drive, live, recording, screen_text, stream_lines

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.strip import Strip

EXECS = Path(__file__).parents[2] / "data" / "execs"


def test_a_recording_begins_at_its_first_row() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        assert app.model.cursor == app.model.trace.first_row
        assert not app.model.following
        assert "connected" in stream_lines(app)[0]
        assert "container/start" in stream_lines(app)[1]

    drive(app, script)


def test_keys_move_the_cursor_and_the_screen() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        first = app.model.trace.first_row
        await pilot.press("down", "down", "down", "up")
        assert app.model.cursor == first + 2
        await pilot.press("pagedown")
        assert app.model.cursor == app.model.view[2 + app.stream.page - 1]
        await pilot.press("home")
        assert app.model.cursor == first
        await pilot.press("end")
        assert app.model.following
        assert app.model.cursor == app.model.trace.end_row - 1
        assert "disconnected" in stream_lines(app)[-1]

    drive(app, script)


def test_a_connection_that_sent_nothing_is_wondered_at(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.closed(1, 1, {"reason": "closed by the sandbox", "messages": 0})
    app = live(tmp_path / "a.gvtrace")

    async def script(pilot: Pilot[int]) -> None:
        assert (
            "disconnected: closed by the sandbox before it sent anything." in stream_lines(app)[-1]
        )
        assert "gvtui session check" in stream_lines(app)[-1]

    drive(app, script, size=(200, 50))


def test_a_paused_stream_stays_and_counts_what_comes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(200)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        assert app.model.following
        assert app.model.cursor == app.model.trace.end_row - 1
        await pilot.press("up")
        assert not app.model.following
        before, cursor = stream_lines(app), app.model.cursor
        recorder.add(1234)
        app.tick()
        app.show_news()
        await pilot.pause()
        assert stream_lines(app) == before
        assert app.model.cursor == cursor
        assert app.stream.new_rows == 1234
        assert "‖ paused +1,234 new" in screen_text(app)
        await pilot.press("end")
        assert app.model.following
        assert app.stream.new_rows == 0
        assert app.model.cursor == app.model.trace.end_row - 1

    drive(app, script)


def test_an_outcome_that_comes_far_below_reaches_the_shown_row(tmp_path: Path) -> None:
    told = Trace.open(shutil.copy(EXECS / "failed-exec.gvtrace", tmp_path))
    payloads = [told.payload(row) for row in range(1, 22)]
    told.close()
    recorder = Recorder(tmp_path / "a.gvtrace")

    def send(payload: bytes) -> None:
        recorder.writer.message(1, recorder.now, payload)
        recorder.writer.flush()

    for payload in payloads[:20]:
        send(payload)
    app = live(recorder.path)
    # As in a recording, no time goes by that would have the rows drawn anew.
    now = recorder.now
    app.model.moments.clock = lambda: now

    async def script(pilot: Pilot[int]) -> None:
        app.tick()
        await pilot.press("up")
        recorder.add(200)
        app.tick()
        app.show_news()
        await pilot.pause()
        assert "? (asked)" in screen_text(app)
        send(payloads[20])
        app.tick()
        app.show_news()
        await pilot.pause()
        assert "? (asked)" not in screen_text(app)

    drive(app, script)


def test_space_pauses_and_resumes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("space")
        assert not app.model.following
        recorder.add(3)
        app.tick()
        assert app.stream.new_rows == 3
        await pilot.press("space")
        assert app.model.following
        assert app.model.cursor == app.model.trace.end_row - 1

    drive(app, script)


def test_new_rows_counted_are_those_that_the_filter_shows(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(50, pid=1)
    app = live(recorder.path, filter_text="proc.pid = 2")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("space")
        recorder.add(7, pid=2)
        recorder.add(70, pid=1)
        app.tick()
        assert app.stream.new_rows == 7

    drive(app, script)


def test_the_wheel_scrolls_and_a_click_selects(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(300)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        last = app.model.cursor
        await pilot._post_mouse_events([_scroll_up()], widget="#stream", offset=(5, 5))
        assert not app.model.following
        assert app.model.cursor == last
        first_shown = app.stream._shown[0]
        await pilot.click("#stream", offset=(10, 4))
        assert app.model.cursor == first_shown + 3

    drive(app, script)


def _scroll_up() -> type:
    from textual import events

    return events.MouseScrollUp


def test_only_rows_on_screen_are_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    by_hand(monkeypatch)
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5000)
    app = live(recorder.path)
    drawn = 0
    original = StreamView.render_line

    def counted(self: StreamView, y: int) -> Strip:
        nonlocal drawn
        drawn += 1
        return original(self, y)

    monkeypatch.setattr(StreamView, "render_line", counted)

    async def script(pilot: Pilot[int]) -> None:
        async def drawn_by(*keys: str, ticks: int = 0) -> int:
            nonlocal drawn
            drawn = 0
            await pilot.press(*keys)
            for _ in range(ticks):
                app.tick()
            await pilot.pause()
            return drawn

        async def settle() -> None:
            # What the analysis finds later may lay the screen out anew, which draws everything.
            while app.tick() or app.model.analysis.is_behind:
                await pilot.pause()

        await settle()
        screen = app.stream.size.height
        for key in ("home", "end", "pageup", "up", "end"):
            assert 0 < await drawn_by(key) <= screen, key
        recorder.add(20_000)
        assert 0 < await drawn_by(ticks=1) <= screen
        recorder.add(10)
        assert 0 < await drawn_by(ticks=1) <= screen
        await settle()
        assert await drawn_by("space") <= screen
        # The other panes follow the pause in their own time; a new layout draws everything.
        app.show_news()
        await pilot.pause()
        recorder.add(100)
        assert await drawn_by(ticks=3) == 0

    drive(app, script)


HOSTILE = "\x1b[31m[red]evil[/red]\n\u202egnp\u200b\x9b5m\x07\U0001f468 界"


def test_hostile_words_are_harmless(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3, path=HOSTILE, process=HOSTILE, container=HOSTILE)
    recorder.add(1, path="/fine", process="fine", container="fine")
    recorder.writer.message(1, recorder.now, b"\xff" * 40)
    recorder.writer.message(1, recorder.now, b"\x08\x00\xe7\x03\x00\x00\x00\x00" + HOSTILE.encode())
    recorder.writer.mark(recorder.now, {"text": HOSTILE, HOSTILE: HOSTILE})
    recorder.writer.closed(1, recorder.now, {"reason": HOSTILE})
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("home", "H")
        for _ in range(9):
            text = screen_text(app)
            assert all(line.isprintable() for line in text.splitlines())
            assert "\u202e" not in text
            await pilot.press("down")
            await pilot.pause()
        assert "[red]evil[/red]" in "\n".join(stream_lines(app))
        assert all(app.stream.render_line(y).cell_length <= 120 for y in range(20))
        await pilot.press("home", "down", "n", "p")
        await pilot.pause()
        assert len(app.model.chips) == 2
        assert app.model.view.count == 3
        text = screen_text(app)
        assert all(line.isprintable() for line in text.splitlines())

    drive(app, script)


def test_drops_are_a_rule_across_the_stream(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2)
    recorder.add(1, dropped=37)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        lines = stream_lines(app)
        rule = next(line for line in lines if "dropped" in line)
        assert "┄ ▲ 37 points dropped by sandbox c0ffee here ┄" in rule
        assert "▲ 37 dropped" in screen_text(app).splitlines()[0]

    drive(app, script)


def test_rows_that_are_gone_do_not_move_the_reader(tmp_path: Path) -> None:
    from gvtui.trace.writer import TraceWriter

    recorder = Recorder.__new__(Recorder)
    recorder.path = tmp_path / "recorder"
    recorder.now = 1_795_455_407 * 10**9
    recorder.writer = TraceWriter(recorder.path, keep_bytes=400_000, segment_bytes=50_000)
    recorder.writer.opened(1, recorder.now, {})
    recorder.add(1000)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("pageup")
        before, cursor = stream_lines(app), app.model.cursor
        recorder.add(300)
        app.tick()
        assert stream_lines(app) == before
        assert app.model.cursor == cursor
        recorder.add(5000)
        app.tick()
        app.show_news()
        await pilot.pause()
        assert app.model.trace.first_row > 0
        assert "are gone" in screen_text(app)
        await pilot.press("p")
        await pilot.press("end")
        assert app.model.cursor == app.model.trace.end_row - 1

    drive(app, script, (240, 40))


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (30, 10), (10, 3)])
def test_any_size_works(size: tuple[int, int]) -> None:
    app = recording("network-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press(
            "down", "H", "f", "escape", "b", "z", "escape", "C", "escape", "question_mark"
        )
        await pilot.pause()

    drive(app, script, size)
