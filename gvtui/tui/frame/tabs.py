"""The titles of the tabs, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from gvtui.tui.features import TABS
from gvtui.tui.kit.lines import LineWidget, Part

if TYPE_CHECKING:
    from textual import events
    from textual.strip import Strip


class TabLine(LineWidget):
    """One line of titles; a click or a number key shows a tab. Hidden while there is only one."""

    PREFIX = "tabline"
    LOOKS = ("active", "other")
    ALLOW_SELECT = False

    class Picked(Message):
        """A tab is to be shown."""

        def __init__(self, pane_id: str) -> None:
            super().__init__()
            self.pane_id = pane_id

    def __init__(self) -> None:
        super().__init__(id="tabline")
        self._active = TABS[0].id
        self.display = len(TABS) > 1

    def show(self, pane_id: str) -> None:
        """Mark a tab as the one shown."""
        self._active = pane_id
        self.refresh()

    def _titles(self) -> list[tuple[str, str]]:
        return [(f" {number} {spec.title} ", spec.id) for number, spec in enumerate(TABS, 1)]

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
                self.post_message(self.Picked(pane_id))
            start += len(title)
