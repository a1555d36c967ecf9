"""The parts of the screen that the user hides, shows again and gives another size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.tui.viewer import PARTS

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from gvtui.tui.frame.zoom import Zoom
    from gvtui.tui.viewer import Part


class ScreenParts:
    """Sidebar and details of the app's screen, as `Parts`; the stylesheet hides them by class."""

    def __init__(self, app: App[Any], zoom: Zoom) -> None:
        self._app = app
        self._zoom = zoom

    @property
    def _screen(self) -> Screen[Any]:
        """The screen with the panes, whatever lies over it."""
        return self._app.screen_stack[0]

    @property
    def is_narrow(self) -> bool:
        """Whether the screen is so narrow that the sidebar lies over the tabs."""
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
        """Show or hide a part; a narrow screen has the sidebar over the stream."""
        screen = self._screen
        if self._zoom.part:
            # Whatever fills the screen: the part is asked for where it cannot be seen.
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
        """Hide a part, as the user may do; the keyboard stays where it is."""
        self._screen.add_class(f"no-{part}")

    def size(self, part: Part) -> int:
        """How large a part is now: lines of the details, columns of the sidebar; 0 if hidden."""
        widget = self._screen.query_one(f"#{part}")
        if not widget.display:
            # Its size is still that of before.
            return 0
        return widget.outer_size.height if part == "detail" else widget.outer_size.width

    def set_size(self, part: Part, cells: int | None) -> None:
        """Give a part a size; None has it follow from the terminal's again."""
        widget = self._screen.query_one(f"#{part}")
        setattr(widget.styles, "height" if part == "detail" else "width", cells)
