from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

from gvtui.trace.reader import Trace
from tests.tui.helpers import Recorder, drive, live

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def test_what_was_seen_is_kept_in_a_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(50)
    app = live(recorder.path)
    target = tmp_path / "kept.gvtrace"

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("k")
        entry = app.prompt.query_one(Input)
        assert entry.value.endswith(".gvtrace")
        entry.value = str(recorder.path)
        await pilot.press("enter")
        assert app.prompt.is_open
        entry.value = str(tmp_path / "nowhere" / "x.gvtrace")
        await pilot.press("enter")
        assert app.prompt.is_open
        entry.value = str(target)
        await pilot.press("enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
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
        assert app.model.view.count == 5
        app.take_trace(Trace.open(second.path))
        app.tick()
        assert app.model.view.count == 7
        assert app.model.following

    drive(app, script)
