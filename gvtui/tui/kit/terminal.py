"""What an app asks of the terminal beyond drawing: the clipboard, and to whom the mouse belongs."""

from __future__ import annotations

from gvtui.tui.kit.driver import TerminalDriver
from gvtui.tui.kit.failing import FailingApp


class TerminalApp(FailingApp):
    """Sends texts to the terminal's clipboard, takes the mouse and lets go of it."""

    def send_to_clipboard(self, text: str) -> None:
        """Ask the terminal to put a text on the clipboard; it does not answer.

        The prompt's own Ctrl+V pastes it too.
        """
        self.copy_to_clipboard(text)

    @property
    def has_mouse(self) -> bool:
        """Whether the mouse is the viewer's; else the terminal selects text with it."""
        driver = self._driver
        return driver.has_mouse if isinstance(driver, TerminalDriver) else True

    def take_mouse(self, take: bool) -> None:
        """Take the mouse, or leave it to the terminal."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.take_mouse(take)
