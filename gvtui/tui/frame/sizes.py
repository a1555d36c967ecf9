"""Commands that resize the details and the sidebar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvtui.tui.viewer import Part

_LEAST = {"detail": 3, "sidebar": 20}
_MOST = 500
"""The largest size in cells, beyond any terminal's; the stylesheet leaves room for the rows."""


class Sizes(Feature):
    """Makes parts of the screen larger and smaller."""

    prefix, heading = "screen", "Screen"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._cells: dict[Part, int] = {}
        """The sizes that the user has chosen; other sizes depend on the terminal's."""

    @command("Make the details taller", "ctrl+up", "detail", 1)
    @command("Make the details less tall", "ctrl+down", "detail", -1)
    @command("Make the sidebar wider", "ctrl+right", "sidebar", 2)
    @command("Make the sidebar less wide", "ctrl+left", "sidebar", -2)
    def resize(self, part: Literal["detail", "sidebar"], cells: int) -> None:
        """Make a part larger or smaller by some lines or columns; a hidden part is shown."""
        if self.viewer.is_zoomed:
            # While one pane fills the screen, no part has its own size.
            self.viewer.toggle_zoom()
            return
        size = self.viewer.parts.size(part)
        if not size:
            self.viewer.parts.show(part)
            return
        # The screen may not have applied the last change yet, or may lack the room.
        size = min(self._cells.get(part, size), size + abs(cells))
        self._cells[part] = size = max(_LEAST[part], min(size + cells, _MOST))
        self.viewer.parts.set_size(part, size)

    @command("Reset the sizes of details and sidebar", "")
    def reset_sizes(self) -> None:
        """Drop the chosen sizes."""
        for part in self._cells:
            self.viewer.parts.set_size(part, None)
        self._cells.clear()

    def remember(self) -> dict[str, Any]:
        """The chosen sizes, to be stored."""
        return {"sizes": dict(self._cells)}

    def recall(self, told: Mapping[str, Any]) -> None:
        """Restore sizes; values that make no sense are ignored."""
        sizes = told.get("sizes")
        for part in ("detail", "sidebar"):
            size = sizes.get(part) if isinstance(sizes, dict) else None
            if type(size) is int and _LEAST[part] <= size <= _MOST:
                self._cells[part] = size
                self.viewer.parts.set_size(part, size)
