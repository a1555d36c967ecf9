"""The terminal as the viewer writes to it.

One that goes away must not keep the viewer from ending; on one that orders letters by their script,
letters that run from right to left must stay in their cells.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

from gvtui.decode.escape import isolated

if TYPE_CHECKING:
    from typing import TextIO


class LostTerminal:
    """A terminal's file on which writing never fails.

    Textual's thread for output ends at an error, and whoever writes next waits for it for ever:
    the viewer could then not put right the sessions that it made.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_lost = False
        """Whether the terminal has gone: all further text is dropped."""

    def write(self, text: str) -> int:
        """Write, or drop the text where there is no terminal any more."""
        if not self.is_lost:
            try:
                # Here, where all cells leave: the marks take no cell, and no width is counted any more.
                self._file.write(isolated(text))
            except OSError:
                self.is_lost = True
        return len(text)

    def flush(self) -> None:
        """Flush, where there is still a terminal."""
        if not self.is_lost:
            try:
                self._file.flush()
            except OSError:
                self.is_lost = True

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()


class TerminalDriver(LinuxDriver):
    """Textual's driver, over a terminal that may go away."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """As Textual makes it."""
        super().__init__(*args, **options)
        self._file: Any = LostTerminal(self._file)
        self.has_mouse = True
        """Whether the mouse is the viewer's; else the terminal selects text with it."""

    def take_mouse(self, take: bool) -> None:
        """Have the terminal report the mouse, or leave it to the terminal."""
        self._disable_mouse_support()
        self.has_mouse = take
        self._enable_mouse_support()
        self.flush()

    def _enable_mouse_support(self) -> None:
        """Also called when the viewer comes back from the shell."""
        if self.has_mouse:
            super()._enable_mouse_support()

    def _run_input_thread(self) -> None:
        """Read keys until the end; a fault of that ends the app."""
        try:
            self.run_input_thread()
        except Exception as error:
            if os.isatty(self.fileno):
                self._app.call_later(self._app._handle_exception, error)
            else:
                self._app.call_later(self._app.exit, None, 1)

    def _sigcont_application(self, *args: Any) -> None:  # noqa: ANN401
        """Go on after a stop; a hang-up sends this signal too, and then there is nothing to go on."""
        if os.isatty(self.fileno):
            super()._sigcont_application(*args)
