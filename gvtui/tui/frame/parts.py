"""Hides, shows and resizes the sidebar and the details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.tui.viewer import PARTS

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from gvtui.tui.frame.zoom import Zoom
    from gvtui.tui.viewer import Part


class ScreenParts:
    """The app's sidebar and details, as `Parts`; the stylesheet hides them by class."""

    def __init__(self, app: App[Any], zoom: Zoom) -> None:
        self._app = app
        self._zoom = zoom

    @property
    def _screen(self) -> Screen[Any]:
        """The screen with the panes, even if a dialog covers it."""
        return self._app.screen_stack[0]

    @property
    def is_narrow(self) -> bool:
        """Whether the screen is so narrow that the sidebar covers the tabs."""
        return self._screen.has_class("-narrow")

    @property
    def hidden(self) -> tuple[Part, ...]:
        """The parts that the user has hidden."""
        return tuple(part for part in PARTS if self._screen.has_class(f"no-{part}"))

    def show(self, part: Part) -> None:
        """Show a part, if it is hidden."""
        self._zoom.leave_unless(part)
        if part == "detail":
            self._screen.remove_class("no-detail")
        elif not self._screen.query_one("#sidebar").display:
            self.toggle(part)

    def toggle(self, part: Part) -> None:
        """Show or hide a part; on a narrow screen the sidebar covers the stream."""
        screen = self._screen
        if self._zoom.part:
            # A pane that fills the screen would cover the part.
            self._zoom.leave()
            self.show(part)
            return
        if part == "detail":
            screen.toggle_class("no-detail")
            return
        if self.is_narrow:
            screen.toggle_class("with-sidebar")
            shown = screen.has_class("with-sidebar")
        else:
            screen.toggle_class("no-sidebar")
            shown = not screen.has_class("no-sidebar")
        screen.query_one("#sandboxes" if shown else "#stream").focus()

    def hide(self, part: Part) -> None:
        """Hide a part as if the user had; the focus stays."""
        self._screen.add_class(f"no-{part}")

    def size(self, part: Part) -> int:
        """A part's size: lines of the details, columns of the sidebar; 0 if hidden."""
        widget = self._screen.query_one(f"#{part}")
        if not widget.display:
            # The widget still has its former size.
            return 0
        return widget.outer_size.height if part == "detail" else widget.outer_size.width

    def set_size(self, part: Part, cells: int | None) -> None:
        """Set a part's size in lines or columns; None makes it depend on the terminal's again."""
        widget = self._screen.query_one(f"#{part}")
        setattr(widget.styles, "height" if part == "detail" else "width", cells)
