"""How much of the screen the details and the sidebar take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvtui.tui.viewer import Part

_LEAST = {"detail": 3, "sidebar": 20}
_MOST = 500
"""Cells that no terminal goes beyond; the style sheet keeps a share of the screen for the rows."""


class Sizes(Feature):
    """Makes parts of the screen larger and smaller."""

    prefix, heading = "screen", "Screen"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._cells: dict[Part, int] = {}
        """What the user has chosen; other sizes follow from the terminal's."""

    @command("Make the details taller", "ctrl+up", "detail", 1)
    @command("Make the details less tall", "ctrl+down", "detail", -1)
    @command("Make the sidebar wider", "ctrl+right", "sidebar", 2)
    @command("Make the sidebar less wide", "ctrl+left", "sidebar", -2)
    def resize(self, part: Literal["detail", "sidebar"], cells: int) -> None:
        """Make a part larger by some lines or columns, or smaller; it is shown if it is hidden."""
        if self.viewer.is_zoomed:
            # Then no part has the size that it is to have.
            self.viewer.toggle_zoom()
            return
        size = self.viewer.parts.size(part)
        if not size:
            self.viewer.parts.show(part)
            return
        # The screen may not have taken the last change up yet, or have no room for it.
        size = min(self._cells.get(part, size), size + abs(cells))
        self._cells[part] = size = max(_LEAST[part], min(size + cells, _MOST))
        self.viewer.parts.set_size(part, size)

    @command("Sizes that follow from the terminal's again", "")
    def reset_sizes(self) -> None:
        """Forget the sizes that were chosen."""
        for part in self._cells:
            self.viewer.parts.set_size(part, None)
        self._cells.clear()

    def remember(self) -> dict[str, Any]:
        """The sizes chosen."""
        return {"sizes": dict(self._cells)}

    def recall(self, told: Mapping[str, Any]) -> None:
        """Take sizes up; those that make no sense are left."""
        sizes = told.get("sizes")
        for part in ("detail", "sidebar"):
            size = sizes.get(part) if isinstance(sizes, dict) else None
            if type(size) is int and _LEAST[part] <= size <= _MOST:
                self._cells[part] = size
                self.viewer.parts.set_size(part, size)
