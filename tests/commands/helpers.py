"""Commands run as processes of their own, and what they said."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from tests.monitor.sandbox import wait_until

TIMEOUT = 120.0


class Running:
    """A gvtui command that listens; its outputs go to files. Use as a context manager."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.socket = folder / "s"
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gvtui", *arguments, "--listen", str(self.socket)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def __enter__(self) -> Running:
        assert wait_until(lambda: "listening on" in self.err or self.process.poll() is not None)
        assert self.process.poll() is None, self.err
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def out(self) -> str:
        """What it has printed."""
        return self._out.read_text()

    @property
    def err(self) -> str:
        """What it has said on standard error."""
        return self._err.read_text()

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send it a signal and wait for its end."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)
