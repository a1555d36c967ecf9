"""The titles of the tabs, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.kit.lines import LineWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.strip import Strip

    from gvtui.tui.kit.cells import Part


class TabLine(LineWidget):
    """One line of titles; a click or a number key shows a tab. Hidden while only one tab exists."""

    PREFIX = "tabline"
    LOOKS = ("active", "other")
    ALLOW_SELECT = False

    def __init__(
        self,
        tabs: Sequence[tuple[str, str]],
        picked: Callable[[str], None],
        key_of: Callable[[str], str],
    ) -> None:
        """Make the line.

        Args:
            tabs: the id and the title of each tab.
            picked: called with the id of the tab to show.
            key_of: gives the key that shows a tab, "" if none does.
        """
        super().__init__(id="tabline")
        self._tabs = tabs
        self._picked = picked
        self._key_of = key_of
        self._active = tabs[0][0]
        if len(tabs) == 1:
            self.display = False

    def show(self, pane_id: str) -> None:
        """Highlight the title of the tab on the screen."""
        self._active = pane_id
        self.refresh()

    def _titles(self) -> list[tuple[str, str]]:
        return [
            (f" {' '.join(filter(None, (self._key_of(pane_id), title)))} ", pane_id)
            for pane_id, title in self._tabs
        ]

    def render_line(self, y: int) -> Strip:
        """The titles."""
        parts: list[Part] = [(" ", "")]
        if y == 0:
            for title, pane_id in self._titles():
                parts.append((title, "active" if pane_id == self._active else "other"))
        return self.strip(parts, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Show the tab under the mouse."""
        start = 1
        for title, pane_id in self._titles():
            if start <= event.x < start + len(title):
                self._picked(pane_id)
            start += len(title)
