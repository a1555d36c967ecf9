from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual import events

from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.app import GvtuiApp
from gvtui.tui.points.needs import Needs
from gvtui.tui.points.pane import PointsPane
from gvtui.tui.points.survey import Targets
from gvtui.tui.points.tree import LineKind
from tests.trace.recorder import Recorder, open_message
from tests.tui.helpers import by_hand, drive, live, look_after, recording, screen_text, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

ENTER, EXIT = "syscall/openat/enter", "syscall/openat/exit"


def watched(folder: Path) -> GvtuiApp:
    recorder = Recorder(folder / "a.gvtrace")
    recorder.add(3)
    recorder.add(2, result=3)
    return live(recorder.path)


def focused(app: GvtuiApp) -> PointsPane:
    assert isinstance(app.focused, PointsPane)
    return app.focused


def text(pane: PointsPane) -> str:
    return "\n".join(pane.render_line(y).text for y in range(pane.size.height))


async def search(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press("slash", *keys)


def test_a_key_leads_to_the_pane_and_makes_it_large(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("o")
        small = focused(app)
        assert small.id == "points"
        assert small.size.width < 50
        await pilot.press("o")
        await pilot.pause()
        large = focused(app)
        assert large.id == "points-large"
        assert large.size.width > 80
        assert not small.display
        await pilot.press("o")
        await pilot.pause()
        assert focused(app) is small
        await pilot.press("escape")
        await pilot.pause()
        assert app.focused is app.stream

    drive(app, script, (160, 46))


def test_on_a_narrow_screen_it_is_a_tab(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("o")
        await pilot.pause()
        assert focused(app).id == "points-large"
        assert "[ ] syscall" in screen_text(app)
        await pilot.press("o")
        await pilot.pause()
        assert app.focused is app.stream

    drive(app, script, (80, 24))


def test_counts_stand_beside_the_points(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        look_after(app)
        await pilot.press("o")
        await search(pilot, *"openat", "enter")
        assert re.search(r"\[ \]\[ \] openat +5 ", text(focused(app)))
        assert app.feature(Targets).state.counts == {ENTER: 3, EXIT: 2}

    drive(app, script, (160, 46))


def test_the_search_takes_letters_until_enter(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        state = app.feature(Targets).state
        await pilot.press("o")
        await search(pilot, *"openx", "backspace")
        assert state.pattern == "open"
        line = state.at_cursor()
        assert line is not None
        assert line.kind is LineKind.CALL
        await pilot.press("enter", "x")
        assert state.edit.staged.point_names == {"syscall/open/exit"}
        await pilot.press("escape")
        assert state.pattern == ""
        await search(pilot, *"nothing at all")
        assert "nothing found" in text(app.screen.query_one("#points", PointsPane))
        await pilot.press("space", "escape")
        assert state.pattern == ""

    drive(app, script, (160, 46))


def test_keys_open_close_and_switch(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        state = app.feature(Targets).state
        await pilot.press("o", "down", "down", "right")
        group = state.at_cursor()
        assert group is not None
        assert group.key == "sentry"
        assert group.is_open
        await pilot.press("down", "down", "space")
        assert state.edit.staged.point_names == {"sentry/clone"}
        await pilot.press("enter", "down", "space")
        await pilot.press("left", "left", "left")
        assert state.cursor == "sentry"
        await pilot.press("left", "end")
        assert state.cursor == "sysno"
        await pilot.press("home")
        assert state.place() == 0
        await pilot.press("O")
        assert [line.key for line in state.lines()] == ["*", "sentry"]
        await pilot.press("O", "ctrl+o")
        assert state.grouping == "purpose"

    drive(app, script, (160, 46))


def test_a_click_on_a_box_switches_that_side(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        state = app.feature(Targets).state
        await pilot.press("o")
        state.reveal(ENTER)
        app.show_news()
        pane = focused(app)
        y = next(y for y in range(pane.size.height) if " openat " in pane.render_line(y).text)
        x = pane.render_line(y).text.index("[ ][ ]")
        await pilot.click(PointsPane, offset=(x + 4, y))
        assert state.edit.staged.point_names == {EXIT}
        await pilot.click(PointsPane, offset=(x - 2, y))
        line = state.at_cursor()
        assert line is not None
        assert line.is_open

    drive(app, script, (160, 46))


def test_with_all_points_open_only_lines_on_screen_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand(monkeypatch)
    app = watched(tmp_path)
    drawn = 0
    original = PointsPane.render_line

    def counted(pane: PointsPane, y: int) -> object:
        nonlocal drawn
        drawn += 1
        return original(pane, y)

    monkeypatch.setattr(PointsPane, "render_line", counted)

    async def script(pilot: Pilot[int]) -> None:
        nonlocal drawn
        await pilot.press("o", "o")
        await pilot.pause()
        await pilot.press("asterisk")
        assert len(app.feature(Targets).state.lines()) > 5000
        for key in ("end", "pageup", "up", "space", "home"):
            drawn = 0
            await pilot.press(key)
            await pilot.pause()
            assert 0 < drawn <= 5 * app.size.height

    drive(app, script, (160, 46))


def test_a_recording_shows_what_it_says_was_traced_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    session = '{"name": "Default", "points": [{"name": "sentry/clone"}]}'
    mark = {"kind": "session", "text": "session applied", "container_id": "c0ffee\x1b[31m"}
    writer.mark(1, {**mark, "session": session})
    writer.close()
    app = GvtuiApp(Trace.open(path))

    async def script(pilot: Pilot[int]) -> None:
        look_after(app)
        await pilot.press("o")
        assert "as recorded" in screen_text(app)
        assert "\x1b" not in screen_text(app)
        await pilot.press("down", "down", "right", "down", "down", "space")
        assert app.feature(Targets).state.edit.staged.point_names == {"sentry/clone"}
        assert not app.feature(Targets).state.edit.is_staged
        await pilot.press("a", "s", "F")
        assert "■ session applied" in screen_text(app)

    drive(app, script, (160, 46))


def test_the_small_pane_comes_back_with_another_tab(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        small = app.screen.query_one("#points", PointsPane)
        before = small.region
        await pilot.press("4")
        await pilot.pause()
        assert not small.is_on_screen
        await pilot.press("1")
        await pilot.pause()
        assert small.is_on_screen
        assert small.region == before
        assert "syscall" in "\n".join(screen_text(app).splitlines()[before.y :])

    drive(app, script, (160, 46))


def test_letters_typed_fast_behind_a_slash_switch_nothing(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("4")
        await pilot.pause()
        await pilot.press("down", "down")
        for key in ("slash", "e", "x"):
            app.post_message(events.Key(key, None if key == "slash" else key))
        await until(pilot, lambda: app.feature(Targets).state.pattern == "ex")
        assert not app.feature(Targets).state.edit.is_staged

    drive(app, script)


def test_a_recording_shows_sessions_as_they_were_last(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    mark = {"kind": "session", "text": "session applied", "container_id": "c1"}
    session = '{"name": "Default", "points": [{"name": "sentry/clone"}]}'
    writer.mark(1, {**mark, "session": session})
    writer.mark(1, {**mark, "session": session, "root": "/other"})
    writer.flush()
    app = GvtuiApp(Trace.open(path))

    async def script(pilot: Pilot[int]) -> None:
        state = app.feature(Targets).state
        look_after(app)
        assert [each.title for each in state.targets] == ["c1", "c1"]
        assert state.edit.points().keys() == {"sentry/clone"}
        writer.mark(2, {**mark, "session": "", "state": "deleted"})
        writer.close()
        app.model.refresh(1)
        look_after(app)
        assert not state.edit.points()
        assert state.is_known
        await pilot.press("o")
        assert "no session at the end" in screen_text(app)

    drive(app, script, (160, 46))


def test_a_recording_without_marks_counts_all_and_says_that_no_more_is_known() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        look_after(app)
        await pilot.press("o")
        screen = screen_text(app)
        assert "this recording notes no session:" in screen
        assert re.search(r"\[\?\] syscall +\?/108 ", screen)
        assert "[ ]" not in screen
        assert " 0/" not in screen
        assert sum(app.feature(Targets).state.counts.values()) > 1000

    drive(app, script, (160, 46))


def test_an_empty_stream_tells_the_key_that_turns_the_point_on(tmp_path: Path) -> None:
    app = watched(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        look_after(app)
        app.model.chips.put("evt.type = connect")
        app.refilter()
        await pilot.pause()
        assert "connect is not traced: o shows the points" in screen_text(app)
        await pilot.press("o")
        line = app.feature(Targets).state.at_cursor()
        assert line is not None
        assert line.enter == "syscall/connect/enter"

    drive(app, script, (160, 46))


def test_a_recording_says_which_field_most_rows_lack(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, 1, {})
    writer.message(1, 2, open_message("/x", pid=0))
    writer.close()
    app = GvtuiApp(Trace.open(path), filter_text="proc.pid = 4")

    async def script(pilot: Pilot[int]) -> None:
        look_after(app)
        await pilot.pause()
        assert "This filter needs group_id: missing in the only message." in screen_text(app)

    drive(app, script)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("c", "Pairs and durations of calls need thread_id, time: missing in the only message."),
        ("3", "No pairs and durations: the session does not collect thread_id and time."),
    ],
)
def test_calls_without_pairs_say_which_fields_durations_need(
    tmp_path: Path, key: str, words: str
) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, 1, {})
    writer.message(1, 2, open_message("/x", pid=0, time_ns=0))
    writer.close()
    from gvtui.trace.reader import Trace

    app = GvtuiApp(Trace.open(path))

    async def script(pilot: Pilot[int]) -> None:
        look_after(app)
        await pilot.pause()
        assert "need" not in str(app.feature(Needs).words)
        await pilot.press(key)

        def is_said() -> bool:
            app.tick()
            look_after(app)
            return words in screen_text(app)

        await until(pilot, is_said)

    drive(app, script)
