"""The timeline: the whole trace in one line, with rates, failed calls and dropped points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.kit.fitting import FittedWidget
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.kit.signs import WINDOW_SIGN
from gvtui.tui.timeline.commands import Along

if TYPE_CHECKING:
    from textual import events
    from textual.strip import Strip

    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

_LEFT = 1
"""How many cells are blank at either end."""


class TimelineStrip(FittedWidget, LineWidget):
    """Bars for the rate, coloured by the share of errors, with signs for drops and the screen."""

    PREFIX = "timeline"
    LOOKS = ("bar", "some", "many", "drop", "window", "faint")
    ALLOW_SELECT = False

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="timeline")
        self._along = viewer.feature(Along)

    @property
    def _room(self) -> int:
        return max(0, self.size.width - 2 * _LEFT)

    def news(self) -> None:
        """Draw what has changed."""
        self.fits()
        if self._along.fit(self._room):
            self.refresh()

    def fit(self) -> None:
        """Fit the strip to the present width."""
        self.news()

    def render_line(self, y: int) -> Strip:
        """The strip."""
        width = self.size.width
        if y or not self._along.cells:
            words = " no rows yet" if not y else ""
            return self.strip([(words, "faint")], width)
        first, last = self._along.ends or (-1, -1)
        parts: list[Part] = [(" " * _LEFT, "")]
        for place, cell in enumerate(self._along.cells):
            if place in (first, last):
                parts.append((WINDOW_SIGN, "window"))
            else:
                parts.append((cell.mark, cell.look))
        return self.strip(parts, width)

    def on_click(self, event: events.Click) -> None:
        """Go to the time under the mouse."""
        self._along.go(event.x - _LEFT)
