"""A process that another one has started, seen as one's own child."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from typing import Protocol


class RunningProcess(Protocol):
    """A process that runs: what `subprocess.Popen` and `AdoptedProcess` have in common."""

    @property
    def pid(self) -> int:
        """Its id."""

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it runs, or where only its parent is told."""

    def poll(self) -> int | None:
        """None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""

    def terminate(self) -> None:
        """Ask it to end."""

    def send_signal(self, sig: int) -> None:
        """Send a signal, if it runs."""


class AdoptedProcess:
    """A process by its id, which cannot become another's. Its exit code is not known."""

    returncode: int | None = None

    def __init__(self, pid: int) -> None:
        """Take it over.

        Raises:
            ProcessLookupError: there is none of that id.
        """
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs, 0 afterwards."""
        return 0 if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; gives 0.

        Raises:
            subprocess.TimeoutExpired: it has not ended.
        """
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return 0

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, sig: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._fd, sig)

    def _has_ended(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))
