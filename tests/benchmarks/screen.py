"""The viewer on a terminal of its own, as its user has it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT = 200, 50

_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
FRAME = b"\x1b[?2026h"
"""What the program writes in front of each repaint, once it knows that the terminal takes it
(synchronized output, private mode 2026)."""


class Viewer:
    """`gvtui` with some arguments, behind a pseudo-terminal of 200x50. Ends with `close`."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.seen = b""
        """All that the program has written since the last `forget`."""
        self._asked = b""
        """The end of what was written, in which a query may have begun."""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            # An installed program is compiled already.
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            # Named, since readline puts LINES and COLUMNS where only children see them.
            command = [sys.executable, "-m", "gvtui", *arguments]
            os.execve(sys.executable, command, dict(os.environ))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        os.set_blocking(self._fd, False)

    def forget(self) -> None:
        """Forget what was written so far."""
        self.read(0)
        self.seen = b""

    def read(self, seconds: float) -> bool:
        """Take in what comes within some time; False once the program has gone."""
        deadline = time.perf_counter() + seconds
        while True:
            left = deadline - time.perf_counter()
            ready, _, _ = select.select([self._fd], [], [], max(0.0, left))
            if not ready:
                return True
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:
                return False
            if not data:
                return False
            self._take(data)
            if left <= 0:
                return True

    def read_at_most(self, size: int) -> int:
        """Take in so many bytes of what has come; gives how many there were."""
        try:
            data = os.read(self._fd, size)
        except OSError:
            return 0
        self._take(data)
        return len(data)

    def _take(self, data: bytes) -> None:
        # As a terminal does: each is answered, also one that comes in two pieces.
        self._asked += data
        if queries := self._asked.count(_SYNC_QUERY):
            os.write(self._fd, queries * _SYNC_ANSWER)
            self._asked = self._asked[self._asked.rindex(_SYNC_QUERY) + len(_SYNC_QUERY) :]
        self._asked = self._asked[-len(_SYNC_QUERY) :]
        self.seen += data

    def wait_for(self, text: str, seconds: float = 30.0) -> float:
        """Seconds until the program has written a text.

        Raises:
            TimeoutError: it has not.
        """
        started = time.perf_counter()
        while text.encode() not in self.seen:
            if time.perf_counter() - started > seconds or not self.read(0.001):
                raise TimeoutError(f"no {text!r} on the screen within {seconds:g} s")
        return time.perf_counter() - started

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._fd, keys.encode())

    def memory(self) -> int:
        """Resident bytes of the program."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(self.pid)

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            self.read(0.05)
        os.close(self._fd)
