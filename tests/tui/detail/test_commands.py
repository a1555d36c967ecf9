from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.detail.about import resolved_call
from gvtui.tui.detail.commands import Details
from gvtui.tui.stream.columns import MAX_FIELD_COLUMNS
from gvtui.tui.stream.commands import Going, Rows
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording, screen_text, stream_lines

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp

ROW = 209
"""An `openat` of /etc/passwd."""


async def go_to_field(app: GvtuiApp, pilot: Pilot[int], path: str) -> None:
    app.stream.jump(ROW)
    app.detail.news()
    app.detail.focus()
    await pilot.pause()
    for _ in range(100):
        assert app.detail.picked is not None
        if app.detail.picked.path == path:
            return
        await pilot.press("down")
    raise AssertionError(path)


def finish(app: GvtuiApp) -> None:
    """Let the filter look at all rows."""
    while not app.model.view.complete:
        app.tick()


def test_a_field_becomes_a_filter_for_it_or_against_it() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await go_to_field(app, pilot, "pathname")
        await pilot.press("plus")
        assert [chip.expression for chip in app.model.chips] == ["evt.arg.pathname = /etc/passwd"]
        finish(app)
        assert 0 < app.model.view.count < 20
        app.model.chips.remove(0)
        await pilot.press("minus")
        assert [chip.expression for chip in app.model.chips] == [
            "not evt.arg.pathname = /etc/passwd"
        ]
        finish(app)
        by_filter = app.model.view.total - app.model.view.count - app.model.doubles.left_out
        assert 0 < by_filter < 20

    drive(app, script)


def test_the_menu_says_what_can_be_done() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await go_to_field(app, pilot, "context_data.process_name")
        await pilot.press("enter")
        await pilot.pause()
        shown = screen_text(app)
        assert "proc.name = bash" in shown
        assert "not proc.name = bash" in shown
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert [column.key for column in app.feature(Rows).look.added] == ["context.process_name"]
        await pilot.press("enter")
        await pilot.pause()
        assert "Remove the column" in screen_text(app)

    drive(app, script)


def test_a_field_is_shown_as_a_column_and_no_more() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await go_to_field(app, pilot, "context_data.cwd")
        await pilot.press("vertical_line")
        await pilot.pause()
        assert "cwd" in app.stream.render_line(0).text
        assert any(" / " in line for line in stream_lines(app))
        app.stream.focus()
        await pilot.press("C")
        await pilot.pause()
        assert "The field context.cwd" in screen_text(app)
        await pilot.press("end", "enter", "escape")
        await pilot.pause()
        assert "cwd" not in app.stream.render_line(0).text
        await go_to_field(app, pilot, "context_data.cwd")
        await pilot.press("vertical_line")
        assert app.feature(Rows).look.added == ()

    drive(app, script)


def test_only_a_few_columns_can_be_added() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await go_to_field(app, pilot, "sysno")
        for _ in range(MAX_FIELD_COLUMNS + 2):
            await pilot.press("vertical_line", "down")
        assert len(app.feature(Rows).look.added) == MAX_FIELD_COLUMNS
        assert stream_lines(app)

    drive(app, script, (80, 24))


def test_the_mouse_picks_a_field_and_a_second_click_opens_its_menu() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(ROW)
        app.detail.news()
        await pilot.pause()
        await pilot.click("#detail", offset=(4, 2))
        assert app.focused is app.detail
        assert app.detail.picked is not None
        assert app.detail.picked.path == "fd"
        await pilot.click("#detail", offset=(4, 2), times=2)
        await pilot.pause()
        assert "evt.arg.fd = AT_FDCWD" in screen_text(app)

    drive(app, script)


def test_the_cursor_stays_with_its_field_from_row_to_row() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await go_to_field(app, pilot, "pathname")
        app.stream.jump(ROW + 2)
        app.detail.news()
        assert app.detail.picked is not None
        assert app.detail.picked.path == "pathname"
        assert any("▌" not in line for line in stream_lines(app))

    drive(app, script)


def test_a_key_leads_to_the_life_of_a_descriptor_and_back() -> None:
    viewer = FakeViewer(Going, Rows, Details)
    viewer.model.cursor = ROW
    viewer.run_command("detail.life")
    assert "being looked up" in viewer.said
    viewer.catch_up()
    viewer.model.cursor = ROW + 1
    call = resolved_call(viewer.model, ROW + 1)
    assert call is not None
    assert call.description is not None
    viewer.run_command("detail.life")
    [chip] = viewer.model.chips
    assert chip.expression == f"fd.id = {call.description.number}"
    assert chip.label == f"life of {call.fd} /etc/passwd"
    view = viewer.model.view
    points = [viewer.model.trace.string(viewer.model.trace.row(row).point) for row in view]
    assert points[0].endswith("openat/exit")
    assert points[-1].endswith("close/exit")


def test_a_row_about_no_descriptor_says_so() -> None:
    viewer = FakeViewer(Going, Rows, Details, trace="compile-2024")
    assert viewer.model.analysis.resolved
    viewer.catch_up()
    viewer.model.cursor = 402
    viewer.run_command("detail.life")
    assert "no descriptor" in viewer.said
    assert not viewer.model.chips
