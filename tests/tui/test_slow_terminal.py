"""The real program on a terminal that takes nothing for a while."""

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
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.monitor.sandbox import wait_until
from tests.trace.recorder import TRACES

COLUMNS, LINES = 160, 40
BEHIND_BYTES = 48 << 10
"""What may wait on the line: the frame under way, the one that follows it, and what the kernel
holds."""


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
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = 0

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
        # pyte takes Kitty's and xterm's private sequences for others.
        for begin in (b"\x1b[>", b"\x1b[<"):
            data = data.replace(begin, b"\x1b[?")
        self._stream.feed(data)
        return True

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def shows(self, text: str) -> bool:
        """Whether the screen shows a text, after what has come."""
        while self.read():
            pass
        return any(text in line for line in self.screen.display)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    with Held(tmp_path) as terminal:
        assert wait_until(lambda: terminal.shows("container/start")), terminal.screen.display
        yield terminal


def test_a_terminal_that_takes_nothing_is_at_most_a_frame_behind(held: Held) -> None:
    before = held.bytes
    for _ in range(10):
        held.type("2134")
    held.type("1")
    held.type("jm\r")
    # Then all keys have had their effect.
    assert wait_until(held.bookmarks.exists)
    assert wait_until(lambda: held.shows("container/start"))
    assert held.bytes - before < BEHIND_BYTES
