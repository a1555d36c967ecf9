"""The thinner: a separate process that keeps what quiet sandboxes sent, so that receiving need not
wait for it.

It is forked when the receiving process has given up its rights, and so has no more than that. It
hears from it when segments of the flight recorder go soon.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import os
import select
import signal
import struct
import sys
from typing import TYPE_CHECKING

from gvtui.trace.pieces import Pieces

if TYPE_CHECKING:
    from pathlib import Path

_QUESTION = struct.Struct("<qqq")
_NICENESS = 5
"""Less than programs have: it is one segment ahead, but must not be left behind."""
_END_SECONDS = 2.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.ENOENT})
"""Errors after which the oldest just goes: the disk is full, or what was to be kept went meanwhile."""


class Thinner:
    """The receiving process's end. Owns the process until `end`."""

    def __init__(self, pid: int, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self._pid, self._pipe = pid, pipe

    @classmethod
    def start(cls, folder: Path) -> Thinner:
        """Fork the process; this process must not have threads yet.

        Args:
            folder: of the flight recorder.

        Raises:
            OSError: no further process can be started.
        """
        theirs, ours = os.pipe()
        pid = os.fork()
        if pid:
            os.close(theirs)
            return cls(pid, ours)
        code = 1
        try:
            _serve(folder, theirs)
            code = 0
        except Exception as error:
            from gvtui.faults import tell

            print(tell(error), file=sys.stderr, flush=True)
        finally:
            # The child must not run the parent's cleanup.
            os._exit(code)

    def ask(self, excess: int, limit: int, segment_bytes: int) -> None:
        """Have kept what is to be kept of the segments that go next; see `Pieces.prepare`.

        This does not wait. Where the process has gone or is far behind, the oldest goes whole.
        """
        with contextlib.suppress(OSError):
            os.write(self._pipe, _QUESTION.pack(excess, limit, segment_bytes))

    def end(self) -> None:
        """End the process; what it was about to write is not there."""
        os.close(self._pipe)
        with contextlib.suppress(OSError):
            pidfd = os.pidfd_open(self._pid)
            try:
                poll = select.poll()
                poll.register(pidfd, select.POLLIN)
                poll.poll(_END_SECONDS * 1000)
            finally:
                os.close(pidfd)
            if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)


def _serve(folder: Path, pipe: int) -> None:
    """Answer until the receiving process closes its end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Whatever else is open is the receiving process's, and must end with that.
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))
    os.nice(_NICENESS)
    gc.enable()
    pieces = Pieces(folder)
    while question := _newest(pipe):
        try:
            pieces.prepare(*question)
        except OSError as error:
            if error.errno not in _FULL:
                raise


def _newest(pipe: int) -> tuple[int, int, int] | None:
    """The last question that was asked; waits for one. None at the end."""
    data = os.read(pipe, _QUESTION.size)
    fcntl.fcntl(pipe, fcntl.F_SETFL, os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while len(data) == _QUESTION.size and (later := os.read(pipe, _QUESTION.size)):
            data = later
    fcntl.fcntl(pipe, fcntl.F_SETFL, 0)
    if len(data) < _QUESTION.size:
        return None
    excess, limit, segment_bytes = _QUESTION.unpack(data)
    return excess, limit, segment_bytes
