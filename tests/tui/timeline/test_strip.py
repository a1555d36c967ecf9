from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.kit.signs import DROP_SIGN, WINDOW_SIGN
from gvtui.tui.timeline.commands import Along
from tests.trace.recorder import Recorder
from tests.tui.helpers import catch_up, drive, live, screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def _catch_up(app: GvtuiApp) -> str:
    catch_up(app)
    app.show_news()
    return screen_text(app).splitlines()[1]


def _recorded(path: Path) -> Recorder:
    recorder = Recorder(path / "a.gvtrace")
    recorder.add(600)
    recorder.add(300, result=0, errno=2)
    recorder.add(1, dropped=7)
    recorder.add(600)
    return recorder


def test_no_rows_no_bars(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    app = live(recorder.path)
    app.model.trace.close()

    from gvtui.trace.writer import TraceWriter

    TraceWriter(tmp_path / "b.gvtrace").close()
    app = live(tmp_path / "b.gvtrace")

    async def script(pilot: Pilot[int]) -> None:
        assert "no rows yet" in _catch_up(app)

    drive(app, script)


def test_it_shows_rate_drops_and_the_window(tmp_path: Path) -> None:
    app = live(_recorded(tmp_path).path)

    async def script(pilot: Pilot[int]) -> None:
        strip = _catch_up(app)
        assert strip.count(DROP_SIGN) == 1
        assert 60 < strip.index(DROP_SIGN) < 80
        assert strip.rstrip().endswith(WINDOW_SIGN)
        await pilot.press("home")
        assert _catch_up(app)[1] == WINDOW_SIGN

    drive(app, script)


def test_errors_have_a_look_of_their_own(tmp_path: Path) -> None:
    app = live(_recorded(tmp_path).path)

    async def script(pilot: Pilot[int]) -> None:
        _catch_up(app)
        looks = [cell.look for cell in app.feature(Along).cells]
        assert looks[5] == "bar"
        assert looks[len(looks) * 700 // 1500] == "many"
        assert looks[-3] == "bar"

    drive(app, script)


def test_a_click_and_keys_go_there(tmp_path: Path) -> None:
    app = live(_recorded(tmp_path).path)

    async def script(pilot: Pilot[int]) -> None:
        _catch_up(app)
        width = app.timeline.size.width
        await pilot.click("#timeline", offset=(width // 2, 0))
        await pilot.pause()
        middle = app.model.cursor
        assert middle is not None
        assert 700 < middle < 800
        assert not app.model.following
        _catch_up(app)
        await pilot.press("left_square_bracket")
        await pilot.pause()
        assert app.model.cursor is not None
        assert app.model.cursor < middle
        _catch_up(app)
        await pilot.press("right_square_bracket")
        await pilot.pause()
        _catch_up(app)
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert app.model.cursor > middle - 20
        await pilot.press("home")
        _catch_up(app)
        await pilot.press("right_curly_bracket")
        await pilot.pause()
        assert abs(app.model.cursor - 901) < 15
        await pilot.press("end", "space")
        _catch_up(app)
        await pilot.press("left_curly_bracket")
        await pilot.pause()
        assert abs(app.model.cursor - 901) < 15

    drive(app, script)


def test_a_jump_leaves_another_tab(tmp_path: Path) -> None:
    app = live(_recorded(tmp_path).path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("2")
        _catch_up(app)
        await pilot.click("#timeline", offset=(3, 0))
        await pilot.pause()
        assert app.stream.display
        assert app.focused is app.stream

    drive(app, script)


def test_a_short_trace_fills_the_strip(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        _catch_up(app)
        assert len(app.feature(Along).cells) == app.timeline.size.width - 2
        await pilot.press("left_square_bracket", "left_square_bracket", "right_square_bracket")

    drive(app, script)
