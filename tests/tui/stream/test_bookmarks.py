from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from textual.widgets import Input

from gvtui.trace.bookmarks import Bookmarks, bookmarks_path
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.kit.signs import BOOKMARK, BOOKMARK_AT_CURSOR
from gvtui.tui.stream.bookmarks import Bookmarking, note_text
from tests.trace.recorder import TRACES, Recorder
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, live, screen_text, stream_lines

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def copied(tmp_path: Path) -> GvtuiApp:
    path = tmp_path / "a.trace"
    shutil.copy(TRACES / "shell-2024.trace", path)
    return GvtuiApp(Trace.open(path))


def test_a_bookmark_has_a_note_and_a_sign(tmp_path: Path) -> None:
    app = copied(tmp_path)

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(102)
        await pilot.press("m", *"why here", "enter")
        assert app.model.bookmarks.note(102) == "why here"
        assert sum(line.startswith(BOOKMARK_AT_CURSOR) for line in stream_lines(app)) == 1
        await pilot.press("down")
        assert sum(line.startswith(BOOKMARK) for line in stream_lines(app)) == 1
        await pilot.press("home", "apostrophe")
        await pilot.pause()
        assert "102" in screen_text(app)
        assert "why here" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.model.cursor == 102
        await pilot.press("m")
        assert app.prompt.is_open
        await pilot.press(*["backspace"] * 8, "minus", "enter")
        assert 102 not in app.model.bookmarks

    drive(app, script)
    assert not bookmarks_path(app.model.trace.path).exists()


def test_bookmarks_are_there_again_and_go_with_delete(tmp_path: Path) -> None:
    app = copied(tmp_path)

    async def set_two(pilot: Pilot[int]) -> None:
        app.stream.jump(102)
        await pilot.press("m", "enter", "down", "m", *"second", "enter")

    drive(app, set_two)
    again = GvtuiApp(Trace.open(app.model.trace.path))

    async def remove_one(pilot: Pilot[int]) -> None:
        await pilot.press("apostrophe")
        await pilot.pause()
        await pilot.press("delete")
        assert [bookmark.row for bookmark in again.model.bookmarks] == [103]
        await pilot.press("escape")
        again.model.chips.put("evt.num > 105")
        again.refilter()
        await pilot.press("apostrophe", "enter")
        await pilot.pause()
        assert again.model.cursor == 106

    drive(again, remove_one)


def test_bookmarks_go_with_the_trace_that_is_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5)
    app = live(recorder.path)
    kept = tmp_path / "kept.gvtrace"

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("up", "m", *"look", "enter", "K")
        app.prompt.query_one(Input).value = str(kept)
        await pilot.press("enter")
        await app.workers.wait_for_complete()

    drive(app, script)
    trace = Trace.open(kept)
    assert [(bookmark.row, bookmark.note) for bookmark in Bookmarks(trace)] == [(4, "look")]
    trace.close()


def test_there_must_be_a_row_to_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    Recorder(path).writer.close()
    app = live(path)

    async def script(pilot: Pilot[int]) -> None:
        app.model.cursor = None
        app.run_command("bookmarks.set")
        assert not app.prompt.is_open
        await pilot.press("apostrophe")
        assert len(app.screen_stack) == 1

    drive(app, script)


def test_marking_pauses_so_that_the_row_stays(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        row = app.model.cursor
        await pilot.press("m")
        recorder.add(5)
        app.tick()
        await pilot.press("x", "enter")
        assert [bookmark.row for bookmark in app.model.bookmarks] == [row]
        assert not app.model.following

    drive(app, script)


def test_a_note_is_harmless_on_screen() -> None:
    assert note_text("a\x1b]0;x\x07\u202e") == "a\\x1b]0;x\\x07\\u202e"


def test_another_viewer_s_bookmarks_come(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5)
    recorder.writer.close()
    viewer = FakeViewer(Bookmarking, trace=Trace.open(recorder.path))
    feature = viewer.feature(Bookmarking)
    other = Trace.open(recorder.path)
    Bookmarks(other).set(2, "theirs")
    feature.tick()
    assert viewer.model.bookmarks.note(2) == "theirs"
    assert viewer.model.bookmarks.changes == 1
    other.close()
