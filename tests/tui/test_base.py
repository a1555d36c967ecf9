from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gvtui.agent.agent import Agent
from gvtui.agent.targets import Keeper
from gvtui.errors import GvtuiError
from gvtui.tui.detail.commands import Details
from tests.agent.fake import FakeRunsc
from tests.tui.helpers import drive, recording, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.agent.discover import Inventory


def test_a_thread_hands_what_it_found_to_the_screens_thread() -> None:
    app = recording()
    found: list[tuple[str, bool]] = []

    async def script(pilot: Pilot[int]) -> None:
        here = threading.get_ident()

        def work() -> int:
            return threading.get_ident()

        def take(there: int) -> None:
            found.append(("other" if there != here else "same", threading.get_ident() == here))

        app.in_thread(work, take)
        await until(pilot, lambda: bool(found))
        assert found == [("other", True)]

    drive(app, script)


def test_an_error_of_a_thread_is_told_or_taken() -> None:
    app = recording()
    taken: list[Exception] = []

    async def script(pilot: Pilot[int]) -> None:
        def refuse() -> None:
            raise GvtuiError("it cannot be done")

        app.in_thread(refuse, lambda _: None, taken.append)
        await until(pilot, lambda: bool(taken))
        assert str(taken[0]) == "it cannot be done"
        app.in_thread(refuse, lambda _: None)
        await until(
            pilot,
            lambda: any("it cannot be done." in note.message for note in app._notifications),
        )

    drive(app, script)


def test_what_a_thread_finds_when_the_screen_has_gone_is_dropped() -> None:
    app = recording()
    go = threading.Event()
    found: list[int] = []

    async def script(pilot: Pilot[int]) -> None:
        app.in_thread(lambda: int(go.wait(30)), found.append)
        app.exit()
        go.set()

    drive(app, script)
    assert not found


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
        await pilot.pause()
        assert "did you mean filter.pid?" in next(iter(app._notifications)).message

    drive(app, script)


def test_enter_on_a_row_leads_to_its_fields_and_hidden_parts_come_back() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("enter")
        await pilot.pause()
        assert app.focused_pane == "detail"
        app.toggle_part("detail")
        app.toggle_part("sidebar")
        await pilot.pause()
        assert not app.is_shown("detail")
        app.show_part("detail")
        app.show_part("sidebar")
        await pilot.pause()
        assert app.is_shown("detail")
        assert app.main.query_one("#sidebar").display
        assert app.feature(Details).model is app.model

    drive(app, script)


def test_a_filter_to_start_with_is_in_force() -> None:
    app = recording(filter_text="evt.failed = true")

    async def script(pilot: Pilot[int]) -> None:
        assert app.model.filtered
        assert app.check("nonsense = 1") is not None
        assert app.check("evt.num = 1") is None

    drive(app, script)
