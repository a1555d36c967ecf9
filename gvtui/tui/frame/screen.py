"""The screen that all panes stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.app import App
    from textual.events import ScreenResume
    from textual.geometry import Size


class MainScreen(Screen[Any], inherit_bindings=False):
    """Textual's screen without keys of its own: those would go before the keys of commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Does nothing where no text is selected.
        Binding("ctrl+c,super+c", "screen.copy_text", "Copy the selected text", show=False),
    ]

    def __init__(self, app: App[Any], **options: Any) -> None:  # noqa: ANN401
        """Make the screen with the classes of the terminal's size, so that no pane gets its looks
        twice before the first frame."""
        super().__init__(**options)
        self.update_classes(_classes(app, app.size), update=False)

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """Called before Textual's own: at the start every pane has just got its looks."""
        if not self.stack_updates:
            event.refresh_styles = False

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        """Lay the panes out, with the classes of this size.

        Textual changes the classes after the layout: the first frame would have the panes of a
        narrow terminal.
        """
        now = size if size is not None else self.outer_size
        if now.width:
            self.update_classes(_classes(self.app, now), animate=False)
        super()._refresh_layout(size, scroll)


def _classes(app: App[Any], size: Size) -> dict[str, bool]:
    """For each class of the app's breakpoints, whether a screen of this size has it."""
    return {
        name: least <= at < below
        for at, steps in (
            (size.width, app.HORIZONTAL_BREAKPOINTS or []),
            (size.height, app.VERTICAL_BREAKPOINTS or []),
        )
        for (least, name), (below, _) in zip(steps, [*steps[1:], (1 << 30, "")], strict=True)
    }
