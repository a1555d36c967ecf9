from __future__ import annotations

from gvtui.tui.kit.theme import DARK, LIGHT, THEMES, theme_names
from tests.tui.helpers import recording


def test_every_name_that_a_configuration_may_use_is_a_theme() -> None:
    app = recording()
    app.register_theme(DARK)
    app.register_theme(LIGHT)
    assert {THEMES.get(name, name) for name in theme_names()} == set(app.available_themes)
    app.model.trace.close()


def test_both_themes_know_the_same_colours() -> None:
    assert DARK.variables.keys() == LIGHT.variables.keys()
