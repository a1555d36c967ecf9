"""A process that works for the receiving process, and ends with it.

It is forked, for then it needs no rights to find its program: a receiving process that has given up
all others can start one again.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends the receiving process; a helper ends after it."""

_STREAMS = 3
"""Descriptors of standard input, output and error."""


class Helper:
    """A process that was forked. Owned until `end`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ending = ""

    @classmethod
    def start(cls, own: int, serve: Callable[[], None]) -> Helper:
        """Fork a process that does one thing and then ends.

        It ignores the signals that end the receiving process, and all that is open there is closed
        in it, so that it ends with that. A fault is told on standard error. Of other threads nothing
        goes on in it.

        Args:
            own: the descriptor that it keeps, besides the standard ones.
            serve: what it does; it never returns to the caller of this.

        Raises:
            OSError: no further process can be started.
        """
        pid = os.fork()
        if pid:
            return cls(pid)
        code = 1
        try:
            # What the receiving process has is not collected here: it would close descriptors by
            # numbers that stand for others now.
            gc.freeze()
            gc.enable()
            for number in _IGNORED:
                signal.signal(number, signal.SIG_IGN)
            os.closerange(_STREAMS, own)
            os.closerange(own + 1, os.sysconf("SC_OPEN_MAX"))
            serve()
            code = 0
        except Exception as error:
            from gvtui.faults import tell

            print(tell(error), file=sys.stderr, flush=True)
        finally:
            # The child must not run the parent's cleanup.
            os._exit(code)

    @classmethod
    def connected(cls, serve: Callable[[socket.socket], None]) -> tuple[Helper, socket.socket]:
        """As `start`, with a channel of datagrams between both: gives this process's end of it,
        which does not block.

        Raises:
            OSError: no further process can be started.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                helper = cls.start(theirs.fileno(), lambda: serve(theirs))
            except OSError:
                ours.close()
                raise
        ours.setblocking(False)
        return helper, ours

    @property
    def ending(self) -> str:
        """How it has ended, in words for a sentence; "" while it runs."""
        self._look(os.WNOHANG)
        return self._ending

    def end(self, seconds: float = 0.0) -> None:
        """Wait until it has ended, and kill it after so many seconds."""
        if seconds and not self.ending:
            _wait_for(self.pid, seconds)
        if not self.ending:
            os.kill(self.pid, signal.SIGKILL)
            self._look(0)

    def _look(self, flags: int) -> None:
        if self._ending:
            # Its number may be another's now.
            return
        try:
            pid, status = os.waitpid(self.pid, flags)
        except ChildProcessError:
            # Whoever started this process has it ignore how others end.
            self._ending = "has ended"
            return
        if pid:
            self._ending = _words(os.waitstatus_to_exitcode(status))


class HelperOwner:
    """Owns a process of this kind, one after the other; see `gvtui.monitor.tending.Tended`."""

    def __init__(self) -> None:
        self._helper: Helper | None = None

    @property
    def pid(self) -> int | None:
        """The process; None before the first has been started."""
        return self._helper.pid if self._helper is not None else None

    @property
    def ending(self) -> str:
        """How the process has ended, see `Helper.ending`."""
        return self._helper.ending if self._helper is not None else ""


def _words(code: int) -> str:
    if code >= 0:
        return f"has ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        # The signals for real-time programs have no names.
        return f"was killed by signal {-code}"


def _wait_for(pid: int, seconds: float) -> None:
    with contextlib.suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            poll.poll(seconds * 1000)
        finally:
            os.close(pidfd)
