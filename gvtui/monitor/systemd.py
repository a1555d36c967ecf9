"""What systemd and a service of its type `notify` tell each other.

Sources: sd_notify(3), sd_listen_fds(3), systemd.service(5).
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from typing import TYPE_CHECKING

from gvtui.monitor.listener import MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_FIRST_FD = 3


class Notifier:
    """Tells the service manager how this service is; says nothing where there is none."""

    def __init__(
        self,
        environment: MutableMapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; what the manager has set is taken away, so that no child process uses it.

        Args:
            environment: the environment of this process.
            clock: gives seconds.
        """
        self._address = environment.pop("NOTIFY_SOCKET", "")
        usec, pid = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        is_ours = not pid or pid == str(os.getpid())
        self._pause = int(usec) / 2e6 if usec.isdecimal() and is_ours else 0.0
        self._clock = clock
        self._beat_at = clock()

    def say(self, *assignments: str) -> None:
        """Send assignments such as `READY=1`; that nobody listens is no error."""
        if not self._address:
            return
        # A name that begins with @ is an abstract one.
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, kind) as channel:
            channel.sendto("\n".join(assignments).encode("utf-8", "replace"), address)

    def beat(self, status: str) -> None:
        """Tell that all is well, twice in the time after which the manager would restart the
        service; to be called often, and only while all is well."""
        now = self._clock()
        if self._pause and now - self._beat_at >= self._pause:
            self._beat_at = now
            self.say("WATCHDOG=1", f"STATUS={status}")


def listening_fd(environment: MutableMapping[str, str] = os.environ) -> int | None:
    """The listening socket that the service manager hands over; None if it does not.

    Raises:
        MonitorError: it hands over something else.
    """
    pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdecimal() or not int(count):
        return None
    if int(count) > 1:
        raise MonitorError(
            f"systemd hands over {count} sockets; one ListenSequentialPacket= is enough"
        )
    fd = _FIRST_FD
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        raise MonitorError("what systemd hands over is no socket")
    os.set_inheritable(fd, False)
    with socket.socket(fileno=os.dup(fd)) as handed:
        is_right = handed.family == socket.AF_UNIX and handed.type == socket.SOCK_SEQPACKET
        if not is_right or not handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise MonitorError(
                "the socket that systemd hands over is not one of sandboxes: the unit needs "
                "ListenSequentialPacket="
            )
    return fd
