"""The service manager's store of descriptors, which keeps connections while a monitor starts anew.

The receiving process has the connections, and the process that keeps the monitor speaks with the
manager. So each descriptor goes from the one to the other, with its name, and from there to the
store; a name without a descriptor takes it out again. Nobody waits: what cannot be passed on now is
passed on later, in the same order.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.systemd import Notifier

_MAX_NAME = 255
"""Characters of the longest name that systemd takes."""
_LAST_SECONDS, _PAUSE_SECONDS = 2.0, 0.02
"""How long a busy manager is asked at the end, and between two tries."""


class _Pending:
    """Descriptors on their way, each with its name; -1 for one that is to be taken out."""

    def __init__(self, tell: Callable[[int, str], bool]) -> None:
        """Begin.

        Args:
            tell: passes one on; False if that cannot be done now.
        """
        self._tell = tell
        self._waiting: deque[tuple[int, str]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, fd: int, name: str) -> None:
        """Pass one on, now or later; the descriptor is closed here when that is done."""
        if fd < 0 and self._waits_no_more(name):
            return
        self._waiting.append((fd, name))
        self.flush()

    def _waits_no_more(self, name: str) -> bool:
        """Close what waits under a name that is to be taken out; False if nothing does."""
        for place in reversed(range(len(self._waiting))):
            fd, known = self._waiting[place]
            if known == name:
                if fd >= 0:
                    del self._waiting[place]
                    os.close(fd)
                return True
        return False

    def flush(self) -> bool:
        """Pass on what waits; whether nothing waits any more."""
        while self._waiting:
            fd, name = self._waiting[0]
            if not self._tell(fd, name):
                return False
            self._waiting.popleft()
            if fd >= 0:
                os.close(fd)
        return True


class Storing:
    """The receiving process's end: says what is to be kept. Does nothing without a channel."""

    def __init__(self, channel: socket.socket | None = None) -> None:
        """Begin; the channel stays the caller's."""
        self._channel = channel
        if channel is not None:
            channel.setblocking(False)
        self._pending = _Pending(self._send)

    @property
    def is_on(self) -> bool:
        """Whether anything is kept."""
        return self._channel is not None

    def keep(self, name: str, kept: socket.socket) -> None:
        """Have a socket kept until `let_go`."""
        if self._channel is not None:
            # Without a descriptor for the copy it is not kept, and received all the same.
            with contextlib.suppress(OSError):
                self._pending.put(os.dup(kept.fileno()), name)

    def let_go(self, name: str) -> None:
        """Have it kept no more."""
        if self._channel is not None:
            self._pending.put(-1, name)

    def flush(self) -> None:
        """Pass on what could not be passed on before; to be called now and then."""
        self._pending.flush()

    def _send(self, fd: int, name: str) -> bool:
        assert self._channel is not None
        try:
            socket.send_fds(self._channel, [name.encode()], [fd] if fd >= 0 else [])
        except BlockingIOError:
            return False
        except OSError:
            # Nobody keeps the monitor any more, or the kernel does not let it pass.
            return True
        return True


class DescriptorStore:
    """The keeping process's end: passes on to the manager what the monitor wants kept.

    Owns both ends of the channel until `close`.
    """

    def __init__(self, notifier: Notifier) -> None:
        """Begin.

        Args:
            notifier: speaks with the service manager.
        """
        self._notifier = notifier
        self._channel, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.setblocking(False)
        self._pending = _Pending(self._tell)

    @property
    def fd(self) -> int:
        """The descriptor for the receiving process, which makes its `Storing` of it."""
        return self._theirs.fileno()

    def turn(self) -> bool:
        """Pass on what has come; never waits. Whether all has been passed on."""
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self._channel, _MAX_NAME, 1)
            except OSError:
                break
            if not data:
                break
            self._pending.put(fds[0] if fds else -1, data.decode())
        return self._pending.flush()

    def forget(self, name: str) -> None:
        """Have something kept no more."""
        self._pending.put(-1, name)

    def close(self) -> None:
        """Pass on the last; waits a moment for a manager that is busy."""
        deadline = time.monotonic() + _LAST_SECONDS
        while not self.turn() and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
        self._channel.close()
        self._theirs.close()

    def _tell(self, fd: int, name: str) -> bool:
        return self._notifier.keep(fd, name) if fd >= 0 else self._notifier.forget(name)
