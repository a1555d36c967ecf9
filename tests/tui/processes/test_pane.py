from __future__ import annotations

import shutil
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import ContentSwitcher

from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.kit.signs import ENDED_SIGN, RUNS_SIGN
from gvtui.tui.processes.lines import Fold
from gvtui.tui.processes.pane import ProcessesPane
from tests.query.resolved.world import World
from tests.trace.recorder import Recorder
from tests.tui.helpers import by_hand, catch_up, drive, live, recording, screen_text
from tests.tui.stream.test_pane import HOSTILE

if TYPE_CHECKING:
    from textual.pilot import Pilot

EXECS = Path(__file__).parents[2] / "data" / "execs"


async def _open(app: GvtuiApp, pilot: Pilot[int]) -> ProcessesPane:
    await pilot.press("2")
    await _settle(app, pilot)
    return app.query_one(ProcessesPane)


async def _settle(app: GvtuiApp, pilot: Pilot[int]) -> None:
    pane = app.query_one(ProcessesPane)
    catch_up(app)
    while app.model.analysis.processes.position < app.model.trace.end_row:
        app.tick()
    pane._drawn_at = 0.0
    pane.news()
    while pane._building is not None:
        pane.news()
    await pilot.pause()


def _lines(pane: ProcessesPane) -> list[str]:
    lines = [pane.render_line(y).text for y in range(2, pane.size.height)]
    return [line.rstrip() for line in lines if line.strip()]


def test_what_is_picked_is_the_process_or_a_program_that_it_ran() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        assert app.picked_process is not None
        process, row = app.picked_process
        assert (process.name, row) == ("sh", None)
        await pilot.press("down", "right", "down")
        await _settle(app, pilot)
        assert pane.picked is not None
        process, row = pane.picked
        assert process.name == "gcc"
        assert row == process.programs[0].row
        await pilot.press("1")
        assert app.picked_process is None

    drive(app, script)


def test_the_tree_of_a_recording() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        lines = _lines(pane)
        assert [line.split(ENDED_SIGN)[1].split()[1] for line in lines] == [
            "sh",
            "gcc",
            "cc1",
            "as",
            "collect2",
            "ld",
            "h",
        ]
        assert "gcc -O2 -pthread" in lines[1]
        assert "exited 0" in lines[0]
        assert lines[2].split()[-2:] == ["190", "52"]
        assert f"0 running   {ENDED_SIGN} 7 ended" in pane.render_line(0).text
        assert not app.detail.display

    drive(app, script, (160, 40))


def test_enter_and_s_narrow_the_stream_to_a_process_or_its_subtree() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        await _open(app, pilot)
        await pilot.press("down", "enter")
        await pilot.pause()
        (chip,) = app.model.chips
        assert chip.expression.startswith("proc.id = runsc-668231/2@2026-")
        assert "● gcc 2 in runsc-…68231 ×" in screen_text(app) or "gcc 2 in runsc" in screen_text(
            app
        )
        assert app.query_one("#tabs", ContentSwitcher).current == "stream"
        await pilot.press("r")
        await pilot.pause()
        pane = app.query_one(ProcessesPane)
        assert pane.cursor == 1
        assert pane.has_focus
        await pilot.press("s")
        await pilot.pause()
        assert app.model.chips.active() == ["proc.pid in (2, 3, 4, 5, 6)"]

    drive(app, script)


def test_left_and_right_fold() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        await pilot.press("down", "left")
        await _settle(app, pilot)
        assert pane.count() == 3
        assert "▸" in _lines(pane)[1]
        await pilot.press("right", "right")
        await _settle(app, pilot)
        assert any("» gcc -O2" in line for line in _lines(pane))
        await pilot.press("down", "left")
        await _settle(app, pilot)
        assert pane.cursor == 1
        await pilot.press("down", "enter")
        await pilot.pause()
        tree = app.model.analysis.processes.tree
        gcc = next(process for process in tree if process.name == "gcc")
        assert app.model.cursor == gcc.execs[0].row
        await pilot.press("r")
        await _settle(app, pilot)
        await pilot.press("end")
        await _settle(app, pilot)
        await pilot.press("right")
        await _settle(app, pilot)
        assert not any(f"{ENDED_SIGN} thread" in line for line in _lines(pane))
        list(tree)[-1].thread(99)
        tree.version += 1
        await _settle(app, pilot)
        assert f"{RUNS_SIGN} thread 99" in _lines(pane)[-1]

    drive(app, script)


def test_failed_execs_are_told_as_such(tmp_path: Path) -> None:
    app = live(Path(shutil.copy(EXECS / "failed-exec.gvtrace", tmp_path)))

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        assert not any("execs" in line for line in _lines(pane))
        await pilot.press("right")
        await _settle(app, pilot)
        told = [line for line in _lines(pane) if "failed" in line]
        assert ["errno not sent" in line for line in told] == [True] * 3
        assert "✗ /nonexistent/nope" in told[0]

    drive(app, script)


