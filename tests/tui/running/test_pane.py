from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.app import GvtuiApp
from gvtui.tui.running.pane import RunningPane
from tests.trace.factory import TIME_NS, read_message
from tests.trace.recorder import SECOND
from tests.tui.helpers import drive

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from textual.pilot import Pilot


def _hanging(path: Path) -> Trace:
    """Three threads in calls of different ages, one that has returned; then the connection ends."""
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {})
    for pid, after, name in ((7, 0, "old"), (8, 2, "mid"), (9, 5, "young")):
        data = read_message(pid=pid, name=name, time_ns=TIME_NS + after * SECOND)
        writer.message(1, TIME_NS + after * SECOND, data)
    for result in (None, 10):
        data = read_message(pid=10, name="done", time_ns=TIME_NS + 6 * SECOND, result=result)
        writer.message(1, TIME_NS + 6 * SECOND, data)
    writer.closed(1, TIME_NS + 10 * SECOND, {})
    writer.close()
    return Trace.open(path)


def _lines(pane: RunningPane) -> list[str]:
    return [
        pane.render_line(y).text.strip()
        for y in range(2, pane.size.height)
        if pane.render_line(y).text.strip()
    ]


async def _open(app: GvtuiApp, pilot: Pilot[int]) -> RunningPane:
    await pilot.press("6")
    app.tick()
    while app.model.analysis.pairs.position < app.model.trace.end_row:
        app.tick()
    pane = app.query_one(RunningPane)
    pane._drawn_at, pane._building = 0.0, None
    pane.news()
    await pilot.pause()
    return pane


def _shown(
    app: GvtuiApp, look: Callable[[RunningPane, Pilot[int]], Coroutine[None, None, None]]
) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await look(await _open(app, pilot), pilot)

    drive(app, script, (120, 36))


def test_a_recording_tells_the_calls_that_had_not_returned_at_its_end(tmp_path: Path) -> None:
    trace = _hanging(tmp_path / "a.gvtrace")
    app = GvtuiApp(trace)

    async def look(pane: RunningPane, pilot: Pilot[int]) -> None:
        assert "3 calls had not returned at the end" in pane.render_line(0).text
        lines = _lines(pane)
        assert [line.lstrip("▌ ").split()[2:4] for line in lines] == [
            ["7", "old"],
            ["8", "mid"],
            ["9", "young"],
        ]
        assert "/etc/passwd" in pane.full(0)
        await pilot.press("down", "s", "s")
        assert "by call" in pane.render_line(0).text
        assert "mid" in pane.words()

    _shown(app, look)


def test_enter_leads_to_the_row_and_r_back(tmp_path: Path) -> None:
    trace = _hanging(tmp_path / "a.gvtrace")
    app = GvtuiApp(trace)

    async def look(pane: RunningPane, pilot: Pilot[int]) -> None:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.pane == "stream"
        assert app.model.cursor == 2
        assert len(app.model.chips) == 1
        await pilot.press("r")
        await pilot.pause()
        assert app.pane == "running"
        assert pane.cursor == 1

    _shown(app, look)


def test_a_kind_of_call_without_exits_is_doubtful(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, TIME_NS, {})
    writer.message(1, TIME_NS, read_message(pid=7))
    writer.closed(1, TIME_NS + SECOND, {})
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    app = GvtuiApp(trace)

    async def look(pane: RunningPane, pilot: Pilot[int]) -> None:
        assert "of 1 no exit was ever seen" in pane.render_line(0).text
        assert _lines(pane)[0].lstrip("▌ ").startswith("?")

    _shown(app, look)


def test_calls_of_connections_that_have_gone_do_not_run_now(tmp_path: Path) -> None:
    trace = _hanging(tmp_path / "a.gvtrace")
    pairs = GvtuiApp(trace).model.analysis.pairs
    while pairs.advance():
        pass
    assert pairs.in_flight() == []
    assert [call.pid for call in pairs.each_running(with_ended=True)] == [7, 8, 9]
    trace.close()
