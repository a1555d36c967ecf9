"""The real program on a terminal of its own, made to fail from outside."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import IO, Any

from tests.monitor.sandbox import wait_until

ALTERNATE = (b"\x1b[?1049h", b"\x1b[?1049l")
HIDDEN = (b"\x1b[?25l", b"\x1b[?25h")
MOUSE = (b"\x1b[?1000h", b"\x1b[?1000l")
PASTE = (b"\x1b[?2004h", b"\x1b[?2004l")
FOCUS = (b"\x1b[?1004h", b"\x1b[?1004l")
"""Sequences that put the terminal into a mode and out of it; see xterm's ctlseqs."""

PROGRAM = """
import sys
from gvtui.cli import main
def fail(*_, **__):
    raise ZeroDivisionError("nobody foresaw this")
{patch}
main(sys.argv[1:])
"""


class OnTerminal:
    """A gvtui that runs on a terminal. Use as a context manager."""

    def __init__(
        self,
        *arguments: str,
        patch: str = "pass",
        environ: dict[str, str],
        errors: IO[bytes] | None = None,
    ) -> None:
        """Start it; `errors` is where its standard error goes, if not to the terminal."""
        self._ours, self._theirs = pty.openpty()
        termios.tcsetwinsize(self._theirs, (40, 160))
        self.settings: list[Any] = termios.tcgetattr(self._theirs)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-c", PROGRAM.format(patch=patch), *arguments],
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs if errors is None else errors,
            env={
                **os.environ,
                "TERM": "xterm-256color",
                "COLUMNS": "160",
                "LINES": "40",
                **environ,
            },
        )
        self.output = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> OnTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._theirs)
        self._reader.join()
        os.close(self._ours)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self.output += data

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def wait_for(self, text: str) -> None:
        """Wait until it has drawn something."""
        assert wait_until(lambda: text.encode() in self.output), self.output[-2000:]

    def end(self) -> tuple[int, str]:
        """Wait for its end; gives the exit code, and what it has said below the screen."""
        code = self.process.wait(120)
        # All that it has written is read once this has come through.
        os.write(self._theirs, b"\x1b[0m<end>")
        self.wait_for("<end>")
        for on, off in (ALTERNATE, HIDDEN, MOUSE, PASTE, FOCUS):
            assert self.output.rfind(off) > self.output.rfind(on) or on not in self.output, on
        assert termios.tcgetattr(self._theirs) == self.settings
        said = self.output.rpartition(ALTERNATE[1])[2].partition(b"\x1b[0m<end>")[0]
        return code, re.sub(rb"\x1b\[\?\d+[hl]|\x1b\]22;\w*\x07|\r", b"", said).decode()


def reports(home: Path) -> list[Path]:
    """The reports of faults."""
    return sorted((home / "state" / "gvtui" / "reports").glob("*.txt"))