def test_live_processes_run_and_the_cursor_stays_on_its_process(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    for pid in range(1, 30):
        recorder.add(2, pid=pid, process=f"worker-{pid}")
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        await pilot.press("down", "down")
        assert "29 running" in pane.render_line(0).text
        assert "~ 29 deduced" in pane.render_line(0).text
        assert f"{RUNS_SIGN}~3 worker-3" in _lines(pane)[2]
        recorder.add(100, pid=500, process="late")
        await _settle(app, pilot)
        assert "30 running" in pane.render_line(0).text
        process = pane._lines[pane.cursor].process
        assert process is not None
        assert process.pid == 3
        assert "100" in _lines(pane)[-1]

    drive(app, script)


def test_dropped_points_make_lower_bounds(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    recorder.add(1, dropped=5)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        assert "≥4" in _lines(pane)[0]

    drive(app, script)


def test_hostile_names_are_harmless(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, process=HOSTILE, container=HOSTILE)
    recorder.add(1, pid=2, process=HOSTILE, container="b")
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await _open(app, pilot)
        await pilot.press("down", "right", "right")
        await _settle(app, pilot)
        text = screen_text(app)
        assert all(line.isprintable() for line in text.splitlines())
        assert "\u202e" not in text
        await pilot.press("enter")
        await pilot.pause()
        assert app.model.view.count >= 1

    drive(app, script)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (30, 10), (12, 4)])
def test_any_size_works(size: tuple[int, int]) -> None:
    app = recording("shell-2024")

    async def script(pilot: Pilot[int]) -> None:
        await _open(app, pilot)
        await pilot.press("pagedown", "end", "right", "right", "home", "left", "left")
        await _settle(app, pilot)

    drive(app, script, size)


def test_thousands_of_processes_are_laid_out_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand(monkeypatch)
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        tree = app.model.analysis.processes.tree
        first = next(iter(tree))
        for pid in range(2, 5000):
            tree.adopt(tree.create("c0ffee", pid, 0, first.source, 1), first, 1)
        drawn = []
        original = pane.line

        def counted(place: int) -> object:
            drawn.append(place)
            return original(place)

        pane.line = counted  # type: ignore[method-assign, assignment]
        await _settle(app, pilot)
        assert pane.count() == 4999
        assert len(drawn) <= 4 * pane.page
        await pilot.press("end")
        assert "4999" in _lines(pane)[-1]
        assert pane._lines[-1].fold is Fold.CHILDREN

    drive(app, script)


def test_processes_can_be_sorted_and_only_those_with_a_filter_shown() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        await pilot.press("S")
        assert "most calls first" in pane.render_line(0).text
        assert [line.split(ENDED_SIGN)[1].split()[1] for line in _lines(pane)][:2] == ["ld", "cc1"]
        await pilot.press("S", "S")
        assert "most open descriptors first" in pane.render_line(0).text
        await pilot.press("S", "S")
        assert "first" not in pane.render_line(0).text
        app.narrow("proc.name", "cc1")
        await pilot.press("W")
        await _settle(app, pilot)
        analysis = app.model.analysis
        while analysis.follower is not None and not analysis.follower.is_done:
            app.tick()
        await _settle(app, pilot)
        names = [line.split(ENDED_SIGN)[1].split()[1] for line in _lines(pane)]
        assert names == ["sh", "gcc", "cc1"]
        assert "only with calls that pass the filters" in pane.render_line(0).text
        assert _lines(pane)[1].split()[-1] == "0"
        await pilot.press("W")
        await _settle(app, pilot)
        assert len(_lines(pane)) == 7
        assert analysis.follower is None
        await pilot.press("O")
        assert "only running" in pane.render_line(0).text
        assert not _lines(pane)

    drive(app, script, (160, 40))


def test_what_a_process_has_open_leads_to_its_rows(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.start(1, "server")
    world.open(3, "/tmp/log")
    world.open(4, "/tmp/other")
    world.writer.close()
    app = GvtuiApp(Trace.open(world.path), zone=UTC)

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        while app.model.analysis.resolved.position < app.model.trace.end_row:
            app.tick()
        await pilot.press("right")
        await _settle(app, pilot)
        opened = [line.opened.name for line in pane._lines if line.opened is not None]
        assert opened == ["/tmp/log", "/tmp/other"]
        await pilot.press("end", "enter")
        assert app.pane == "stream"
        assert [chip.expression for chip in app.model.chips] == ["fd.id = 2"]

    drive(app, script)


def test_a_row_leads_to_its_process_also_where_that_is_folded_away() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        await pilot.press("home", "left", "O")
        await _settle(app, pilot)
        assert len(pane._lines) < 2
        app.model.cursor = 402
        app.show_pane("stream")
        await pilot.press("T")
        await _settle(app, pilot)
        assert app.pane == "processes"
        assert pane.picked is not None
        process, _ = pane.picked
        row = app.model.trace.row(402)
        assert (process.pid, process.name) == (row.pid, "cc1")

    drive(app, script)


def test_an_analysis_that_begins_anew_leaves_cursor_and_folds_where_they_are() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        pane = await _open(app, pilot)
        await pilot.press("down", "right", "down")
        await _settle(app, pilot)
        before = (pane.cursor, pane._selected, dict(pane._folds))
        assert pane.cursor > 0
        assert pane._folds
        app.model._begin_anew()
        app.model.apply_chips()
        await _settle(app, pilot)
        assert pane.picked is not None
        assert pane.picked[0] in list(app.model.analysis.processes.tree)
        assert (pane.cursor, pane._selected, pane._folds) == before

    drive(app, script)
