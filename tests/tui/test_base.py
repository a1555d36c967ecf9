from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.agent.agent import Agent
from gvtui.agent.targets import Keeper
from gvtui.tui.detail.commands import Details
from tests.agent.fake import FakeRunsc
from tests.tui.helpers import drive, notes, recording, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.agent.discover import Inventory


def test_the_end_waits_for_no_runsc(tmp_path: Path) -> None:
    fake = FakeRunsc(tmp_path)
    (fake.root / "stuck").touch()
    agent = Agent([fake.path], [fake.root], timeout=40)
    app = recording()
    app.keeper = Keeper(agent)
    ended: list[Inventory] = []

    async def script(pilot: Pilot[int]) -> None:
        app.in_thread(agent.inventory, ended.append)
        await until(pilot, lambda: any("list" in call for call in fake.calls()))
        app.leave()

    drive(app, script)
    assert ended == []
    assert agent.inventory().containers == ()


def test_a_line_that_is_no_command_is_told() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.run_command("filter.pdi")
        assert "did you mean filter.pid?" in (await notes(pilot))[0]

    drive(app, script)


def test_enter_on_a_row_leads_to_its_fields() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("enter")
        await pilot.pause()
        assert app.focused_pane == "detail"
        assert app.feature(Details).model is app.model

    drive(app, script)


def test_a_filter_to_start_with_is_in_force() -> None:
    app = recording(filter_text="evt.failed = true")

    async def script(pilot: Pilot[int]) -> None:
        assert app.model.filtered
        assert app.check("nonsense = 1") is not None
        assert app.check("evt.num = 1") is None

    drive(app, script)
