from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from gvtui.query.filter.compile import FilterError
from gvtui.query.filter.field import PID
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from gvtui.tui.app import GvtuiApp
from gvtui.tui.filter.commands import Filtering
from gvtui.tui.model.who import chip_words, session_of
from tests.trace.recorder import START_NS, TRACES, Recorder, open_message
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, live, recording, screen_text, until

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from textual.pilot import Pilot


def _column(app: GvtuiApp, name: str) -> set[int]:
    view, trace = app.model.view, app.model.trace
    rows: npt.NDArray[np.void] = trace.rows(trace.first_row, trace.end_row)
    return set(rows[name][view.slice(0, view.count) - trace.first_row].tolist())


def test_a_key_narrows_to_the_selected_rows_pid_and_back() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        everything, total = app.model.view.count, app.model.view.total
        app.stream.jump(1000)
        row = app.model.trace.row(1000)
        await pilot.press("p")
        await until(pilot, lambda: app.model.view.complete)
        app.show_news()
        await pilot.pause()
        assert _column(app, "pid") == {row.pid}
        assert app.model.view.count < everything
        shown, hidden = app.model.view.count, total - app.model.view.count
        assert f"{shown:,} of {total:,} · {hidden:,} hidden" in screen_text(app)
        assert app.model.cursor == 1000
        await pilot.press("p")
        assert app.model.view.count == everything
        assert app.model.cursor == 1000

    drive(app, script)


def test_name_and_direction_combine() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(1000)
        name = app.model.trace.process_name(1000)
        await pilot.press("n", "x")
        names = {app.model.trace.string(number) for number in _column(app, "process")}
        assert names == {name}
        assert _column(app, "direction") == {Direction.EXIT}
        await pilot.press("e")
        assert _column(app, "direction") == {Direction.ENTER}
        await pilot.press("e")
        assert _column(app, "direction") >= {Direction.ENTER, Direction.EXIT}
        await pilot.press("backspace")
        assert not app.model.filtered

    drive(app, script)


def test_filters_apply_to_rows_that_come_later(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(10, pid=110, process="bash")
    recorder.add(5, pid=112, process="sh")
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("N", *"!bash", "enter")
        assert app.model.chips[0].expression == "proc.name != bash"
        assert app.model.view.count == 5
        recorder.add(3, pid=110, process="bash")
        recorder.add(4, pid=113, process="curl")
        app.tick()
        assert app.model.view.count == 9
        await pilot.press("P", *"112, 113", "enter")
        assert app.model.chips[1].expression == "proc.pid in (112, 113)"
        assert app.model.view.count == 9
        await pilot.press("P", *"113", "enter")
        assert app.model.view.count == 4
        await pilot.press("backslash")
        assert app.model.view.count == app.model.view.total
        await pilot.press("backslash")
        assert app.model.view.count == 4

    drive(app, script)


def test_a_wrong_filter_is_shown_with_a_caret_and_not_applied() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"evt.type = open and prox.pid = 1", "enter")
        await pilot.pause()
        assert app.prompt.is_open
        assert not app.model.filtered
        lines = screen_text(app).splitlines()
        typed = next(line for line in lines if "prox.pid" in line)
        problem = next(line for line in lines if "^" in line)
        assert problem.index("^") == typed.index("prox.pid")
        app.prompt.query_one(Input).value = "evt.failed = true"
        await pilot.press("enter")
        await pilot.pause()
        assert not app.prompt.is_open
        assert 0 < app.model.view.count < app.model.view.total
        assert 0 not in _column(app, "errno")
        assert app.focused is app.stream

    drive(app, script)


def test_escape_leaves_the_prompt_without_a_filter() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"evt.failed", "escape")
        assert not app.prompt.is_open
        assert not app.model.filtered
        await pilot.press("P", *"x", "enter")
        assert app.prompt.is_open
        assert "'x' is not a number" in screen_text(app)
        await pilot.press("escape")
        assert app.focused is app.stream

    drive(app, script)


def test_chips_are_clicked_off_and_away() -> None:
    app = recording(filter_text="evt.failed = true")

    async def script(pilot: Pilot[int]) -> None:
        filtered = app.model.view.count
        await pilot.click("#filterbar", offset=(5, 0))
        assert app.model.view.count == app.model.view.total - app.model.doubles.left_out
        assert "○ evt.failed = true" in screen_text(app)
        await pilot.click("#filterbar", offset=(5, 0))
        assert app.model.view.count == filtered
        await pilot.click("#filterbar", offset=(len(" ● evt.failed = true ×"), 0))
        assert len(app.model.chips) == 0

    drive(app, script)


