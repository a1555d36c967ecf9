from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import ContentSwitcher

from gvtui.query.numbers.tables import By
from gvtui.tui.numbers.bands import NumbersBands
from gvtui.tui.numbers.pane import NumbersPane
from gvtui.tui.numbers.table import NumbersTable
from gvtui.wire.header import build_message
from gvtui.wire.pb import syscall_pb2
from tests.trace.recorder import Recorder
from tests.tui.helpers import catch_up, drive, live, recording, screen_text
from tests.tui.stream.test_pane import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


async def _open(app: GvtuiApp, pilot: Pilot[int]) -> NumbersTable:
    await pilot.press("3")
    await _settle(app, pilot)
    return app.query_one(NumbersTable)


async def _settle(app: GvtuiApp, pilot: Pilot[int]) -> None:
    pane = app.query_one(NumbersPane)
    for _ in range(3):
        app.tick()
        pane.news()
        while pane._statistics is not None and not pane._statistics.is_done:
            app.tick()
            pane.news()
    pane._drawn_at = 0.0
    pane.news()
    await pilot.pause()


def _names(table: NumbersTable) -> list[str]:
    lines = [table.render_line(y).text for y in range(table.size.height)]
    start = next(place for place, line in enumerate(lines) if "calls" in line and "total" in line)
    return [line[1:].split()[0] for line in lines[start + 2 :] if line.strip()]


def test_system_calls_by_the_time_they_took() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        assert table.has_focus
        assert _names(table)[:3] == ["execve", "read", "openat"]
        text = screen_text(app)
        assert "▼total" in text
        openat = next(line for line in text.splitlines() if " openat " in line)
        assert "180" in openat
        assert "✗ 67" in openat
        total = next(line for line in text.splitlines() if " all " in line)
        assert "746" in total
        assert "76.23 ms" in total
        assert "how long execve took" in text

    drive(app, script, (200, 40))


def test_sorting_by_keys_and_by_the_headings() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        await pilot.press("down")
        assert table.selected_syscall == "read"
        heads = table.render_line(1).text
        await pilot.click("#numbers-table", offset=(heads.index("calls") + 1, 1))
        assert _names(table)[0] == "read"
        assert "▼calls" in table.render_line(1).text
        assert table.selected_syscall == "read"
        await pilot.press("S")
        assert "▲calls" in table.render_line(1).text
        assert _names(table)[-1] == "read"
        assert table.selected_syscall == "read"
        await pilot.click("#numbers-table", offset=(3, 1))
        assert _names(table) == sorted(_names(table))
        await pilot.press("s")
        assert "▼calls" in table.render_line(1).text

    drive(app, script, (200, 40))


def test_each_table_leads_to_its_rows_and_back() -> None:
    app = recording("network-2024")
    begins = {
        By.SYSCALL: "evt.type = ",
        By.PROCESS: "proc.id = ",
        By.PATH: "fd.nameraw = ",
        By.ERRNO: "evt.errno = ",
        By.EVENT: "evt.type = ",
        By.DESCRIPTOR: "fd.id = ",
        By.REMOTE: "fd.is_server = ",
    }

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        for by in By:
            assert table._by is by
            await pilot.press("home")
            if table.count() > 1:
                await pilot.press("down")
            key = table._keys[by]
            await pilot.press("enter")
            await pilot.pause()
            assert app.query_one("#tabs", ContentSwitcher).current == "stream"
            assert app.model.chips[0].expression.startswith(begins[by])
            assert app.model.view.count > 0
            await pilot.press("r")
            await _settle(app, pilot)
            assert not app.model.filtered
            assert table.has_focus
            assert table._table is not None
            assert table._table.key(table.cursor) == key
            await pilot.press("right")
            await _settle(app, pilot)
        views = [table._by]
        await pilot.press("left")
        views.append(table._by)
        assert views == [By.SYSCALL, By.REMOTE]

    drive(app, script)


def test_a_click_shows_another_table() -> None:
    app = recording("shell-2024")

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        title = table.render_line(0).text
        await pilot.click("#numbers-table", offset=(title.index("errors") + 1, 0))
        assert table._by is By.ERRNO
        assert any("ENOENT" in table.render_line(y).text for y in range(10))

    drive(app, script)


def test_numbers_are_those_of_the_filter() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        app.model.chips.put("evt.failed = true")
        app.refilter()
        await _settle(app, pilot)
        assert _names(table) == ["openat"]
        assert "67" in table.render_line(2).text

    drive(app, script)


def test_a_band_leads_to_its_calls() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        await pilot.press("down", "down", "tab", "down", "down")
        bands = app.query_one(NumbersBands)
        assert bands.has_focus
        assert "how long openat took" in bands.render_line(0).text
        count = bands._bands[2].count
        assert count == 105
        await pilot.press("enter")
        await pilot.pause()
        expression = app.model.chips[0].expression
        assert expression == "evt.type = openat and evt.latency >= 20us and evt.latency < 50us"
        catch_up(app)
        assert app.model.view.count == count
        await pilot.press("r")
        await pilot.pause()
        assert not app.model.filtered
        assert table.selected_syscall == "openat"

    drive(app, script)


def test_drops_make_lower_bounds(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    recorder.add(1, dropped=37, result=1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        text = screen_text(app)
        assert "▲ 37 points were dropped: numbers are lower bounds (≥)" in text
        assert any("≥" in table.render_line(y).text for y in range(4, 6))

    drive(app, script)


def test_missing_fields_are_named(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    message = syscall_pb2.Open(sysno=257, fd=-100, pathname="/etc/passwd")
    for _ in range(2):
        recorder.writer.message(1, recorder.now, build_message(7, message.SerializeToString(), 0))
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await _open(app, pilot)
        text = screen_text(app)
        assert "No pairs and durations: the session does not collect thread_id and time." in text
        assert "F stages it" not in text
        assert "no durations are known" in text

    drive(app, script)


def test_live_numbers_follow_and_the_cursor_stays(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    for path in ("/a", "/b", "/c"):
        recorder.add(1, path)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        table = await _open(app, pilot)
        await pilot.press("right", "right", "home", "down")
        assert _names(table) == ["/a", "/b", "/c"]
        recorder.add(50, "/c")
        await _settle(app, pilot)
        assert _names(table) == ["/c", "/a", "/b"]
        assert table._table is not None
        assert table._table[table.cursor].label == "/b"
        follower = app.model.analysis.follower
        assert follower is not None
        await pilot.press("1")
        await pilot.pause()
        assert app.model.analysis.follower is None

    drive(app, script)


def test_hostile_paths_are_harmless(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2, HOSTILE, process=HOSTILE)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await _open(app, pilot)
        for _ in By:
            text = screen_text(app)
            assert all(line.isprintable() for line in text.splitlines())
            assert "\u202e" not in text
            await pilot.press("right")
            await pilot.pause()
        await pilot.press("right", "right", "enter")
        await pilot.pause()
        assert app.model.view.count == 2

    drive(app, script)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (30, 10), (12, 4)])
def test_any_size_works(size: tuple[int, int]) -> None:
    app = recording("shell-2024")

    async def script(pilot: Pilot[int]) -> None:
        await _open(app, pilot)
        await pilot.press("pagedown", "end", "right", "s", "S", "tab", "down", "end")
        await _settle(app, pilot)

    drive(app, script, size)
