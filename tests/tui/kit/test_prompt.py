from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Input

from gvtui.tui.kit.asking import Question
from gvtui.tui.kit.suggestions import LINES, Suggestions
from tests.trace.recorder import Recorder
from tests.tui.helpers import drive, live, recording, screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def offered(app: GvtuiApp) -> list[str]:
    return [item.text for item in app.prompt.query_one(Suggestions).items]


def typed(app: GvtuiApp) -> str:
    return app.prompt.query_one(Input).value


def test_fields_operators_and_values_are_suggested_in_turn() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f")
        await pilot.pause()
        assert "evt.num" in offered(app)
        await pilot.press(*"proc.na")
        await pilot.pause()
        assert offered(app) == ["proc.name"]
        assert "there is no field" not in screen_text(app)
        await pilot.press("tab")
        await pilot.pause()
        assert typed(app) == "proc.name "
        assert "=" in offered(app)
        await pilot.press("tab")
        await pilot.pause()
        assert typed(app) == "proc.name = "
        assert offered(app)[0] == "bash"
        await pilot.press("tab", "enter")
        await pilot.pause()
        assert [chip.expression for chip in app.model.chips] == ["proc.name = bash"]
        assert not app.prompt.is_open

    drive(app, script)


def test_what_was_completed_is_taken_by_an_enter_that_follows_at_once() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("colon", *"tabs.show num")
        await pilot.pause()
        app.post_message(events.Key("tab", None))
        app.post_message(events.Key("enter", None))
        await pilot.pause()
        await pilot.pause()
        assert not app.prompt.is_open
        assert app.pane == "numbers"

    drive(app, script)


def test_arrows_pick_in_the_list_and_enter_takes() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"evt.t", "down", "down", "enter")
        await pilot.pause()
        assert typed(app) == "evt.type "
        assert app.prompt.is_open
        await pilot.press("down", "up")
        assert app.prompt.query_one(Suggestions).picked is None
        await pilot.press("down", "escape")
        assert offered(app) == []
        await pilot.press("escape")
        assert not app.prompt.is_open

    drive(app, script)


def test_a_long_list_scrolls_with_what_is_picked() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f")
        await pilot.pause()
        shown = app.prompt.query_one(Suggestions)
        count = len(shown.items)
        assert count > LINES
        assert f"+{count - LINES}" in shown.render_line(LINES - 1).text
        for _ in range(count + 3):
            await pilot.press("down")
        assert shown.picked == count - 1
        assert shown.items[-1].text in shown.render_line(LINES - 1).text

    drive(app, script)


def test_a_click_takes_a_suggestion() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"proc.c")
        await pilot.pause()
        await pilot.click("#prompt-suggestions", offset=(3, 0))
        await pilot.pause()
        assert typed(app) == "proc.cmdline "
        assert isinstance(app.focused, Input)

    drive(app, script)


def test_words_of_a_sandbox_are_shown_escaped(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, process="ev\x1b[31mil")
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"proc.name = ")
        await pilot.pause()
        assert "\x1b" not in screen_text(app)
        await pilot.press("tab")
        await pilot.pause()
        assert typed(app) == 'proc.name = "ev\\x1b[31mil" '
        await pilot.press("enter")
        assert app.model.view.count == 1

    drive(app, script)


def test_what_was_typed_before_comes_back_with_the_arrows() -> None:
    first, second = recording(), recording()

    async def type_two(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"proc.pid = 1", "enter")
        await pilot.press("f", *"evt.failed = true", "enter")

    async def recall(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"mine", "up")
        await pilot.pause()
        assert typed(second) == "evt.failed = true"
        assert offered(second) == []
        await pilot.press("up", "up")
        await pilot.pause()
        assert typed(second) == "proc.pid = 1"
        await pilot.press("down", "down")
        await pilot.pause()
        assert typed(second) == "mine"
        await pilot.press("up", "enter")
        await pilot.pause()
        assert [chip.expression for chip in second.model.chips] == ["evt.failed = true"]

    drive(first, type_two)
    drive(second, recall)


def test_the_caret_stands_under_the_error_behind_wide_characters() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f")
        app.prompt.query_one(Input).value = 'proc.name = "日本" and nonsense = 1'
        await pilot.press("enter")
        await pilot.pause()
        lines = screen_text(app).splitlines()
        problem = next(line for line in lines if "there is no field" in line)
        before = app.prompt._indent(len('proc.name = "日本" and '))
        left = app.prompt.region.x
        assert problem.index("^") == left + before

    drive(app, script)


def test_the_keyboard_is_the_prompt_s_at_once_and_goes_back(tmp_path: Path) -> None:
    app = live(Recorder(tmp_path / "a.gvtrace").path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("4")
        await pilot.pause()
        pane = app.focused
        assert pane is not None
        assert pane.id == "points-large"
        # What is typed before the next turn must not be taken for keys.
        app.prompt.ask(Question("name", lambda _: None))
        assert app.focused is app.prompt.query_one(Input)
        await pilot.press("q", "enter")
        assert app.is_running
        assert app.focused is pane
        app.prompt.ask(Question("name", lambda _: None))
        pane.display = False
        await pilot.press("escape")
        assert app.stream.has_focus

    drive(app, script)


def test_nothing_that_acts_on_a_terminal_stands_in_the_prompt(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("f", *"ab", "left")
        app.post_message(events.Paste("\x9b31m\u202e"))
        await pilot.pause()
        assert typed(app) == "a\\x9b31m\\u202eb"
        await pilot.press("c", "escape")
        app.ask(Question("a saved filter", lambda _: None, value="proc.name = \x1b]0;x\x07"))
        await pilot.pause()
        assert typed(app) == "proc.name = \\x1b]0;x\\x07"

    drive(app, script)
    recorder.writer.close()


def test_what_is_typed_replaces_a_proposed_value() -> None:
    app = recording()
    answers: list[str] = []

    async def script(pilot: Pilot[int]) -> None:
        app.ask(Question("save in", lambda text: answers.append(text), value="proposed"))
        await pilot.press(*"own", "enter")
        app.ask(Question("save in", lambda text: answers.append(text), value="proposed"))
        await pilot.press("end", *"-2", "enter")
        app.ask(Question("save in", lambda text: answers.append(text), value="proposed"))
        await pilot.press("ctrl+c")
        assert not app.prompt.is_open
        assert answers == ["own", "proposed-2"]

    drive(app, script)
