"""What is wrong with a configuration, whichever room the setting is of."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.tui.command.configured import configured_keys
from gvtui.tui.filter.saving import problem_of
from gvtui.tui.kit.theme import theme_names
from gvtui.tui.stream.columns import chosen_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.config import Config
    from gvtui.tui.command.registry import Commands

_MAX_NAME = 40


def problems_of(config: Config, commands: Commands) -> list[str]:
    """What counts for nothing, or not as it stands, of what the user has configured.

    Args:
        config: as it was read.
        commands: those of the viewer.

    Returns:
        Sentences without full stop, each with file and line, harmless on a terminal.
    """
    return [
        *map(escape, config.problems),
        *configured_keys(commands, config).problems,
        *(f"{escape(config.where(*place))}: {words}" for place, words in _wrong_values(config)),
    ]


def _wrong_values(config: Config) -> Iterator[tuple[tuple[str, ...], str]]:
    if config.theme and config.theme not in theme_names():
        near = get_close_matches(config.theme, theme_names(), 1)
        hint = f"did you mean {near[0]}?" if near else "dark and light are gvtui's own"
        yield ("theme",), f"there is no theme {escape(config.theme, _MAX_NAME)!r}; {hint}"
    for words in chosen_columns(config.columns).problems:
        yield ("columns",), words
    for name, expression in config.filters.items():
        problem = problem_of(expression)
        if problem:
            yield ("filters", name), f"{escape(name, _MAX_NAME)} is no filter: {escape(problem)}"
