"""The mouse: the viewer's, or the terminal's own, which then selects text as it does elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature, Item

if TYPE_CHECKING:
    from collections.abc import Iterable


class Mouse(Feature):
    """Lets go of the mouse and takes it back."""

    prefix, heading = "screen", "Copying"

    @command("The mouse selects text; again: back. Shift+mouse does too", "V")
    def mouse(self) -> None:
        """Let go of the mouse, or take it back; letting go pauses, so that rows stay in place."""
        take = not self.viewer.has_mouse
        if not take and self.model.following:
            self.viewer.pause()
        self.viewer.take_mouse(take)
        self.viewer.show_news()

    def status(self) -> Iterable[Item]:
        """That the mouse is the terminal's, and what takes it back."""
        if not self.viewer.has_mouse:
            key = self.viewer.commands.keys_of("screen.mouse")
            yield Item(f"mouse left to the terminal: {key} takes it back", f"mouse: {key}", "bad")
