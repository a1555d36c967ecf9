"""The screen that all panes stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.geometry import Size


class MainScreen(Screen[Any], inherit_bindings=False):
    """Textual's screen without keys of its own: those would go before the keys of commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Does nothing where no text is selected.
        Binding("ctrl+c,super+c", "screen.copy_text", "Copy the selected text", show=False),
    ]

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        """Lay the panes out, with the classes of this size.

        Textual changes the classes after the layout: the first frame would have the panes of a
        narrow terminal.
        """
        width, height = size if size is not None else self.outer_size
        wanted = {
            name: least <= at < below
            for at, steps in (
                (width, self.app.HORIZONTAL_BREAKPOINTS or []),
                (height, self.app.VERTICAL_BREAKPOINTS or []),
            )
            for (least, name), (below, _) in zip(steps, [*steps[1:], (1 << 30, "")], strict=True)
        }
        if width and any(self.has_class(name) != there for name, there in wanted.items()):
            self.update_classes(wanted, animate=False)
            self.app.stylesheet.update(self, animate=False)
        super()._refresh_layout(size, scroll)
