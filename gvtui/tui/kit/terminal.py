"""Asks the terminal for its clipboard, and to report the mouse or to keep it."""

from __future__ import annotations

from gvtui.tui.kit.driver import TerminalDriver
from gvtui.tui.kit.failing import FailingApp


class TerminalApp(FailingApp):
    """An app that sends texts to the terminal's clipboard, and takes or releases the mouse."""

    def send_to_clipboard(self, text: str) -> None:
        """Ask the terminal to put a text on the clipboard; a terminal does not confirm this.

        Ctrl+V in the prompt pastes the text too.
        """
        self.copy_to_clipboard(text)

    @property
    def has_mouse(self) -> bool:
        """Whether the viewer gets the mouse; else the terminal selects text with it."""
        driver = self._driver
        return driver.has_mouse if isinstance(driver, TerminalDriver) else True

    def take_mouse(self, take: bool) -> None:
        """Take the mouse, or release it to the terminal."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.take_mouse(take)
