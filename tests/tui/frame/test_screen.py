"""Every key can be given to a command, in every part of the screen, and panes get their looks once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from textual.app import App
from textual.css.stylesheet import Stylesheet

from gvtui.config import Config, config_path
from gvtui.tui.frame.commands import Screen
from gvtui.tui.frame.screen import MainScreen
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording, until

if TYPE_CHECKING:
    from textual.css.styles import StylesBase
    from textual.dom import DOMNode
    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp

OWN = {"screen.copy_text"}
"""Does nothing where no text is selected, and then leaves the key to the commands."""


def parts(app: GvtuiApp) -> list[str]:
    return [str(each.id) for each in app.main.query("*") if each.can_focus]


def test_no_key_of_textuals_goes_before_a_commands() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        found = set()
        for widget in app.main.query("*"):
            if not widget.can_focus or any(node.id == "prompt" for node in widget.ancestors):
                continue
            for node in widget.ancestors_with_self:
                if isinstance(node, App):
                    continue
                for key, bindings in node._bindings.key_to_bindings.items():
                    found |= {
                        (type(node).__name__, key, binding.action)
                        for binding in bindings
                        if not binding.action.startswith("app.command(")
                        and binding.action not in OWN
                    }
        assert found == set()
        assert {"stream", "processes", "points", "points-large", "sandboxes", "detail"} <= set(
            parts(app)
        )

    drive(app, script)


@pytest.mark.parametrize("key", ["tab", "shift+tab", "ctrl+pagedown", "ctrl+c", "escape", "home"])
def test_a_key_that_textual_uses_can_be_given_away(key: str) -> None:
    keys = {
        "filter.add evt.failed = true": key,
        "screen.focus 1": "f11",
        "screen.focus -1": "f12",
        "screen.quit": "q",
        "screen.back": "ctrl+y",
        "stream.oldest": "g",
        "list.first": "g",
        "detail.first": "g",
        "list.leave": "f10",
        "detail.leave": "f10",
    }
    app = recording(config=Config(config_path(), keys=keys))

    async def script(pilot: Pilot[int]) -> None:
        for part in ("stream", "sandboxes", "points", "detail"):
            app.main.set_focus(app.main.query_one(f"#{part}"))
            await pilot.press(key)
            await until(pilot, lambda: bool(app.model.chips.active()))
            app.model.chips.remove(0)
            app.refilter()

    drive(app, script)


def test_the_keyboard_goes_from_part_to_part_and_back() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        first = app.focused_pane
        await pilot.press("tab")
        second = app.focused_pane
        assert second != first
        await pilot.press("shift+tab")
        assert app.focused_pane == first

    drive(app, script)
    viewer = FakeViewer(Screen)
    viewer.commands.execute("screen.focus 1")
    assert viewer.focused == "detail"
    viewer.commands.execute("screen.focus -1")
    assert viewer.focused == "stream"


def looks(app: GvtuiApp) -> dict[str, dict[str, object]]:
    """The rules that hold for every pane, and for every part of it that has looks of its own."""

    def rules(styles: StylesBase) -> dict[str, object]:
        return dict(styles.get_rules())

    found = {}
    for node in (app.main, *app.main.query("*")):
        place = " ".join(str(each) for each in node.css_path_nodes)
        found[place] = rules(node.styles.base)
        for name, styles in node._component_styles.items():
            found[f"{place} {name}"] = rules(styles)
    return found


@pytest.mark.parametrize("size", [(80, 24), (130, 40), (200, 50)])
def test_every_pane_has_its_looks_before_the_first_frame_and_gets_them_once(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = recording()
    times: Counter[DOMNode] = Counter()
    first: dict[str, dict[str, object]] = {}
    apply, layout = Stylesheet.apply, MainScreen._refresh_layout

    def counted(sheet: Stylesheet, node: DOMNode, **how: Any) -> None:
        times[node] += not first
        apply(sheet, node, **how)

    def laid_out(screen: MainScreen, *arguments: Any, **how: Any) -> None:
        layout(screen, *arguments, **how)
        if screen.stack_updates and not first:
            first.update(looks(app))

    monkeypatch.setattr(Stylesheet, "apply", counted)
    monkeypatch.setattr(MainScreen, "_refresh_layout", laid_out)

    async def script(pilot: Pilot[int]) -> None:
        assert first
        app.stylesheet.update(app.main)
        whole = looks(app)
        assert {place: rules for place, rules in whole.items() if place in first} == first
        panes = {node: count for node, count in times.items() if node.id in set(parts(app))}
        assert panes
        # What gets the focus gets the looks of what has it, and an input has a class of its own.
        again = {node.id for node, count in panes.items() if count > 1}
        assert again <= {"stream", "prompt-input"}

    drive(app, script, size=size)
