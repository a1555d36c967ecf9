"""The footer: the last line of the screen, with as many of the working keys as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.widgets import Footer, Input

from gvtui.tui.command.bindings import UNBOUND, action

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from gvtui.tui.command.registry import Commands

LEADING = ("palette", "help")
"""The keys that lead to all others: they are left out last, and the last one never."""


class KeyLine(Footer):
    """A footer that leaves out the keys that do not fit, and cuts none in half."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(show_command_palette=False)
        everywhere = [command for command in commands if not command.owner.home]
        self._places = {action(each.line): place for place, each in enumerate(everywhere)}

    def compose(self) -> ComposeResult:
        """The keys of what has the focus, then those that work everywhere."""
        keys: list[Any] = list(super().compose())
        keys = [key for key in keys if key.key != UNBOUND]
        # The order must not depend on the keys: Textual puts remapped keys at the end.
        keys.sort(key=lambda key: self._places.get(key.action, -1))
        if isinstance(self.screen.focused, Input):
            # In a prompt, letters are typed, so their commands do not work.
            keys = [key for key in keys if len(key.key_display) > 1]
        fitting = fit_keys(
            [(key.key_display, key.description) for key in keys], self.app.size.width
        )
        yield from (keys[place] for place in fitting)

    def on_resize(self) -> None:
        """Lay the keys out again."""
        self.refresh(recompose=True)


def fit_keys(keys: list[tuple[str, str]], width: int) -> list[int]:
    """Indices of the keys that fit the width, each with its word: the first, and the leading
    ones."""

    def cells(place: int) -> int:
        return sum(Text(text).cell_len + 1 for text in keys[place]) + 1

    places = list(range(len(keys)))
    going = [place for place in reversed(places) if keys[place][1] not in LEADING]
    going += [place for word in LEADING[:-1] for place in places if keys[place][1] == word]
    while going and sum(map(cells, places)) > width:
        places.remove(going.pop(0))
    return places
