"""The real program on a terminal that is read when the test reads, frame by frame."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pyte

from tests.trace.recorder import TRACES

COLUMNS, LINES = 160, 40

_FRAME_END, _ANSWER = b"\x1b[?2026l", b"\x1b[?2026;2$y"
"""The end of synchronized output, and what a terminal says that has it."""


class Held:
    """`gvtui replay` on a terminal that is only read when the test reads. Use as a context
    manager."""

    def __init__(self, folder: Path) -> None:
        trace = Path(shutil.copy(TRACES / "shell-2024.trace", folder))
        self.bookmarks = Path(f"{trace}.marks")
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        program = [sys.executable, "-m", "gvtui", "replay", str(trace), "--fresh"]
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *program],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(theirs)
        os.set_blocking(self._ours, False)
        # That it knows the query, before it asks.
        os.write(self._ours, _ANSWER)
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = 0
        self.frames: list[list[str]] = []
        """The screen after each frame that has come."""
        self._rest = b""

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._ours)

    def read(self) -> bool:
        """Take in what has come; False if nothing has."""
        try:
            data = os.read(self._ours, 1 << 16)
        except BlockingIOError:
            return False
        self.bytes += len(data)
        *whole, self._rest = (self._rest + data).split(_FRAME_END)
        for frame in whole:
            self._feed(frame)
            self.frames.append(list(self.screen.display))
            os.write(self._ours, _ANSWER)
        return True

    def _feed(self, data: bytes) -> None:
        # pyte takes Kitty's and xterm's private sequences for others.
        for begin in (b"\x1b[>", b"\x1b[<"):
            data = data.replace(begin, b"\x1b[?")
        self._stream.feed(data)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def shows(self, text: str) -> bool:
        """Whether the screen shows a text, after what has come."""
        while self.read():
            pass
        return any(text in line for line in self.screen.display)
