"""A command that releases the mouse to the terminal, which then selects text as usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature, Item

if TYPE_CHECKING:
    from collections.abc import Iterable


class Mouse(Feature):
    """Releases the mouse, and takes it back."""

    prefix, heading = "screen", "Copying"

    @command("The mouse selects text, as with Shift; again: back", "V")
    def mouse(self) -> None:
        """Release the mouse, or take it back; releasing it also pauses, so that rows stay in
        place."""
        take = not self.viewer.has_mouse
        if not take and self.model.following:
            self.viewer.pause()
        self.viewer.take_mouse(take)
        self.viewer.show_news()

    def status(self) -> Iterable[Item]:
        """The item while the terminal has the mouse, with the key that takes it back."""
        if not self.viewer.has_mouse:
            key = self.viewer.commands.keys_of("screen.mouse")
            yield Item(f"mouse left to the terminal: {key} takes it back", f"mouse: {key}", "bad")
