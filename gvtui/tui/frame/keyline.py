"""The last line of the screen, with as many of the working keys as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.widgets import Input

from gvtui.tui.command.bindings import UNBOUND, action
from gvtui.tui.kit.cells import width_of
from gvtui.tui.kit.lines import LineWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.screen import Screen
    from textual.strip import Strip

    from gvtui.tui.command.registry import Commands
    from gvtui.tui.kit.cells import Part

LEADING = ("palette", "help")
"""The keys that lead to all others: they are left out last, and the last one never."""


class Shown(NamedTuple):
    """A key that works now."""

    key: str
    """As Textual names it."""
    sign: str
    """As the line shows it."""
    word: str
    """What it does."""
    works: bool
    """Whether its command can be run at the moment."""


class KeyLine(LineWidget):
    """The keys of what has the focus, then those that work everywhere; a click presses one.

    No key is cut in half: those that do not fit are left out. One widget draws them all, as each
    widget of a screen costs time at the start and at each change of the focus.
    """

    PREFIX = "keyline"
    LOOKS = ("key", "word", "dead")
    ALLOW_SELECT = False

    def __init__(self, commands: Commands) -> None:
        super().__init__()
        everywhere = [command for command in commands if not command.owner.home]
        self._places = {action(each.line): place for place, each in enumerate(everywhere)}
        self.keys: list[Shown] = []
        """The keys that work now, whether they fit or not."""

    def on_mount(self) -> None:
        """Follow the keys in force."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self.keys = self._in_force()

    def _changed(self, screen: Screen[object]) -> None:
        if screen is self.screen and self.app.app_focus:
            self.keys = self._in_force()
            self.refresh()

    def _in_force(self) -> list[Shown]:
        """The keys that work now, each command once, in the order of the commands."""
        found: dict[str, Shown] = {}
        for each in self.screen.active_bindings.values():
            binding = each.binding
            if binding.show and binding.key != UNBOUND and binding.action not in found:
                sign = self.app.get_key_display(binding)
                found[binding.action] = Shown(binding.key, sign, binding.description, each.enabled)
        # The order must not depend on the keys: Textual puts remapped keys at the end.
        ordered = sorted(found, key=lambda name: self._places.get(name, -1))
        keys = [found[name] for name in ordered]
        if isinstance(self.screen.focused, Input):
            # In a prompt, letters are typed, so their commands do not work.
            keys = [key for key in keys if len(key.sign) > 1]
        return keys

    def _fitting(self) -> list[Shown]:
        words = [(key.sign, key.word) for key in self.keys]
        return [self.keys[place] for place in fit_keys(words, self.size.width)]

    def render_line(self, y: int) -> Strip:
        """The keys, each with its word."""
        parts: list[Part] = []
        if y == 0:
            for key in self._fitting():
                parts.append((f" {key.sign} ", "key" if key.works else "dead"))
                parts.append((f"{key.word} ", "word" if key.works else "dead"))
        return self.strip(parts, self.size.width)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key under the mouse."""
        start = 0
        for key in self._fitting():
            end = start + _cells(key.sign, key.word)
            if start <= event.x < end:
                if key.works:
                    self.app.simulate_key(key.key)
                else:
                    self.app.bell()
            start = end


def _cells(sign: str, word: str) -> int:
    return width_of(sign) + width_of(word) + 3


def fit_keys(keys: Sequence[tuple[str, str]], width: int) -> list[int]:
    """Indices of the keys that fit the width, each with its word: the first, and the leading
    ones."""
    places = list(range(len(keys)))
    going = [place for place in reversed(places) if keys[place][1] not in LEADING]
    going += [place for word in LEADING[:-1] for place in places if keys[place][1] == word]
    while going and sum(_cells(*keys[place]) for place in places) > width:
        places.remove(going.pop(0))
    return places
