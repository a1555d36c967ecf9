"""The screen that all panes stand on."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen


class MainScreen(Screen[Any], inherit_bindings=False):
    """Textual's screen without keys of its own: those would go before the keys of commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Does nothing where no text is selected.
        Binding("ctrl+c,super+c", "screen.copy_text", "Copy the selected text", show=False),
    ]
