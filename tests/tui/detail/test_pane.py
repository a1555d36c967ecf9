from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trace.recorder import Recorder
from tests.tui.helpers import by_hand, catch_up, drive, live, recording, until

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def _lines(app: GvtuiApp) -> list[str]:
    detail = app.detail
    return [detail.render_line(y).text.rstrip() for y in range(detail.size.height)]


def test_a_key_shows_the_bytes() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(402)
        await pilot.press("H")
        assert "119 bytes, header included" in "\n".join(_lines(app))
        assert any(line.startswith("  000000  08 00 07 00") for line in _lines(app))
        await pilot.press("H")
        assert not any("header included" in line for line in _lines(app))

    drive(app, script)


def test_a_call_that_runs_says_so_until_its_exit_comes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("up", "down")
        while app.tick():
            pass
        app.show_news()
        assert "still running" in _lines(app)[0]
        recorder.add(1, result=3)
        while app.tick():
            pass
        app.show_news()
        assert "exit: row 2, +1 ms" in _lines(app)[0]
        assert "exit.result" not in "\n".join(_lines(app))
        await pilot.press("c")
        app.show_news()
        await pilot.pause()
        text = "\n".join(_lines(app))
        assert "rows 1 and 2   took 1 ms" in text
        assert "exit.result" in text
        paths = [side.view.path for side in app.detail.content.views]
        first = ["up"] * len(paths)
        await pilot.press("enter", *first, *["down"] * paths.index("exit.result"), "+")
        await pilot.pause()
        assert [chip.expression for chip in app.model.chips] == ["evt.res = 3"]

    drive(app, script, (160, 50))


def test_a_screen_that_is_paused_tells_of_the_descriptor_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand(monkeypatch)
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(200)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        catch_up(app)
        app.show_news()
        assert "descriptor" in (told := "\n".join(_lines(app)))
        assert "not looked up yet" in told
        await pilot.press("space")
        assert "looked up" not in (told := "\n".join(_lines(app)))
        assert "/etc/passwd" in told

    drive(app, script)


def test_a_text_is_searched_in_the_details_and_not_in_the_rows() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(402)
        catch_up(app)
        detail, row = app.detail, app.model.cursor
        await pilot.press("enter", "slash", *"thread", "enter")
        await until(pilot, lambda: "/ thread   1 of " in _lines(app)[-1])
        assert detail.picked is not None
        assert "thread" in detail.picked.path
        await pilot.press("full_stop")
        await until(pilot, lambda: "/ thread   2 of " in _lines(app)[-1])
        await pilot.press("slash", *["backspace"] * 6, *"parents", "enter")
        # What other rows tell is no field, and is found too.
        await until(pilot, lambda: detail.full(detail.cursor).startswith("parents  "))
        await pilot.press("down", "escape")
        await until(pilot, lambda: not detail.sought)
        assert detail.has_focus
        assert app.model.cursor == row

    drive(app, script, (120, 40))


def test_while_the_details_are_hidden_nothing_is_looked_up_for_them() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("d")
        app.model._begin_anew()
        app.stream.jump(402)
        catch_up(app)
        app.show_news()
        assert not app.model.analysis.context.is_resolving
        await pilot.press("d")
        assert app.model.analysis.context.is_resolving
        assert "row 402" in _lines(app)[0]

    drive(app, script)


def test_no_number_in_a_narrow_heading_is_cut_unseen() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        app.stream.jump(402)
        await pilot.pause()
        parts = [text for text, _ in app.detail.content.heading]
        whole = {"".join(parts[: count + 1]).strip() for count in range(len(parts))}
        assert any("exit: row 403, +15.9 µs" in words for words in whole)
        for width in range(30, 100):
            await pilot.resize_terminal(width, 40)
            await pilot.pause()
            heading = app.detail.render_line(0).text.strip()
            assert heading.endswith("…") or heading in whole

    drive(app, script, (160, 50))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_heading_has_whole_words_alone(tmp_path: Path, width: int) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        heading = _lines(app)[0]
        assert heading.startswith(" syscall/openat/enter   row 1 ")
        assert set(heading.split()[1:]) <= set(
            f"row 1 {app.model.trace.row(1).length} bytes connection 1 c0ffee"
            " still running received 2026-11-23 17:36:47.001000000".split()
        )
        assert ("received" in heading) == (width > 120)

    drive(app, script, size=(width, 40))
