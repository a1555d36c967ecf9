"""The terminal as the viewer writes to it.

One that goes away must not keep the viewer from ending; on one that orders letters by their script,
letters that run from right to left must stay in their cells.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

from gvtui.decode.escape import isolated

if TYPE_CHECKING:
    from typing import TextIO


class LostTerminal:
    """A terminal's output file on which writing never fails.

    Textual's output thread ends at an error, and the next writer waits for it for ever: the viewer
    could then not delete or restore the sessions that it made.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_lost = False
        """Whether the terminal has gone, so that all further text is dropped."""

    def write(self, text: str) -> int:
        """Write the text, or drop it if the terminal has gone."""
        if not self.is_lost:
            try:
                # Here, where all cells leave: the marks take no cell, and no width is counted any more.
                self._file.write(isolated(text))
            except OSError:
                self.is_lost = True
        return len(text)

    def flush(self) -> None:
        """Flush if the terminal is still there."""
        if not self.is_lost:
            try:
                self._file.flush()
            except OSError:
                self.is_lost = True

    def isatty(self) -> bool:
        """Whether the file is a terminal."""
        return self._file.isatty()

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()


class TerminalDriver(LinuxDriver):
    """Textual's driver for a terminal that may go away.

    Textual draws to standard error. If that is no terminal, as after `2>FILE`, this driver draws to
    standard output, which the commands that open the viewer have checked to be a terminal.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Make the driver, over a `LostTerminal`."""
        super().__init__(*args, **options)
        assert sys.__stdout__ is not None
        self._file: Any = LostTerminal(self._file if self._file.isatty() else sys.__stdout__)
        self.has_mouse = True
        """Whether the viewer gets the mouse; else the terminal selects text with it."""

    def take_mouse(self, take: bool) -> None:
        """Ask the terminal to report the mouse, or to keep it for itself."""
        self._disable_mouse_support()
        self.has_mouse = take
        self._enable_mouse_support()
        self.flush()

    def _enable_mouse_support(self) -> None:
        """Textual also calls this when the viewer returns from the shell."""
        if self.has_mouse:
            super()._enable_mouse_support()

    def _run_input_thread(self) -> None:
        """Read keys until the end; a fault in this thread ends the app."""
        try:
            self.run_input_thread()
        except Exception as error:
            if os.isatty(self.fileno):
                self._app.call_later(self._app._handle_exception, error)
            else:
                self._app.call_later(self._app.exit, None, 1)

    def _sigcont_application(self, *args: Any) -> None:  # noqa: ANN401
        """Continue after a stop; a hang-up sends SIGCONT too, and then the terminal is gone."""
        if os.isatty(self.fileno):
            super()._sigcont_application(*args)
