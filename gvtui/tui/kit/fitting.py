"""Widgets that lay their lines out for their size before each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

if TYPE_CHECKING:
    from textual.geometry import Region, Size
    from textual.strip import Strip


class FittedWidget(Widget):
    """A widget whose lines depend on its size.

    Textual paints a widget in its new size before it says that the size is new: that frame would
    show lines laid out for the former size, or for none.
    """

    _fitted: Size | None = None
    """The size that the lines are laid out for."""

    def fit(self) -> None:
        """Lay the lines out for the present size."""
        raise NotImplementedError

    def fits(self) -> None:
        """Note that the lines are laid out for the present size, which is none while hidden."""
        self._fitted = self.size

    def _fit_if_new(self) -> None:
        if self._fitted != self.size:
            self.fits()
            self.fit()

    def on_resize(self) -> None:
        """Lay the lines out for the new size, unless they were painted in it already."""
        self._fit_if_new()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region, laid out for the present size."""
        self._fit_if_new()
        return super().render_lines(crop)