def test_chips_have_keys_when_focused() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.model.chips.put("proc.pid = 1", PID)
        app.model.chips.put("evt.failed = true")
        app.refilter()
        app.filterbar.focus()
        await pilot.press("right", "space")
        assert app.model.chips.active() == ["proc.pid = 1"]
        await pilot.press("left", "enter", *" or true", "escape")
        app.filterbar.focus()
        await pilot.press("delete")
        assert [chip.expression for chip in app.model.chips] == ["evt.failed = true"]
        await pilot.press("enter")
        app.prompt.query_one(Input).value = "evt.failed = false"
        await pilot.press("enter")
        assert [chip.expression for chip in app.model.chips] == ["evt.failed = false"]

    drive(app, script)


def test_choosing_a_sandbox_narrows_the_stream(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(10, container="aaaa")
    recorder.writer.opened(2, recorder.now, {})
    recorder.writer.message(2, recorder.now, open_message("/b", container="bbbb"))
    recorder.writer.flush()
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        app.screen.query_one("#sandboxes").focus()
        # The newest is above.
        await pilot.press("down", "enter")
        assert app.model.chips[0].expression == "container.id = aaaa"
        assert {app.model.texts[row].container for row in app.model.view} == {"aaaa"}
        await pilot.click("#sandboxes", offset=(5, 1))
        assert app.model.chips[0].expression == "container.id = bbbb"
        await pilot.click("#sandboxes", offset=(5, 1))
        assert not app.model.filtered

    drive(app, script)


def test_a_wrong_filter_is_refused_at_the_start() -> None:
    trace = Trace.open(TRACES / "seed-example.trace")
    with pytest.raises(FilterError):
        GvtuiApp(trace, filter_text="proc.pid =")
    trace.close()


@pytest.mark.parametrize(
    "expression", ["evt.latency > 1us", "proc.ppid = 1", "proc.cmdline contains cat"]
)
def test_filters_that_ask_others_work_in_the_viewer(expression: str) -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f")
        app.prompt.query_one(Input).value = expression
        await pilot.press("enter")
        while not app.model.view.complete:
            app.tick()
            await pilot.pause()
        assert 0 < app.model.view.count < app.model.view.total

    drive(app, script)


def test_a_long_filter_ends_in_one_ellipsis() -> None:
    app = recording(filter_text="proc.name = bash and fd.name startswith /" + "very-long-" * 9)

    async def script(pilot: Pilot[int]) -> None:
        line = app.filterbar.render_line(0).text
        assert line.count("…") == 1
        assert "… ×" in line

    drive(app, script, (180, 40))


def test_p_is_one_process_though_two_sandboxes_and_two_processes_have_its_id(
    tmp_path: Path,
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.opened(2, recorder.now, {"peer_pid": 4243})
    later = START_NS + 250_000_000
    for conn, container, process, start_ns in (
        (1, "web", "bash", START_NS),
        (2, "db", "perl", START_NS),
        (1, "web", "bash", START_NS),
        (1, "web", "bash", later),
        (2, "db", "bash", later),
    ):
        recorder.now += 1_000_000
        datagram = open_message(
            "/x", pid=7, process=process, container=container, start_ns=start_ns
        )
        recorder.writer.message(conn, recorder.now, datagram)
    recorder.writer.flush()
    app = live(recorder.path)

    def shown() -> list[int]:
        return list(app.model.view)

    async def script(pilot: Pilot[int]) -> None:
        first, perl, again, second, other = range(2, 7)
        for row, rows in ((first, [first, again]), (second, [second]), (perl, [perl])):
            app.stream.jump(row)
            await pilot.press("p")
            assert shown() == rows
            await pilot.press("p")
            assert not app.model.filtered
        app.stream.jump(first)
        await pilot.press("n")
        assert shown() == [first, again, second, other]
        await pilot.press("p")
        assert shown() == [first, again]
        await pilot.pause()
        assert "● bash 7 in web" in screen_text(app)
        # What is saved and typed again means the same.
        expression = app.model.chips[1].expression
        assert expression == "proc.id = web/7@2026-11-23T17:36:47.000000000Z"
        await pilot.press("backspace", "backspace", "f", *expression, "enter")
        assert shown() == [first, again]

    drive(app, script)


SESSIONS = Path(__file__).parents[2] / "data" / "newest" / "exec-session.gvtrace"


def test_the_exec_session_of_a_row_is_hidden_whole_and_shown_again(tmp_path: Path) -> None:
    trace = Trace.open(Path(shutil.copy(SESSIONS, tmp_path)))
    viewer = FakeViewer(Filtering, trace=trace)
    model = viewer.model
    while model.analysis.context.advance():
        pass
    every = {row for row in range(trace.end_row) if session_of(model, row) is not None}
    assert len(every) == 36
    model.cursor = min(every)
    viewer.run_command("filter.session")
    (chip,) = model.chips
    assert chip_words(model, chip) == "without exec session 58 sh"
    viewer.catch_up()
    shown = set(model.view.slice(0, model.view.count).tolist())
    assert shown == set(range(trace.end_row)) - every
    viewer.run_command("filter.session")
    assert not len(model.chips)
    model.cursor = min(set(range(2, trace.end_row)) - every)
    viewer.run_command("filter.session")
    assert viewer.said.endswith("is of no exec session, as far as is known.")
