"""A viewer that may only look, over a stand-in for runsc that would let it do more."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gvtui.agent.agent import Agent
from gvtui.agent.targets import Keeper
from gvtui.monitor.options import MonitorOptions
from gvtui.points.library import Library
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.options import LiveOptions
from gvtui.tui.points.presets import Presets
from gvtui.tui.points.survey import Targets
from tests.agent.fake import FakeRunsc
from tests.trace.recorder import Recorder
from tests.tui.helpers import drive, screen_text, until

FOREIGN = {"name": "Default", "points": [{"name": "sentry/clone"}], "sinks": []}


@pytest.mark.parametrize("size", [(160, 46), (80, 24)])
def test_no_key_changes_anything_and_the_screen_says_why(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "runsc").mkdir()
    runsc = FakeRunsc(tmp_path / "runsc")
    runsc.run_session(FOREIGN)
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    recorder.writer.flush()
    watched = LiveOptions(MonitorOptions(listen=tmp_path / "s"), readonly=True)
    app = GvtuiApp(Trace.open(recorder.path), live=watched, zone=UTC)
    # It would obey: nothing may come as far as that.
    library = Library(tmp_path / "library")
    app.keeper = Keeper(Agent([runsc.path], [runsc.root]), library=library)
    state = app.feature(Targets).state

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: bool(state.targets))
        app.tick()
        await pilot.pause()
        assert "read-only" in screen_text(app) or "r/o" in screen_text(app)
        await pilot.press("o")
        await pilot.pause()
        state.reveal("syscall/open/enter")
        for key in ("space", "a", "A", "F", "L", "t"):
            await pilot.press(key)
            await pilot.pause()
            assert len(app.screen_stack) == 1, key
        app.feature(Presets).save()
        await pilot.pause()
        assert not app.prompt.has_class("open")
        assert "it changes no sandbox and no session file" in [
            notice.message.partition("readonly: ")[2].rstrip(".") for notice in app._notifications
        ]

    drive(app, script, size)
    assert not state.edit.is_staged
    assert runsc.session() == FOREIGN
    calls = map(json.loads, (tmp_path / "runsc" / "calls").read_text().splitlines())
    asked = [call for call in calls if "c1" in call]
    assert asked
    assert all(call[-2:] == ["list", "c1"] for call in asked)
