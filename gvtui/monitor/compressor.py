"""The compressor: a separate process that compresses complete segments when nobody else needs a
processor.

It is given open files and nothing else: it can open no file, start no program, and has no
capability. So it cannot do more harm than to spoil a copy, and what it has written it reads back.
It runs only when a processor is idle: receiving and watching never wait for it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import TYPE_CHECKING

import msgpack

from gvtui.fence import seccomp
from gvtui.fence.landlock import fence, own_files
from gvtui.monitor.helper import Helper, HelperOwner
from gvtui.monitor.priority import be_last
from gvtui.monitor.rights import confine_helper
from gvtui.trace.shrinking import ShrinkAnswer, shrink_segment

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILES = 4
_MAX_MESSAGE = 4096


class Compressor(HelperOwner):
    """The receiving process's end of the compressor. Owns the process until `end`."""

    def __init__(self) -> None:
        super().__init__()
        self._channel: socket.socket | None = None
        self._asked = self._answered = self._wanted = 0
        self._answer: ShrinkAnswer | None = None

    def start(self) -> None:
        """Fork the process, in place of the one before, which has ended.

        Raises:
            OSError: no further process can be started.
        """
        self._hang_up()
        self._helper, self._channel = Helper.connected(_serve)
        self._asked = self._answered = self._wanted = 0
        self._answer = None

    @property
    def is_gone(self) -> bool:
        """Whether there is no process, or it takes nothing any more."""
        return self._channel is None

    @property
    def is_ready(self) -> bool:
        """Whether it can begin with a segment."""
        self._listen()
        return not self.is_gone and self._asked == self._answered

    def begin(self, opened: Sequence[int]) -> None:
        """Have a segment compressed: its log, the new log, its index, the new index.

        Raises:
            OSError: it cannot be asked.
        """
        if self._channel is None:
            raise BrokenPipeError(errno.EPIPE, "the process that compresses has gone")
        socket.send_fds(self._channel, [msgpack.packb(self._asked + 1)], list(opened))
        self._asked += 1
        self._wanted = self._asked
        self._answer = None

    def answer(self) -> ShrinkAnswer | None:
        """What has become of the segment, once; None while that is not known."""
        self._listen()
        if not self._wanted or self._answered < self._wanted:
            return None
        self._wanted = 0
        return self._answer

    def forget(self) -> None:
        """Take no interest in the answer any more."""
        self._wanted = 0

    def _listen(self) -> None:
        while self._channel is not None:
            try:
                data = self._channel.recv(_MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._hang_up()
                return
            self._answered, is_done, problem = msgpack.unpackb(data)
            self._answer = ShrinkAnswer(is_done, problem)

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._hang_up()
        if self._helper is not None:
            self._helper.end()


def _serve(channel: socket.socket) -> None:
    """Compress what comes until the receiving process closes its end."""
    be_last()
    confine_helper()
    with contextlib.suppress(OSError):
        fence(own_files())
    with contextlib.suppress(OSError):
        seccomp.deny()
    while True:
        data, fds, _, _ = socket.recv_fds(channel, _MAX_MESSAGE, _FILES)
        if not data:
            return
        try:
            answer = _shrunk(fds)
        finally:
            for fd in fds:
                os.close(fd)
        try:
            channel.send(msgpack.packb([msgpack.unpackb(data), *answer]))
        except OSError:
            # Whoever asked has gone.
            return


def _shrunk(fds: Sequence[int]) -> ShrinkAnswer:
    if len(fds) != _FILES:
        return ShrinkAnswer(False, "its files could not be passed on")
    try:
        return ShrinkAnswer(shrink_segment(*fds))
    except OSError as error:
        return ShrinkAnswer(False, error.strerror or str(error))
    except EOFError as error:
        return ShrinkAnswer(False, str(error))
