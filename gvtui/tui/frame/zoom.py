"""Zoom: one pane fills the screen while the others are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen
    from textual.widget import Widget

TAB, DETAIL, SIDEBAR = "tab", "detail", "sidebar"
_ZOOMED, _HIDDEN = "zoomed", "zoomed-out"


class Zoom:
    """The part that fills the screen. The stylesheet hides the other parts."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self.part = ""
        """`tab`, `detail` or `sidebar`; "" while all parts are shown."""
        self._size: Any = None
        """The size that the user has given the part; None if the user has not."""

    @property
    def _screen(self) -> Screen[Any]:
        return self._app.screen_stack[0]

    def toggle(self) -> None:
        """Make the part with the focus fill the screen, or show all parts again."""
        if self.part:
            self.leave()
            return
        focused = self._screen.focused
        part, pane = TAB, None
        for node in focused.ancestors_with_self if focused is not None else ():
            if node.id == DETAIL:
                part = DETAIL
            elif node.id == SIDEBAR:
                part, pane = SIDEBAR, focused
        if part == TAB and (focused is None or not focused.is_on_screen):
            return
        self.part = part
        self._keep_size()
        self._screen.add_class(_ZOOMED, f"{_ZOOMED}-{part}")
        self._hide_neighbours(pane)

    def leave(self) -> None:
        """Show all parts again."""
        if self.part:
            self._screen.remove_class(_ZOOMED, f"{_ZOOMED}-{self.part}")
            if self._size is not None:
                setattr(self._screen.query_one(f"#{self.part}").styles, *self._size)
                self._size = None
            self.part = ""
            self._hide_neighbours(None)

    def leave_unless(self, *parts: str) -> None:
        """Show all parts again, unless one of these fills the screen."""
        if self.part not in parts:
            self.leave()

    def _keep_size(self) -> None:
        """Remove and keep the part's own size, which would override the stylesheet."""
        if self.part == TAB:
            return
        styles = self._screen.query_one(f"#{self.part}").styles
        rule = "height" if self.part == DETAIL else "width"
        if styles.inline.has_rule(rule):
            self._size = (rule, getattr(styles.inline, rule))
            setattr(styles, rule, None)

    def _hide_neighbours(self, pane: Widget | None) -> None:
        """Hide all other panes of the sidebar; None shows all again."""
        for each in self._screen.query_one(f"#{SIDEBAR}").children:
            each.set_class(pane is not None and each is not pane, _HIDDEN)
