"""The line above the stream that names missing context fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from gvtui.tui.points.needs import Needs

if TYPE_CHECKING:
    from gvtui.tui.viewer import Viewer


class NeedsLine(Static):
    """Shows the sentence of `Needs` while there is one."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__("", id="needs", markup=False)
        self._needs = viewer.feature(Needs)

    def news(self) -> None:
        """Draw what has changed."""
        words = self._needs.words
        if words != str(self.content):
            self.update(words)
            self.set_class(bool(words), "open")
