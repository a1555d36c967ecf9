"""The terminal as the viewer writes to it.

One that goes away must not keep the viewer from ending; on one that orders letters by their script,
letters that run from right to left must stay in their cells. A slow one gets the next frame when it
has taken the last one: else what it shows would be behind by all that waits on its line.
"""

from __future__ import annotations

import curses
import os
import sys
import termios
from typing import TYPE_CHECKING, Any

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers.linux_driver import LinuxDriver
from textual.messages import TerminalSupportsSynchronizedOutput

from gvtui.decode.ascii import fit_terminal, wants_ascii
from gvtui.decode.escape import isolated
from gvtui.tui.kit.flow import Flow
from gvtui.tui.kit.image import Image
from gvtui.tui.kit.signs import in_ascii

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from textual.message import Message

_QUERY = "\x1b[?2026$p"
"""Asks whether the terminal has synchronized output (DECRQM). One that has answered once answers
whenever it has come so far in what was sent: also at the far end of a connection that holds much."""
_ANSWERS_AT_END = 1.0
"""Seconds to wait for answers at the end: the shell would take them for keys."""


class LostTerminal:
    """A terminal's output file on which writing never fails.

    Textual's output thread ends at an error, and the next writer waits for it for ever: the viewer
    could then not delete or restore the sessions that it made.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.when_written: Callable[[], None] = lambda: None
        """Called in the thread that writes, after each text."""
        self.is_ascii = False
        """Whether the terminal gets ASCII alone."""
        self.is_lost = False
        """Whether the terminal has gone, so that all further text is dropped."""

    def write(self, text: str) -> int:
        """Write the text, or drop it if the terminal has gone."""
        if not self.is_lost:
            try:
                # Here, where all cells leave: the marks take no cell, and no width is counted any more.
                self._file.write(in_ascii(text) if self.is_ascii else isolated(text))
                self._file.flush()
                if self._file.isatty():
                    # On a line with a buffer of its own, as a serial one.
                    termios.tcdrain(self._file.fileno())
            except (OSError, termios.error):
                self.is_lost = True
        self.when_written()
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
        file = self._file if self._file.isatty() else sys.__stdout__
        self._file: Any = LostTerminal(file)
        app: Any = self._app
        self._file.is_ascii = wants_ascii(app.signs)
        fit_terminal(file, app.signs)
        self.has_mouse = True
        """Whether the viewer gets the mouse; else the terminal selects text with it."""
        self.flow = Flow()
        """Whether the terminal can take another frame."""
        self._file.when_written = self.flow.wrote
        self.image = Image(can_erase=_erases())
        """What the terminal shows, and what it shall show."""

    def write(self, data: str) -> None:
        """Write a text, in a thread of its own."""
        self.flow.gave()
        super().write(data)

    def send_frame(self, text: str) -> None:
        """Write what changes the screen, as one frame."""
        if self.flow.answers:
            text = f"{SYNC_START}{text}{SYNC_END}{_QUERY}"
        self.flow.framed(len(text.encode()))
        self.write(text)

    def process_message(self, message: Message) -> None:
        """Take an answer of the terminal's; all else is the app's."""
        is_answer = isinstance(message, TerminalSupportsSynchronizedOutput)
        if not (is_answer and self.flow.answered()):
            super().process_message(message)

    def start_application_mode(self) -> None:
        """Begin with a terminal that shows something else."""
        self.flow.begin()
        self.image.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def disable_input(self) -> None:
        """Stop reading, when all answers are there that were asked for."""
        self.flow.await_answers(0 if self._file.is_lost else _ANSWERS_AT_END)
        super().disable_input()

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


def _erases() -> bool:
    """Whether the terminal erases cells in the colour of the ground, after its description in
    terminfo."""
    try:
        curses.setupterm(fd=1)
        return curses.tigetflag("bce") > 0 and curses.tigetstr("ech") is not None
    except curses.error:
        return False
