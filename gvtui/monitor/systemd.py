"""What systemd and a service of its type `notify` tell each other.

Sources: sd_notify(3), sd_listen_fds(3), systemd.service(5), and for the store that keeps descriptors
while a service starts anew sd_pid_notify_with_fds(3).
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gvtui.monitor.listener import MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

_FIRST_FD = 3
_MOST_DIGITS = 20
"""Of a number of 64 bits."""

LISTENER_NAME = "gvtui-listener"
"""The name in the store of the socket that sandboxes connect to."""
CONNECTION_PREFIX = "gvtui-connection-"
"""With what the names of connections begin there."""

_OTHER_SOCKET = (
    "the socket that systemd hands over is not one of sandboxes: the unit needs "
    "ListenSequentialPacket="
)


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
        self._pause = _number(usec) / 2e6 if is_ours else 0.0
        self._clock = clock
        self._beat_at = clock()

    @property
    def is_heard(self) -> bool:
        """Whether there is a service manager."""
        return bool(self._address)

    def say(self, *assignments: str) -> None:
        """Send assignments such as `READY=1`; that nobody listens is no error."""
        with contextlib.suppress(OSError):
            self._send(assignments)

    def keep(self, fd: int, name: str) -> bool:
        """Have a copy of a descriptor kept for the next start of the service, until `forget`.

        Returns:
            False if the manager is busy, and is to be told again.
        """
        # Of a connection that its sandbox has closed, messages may wait still.
        return self._is_told(("FDSTORE=1", f"FDNAME={name}", "FDPOLL=0"), fd)

    def forget(self, name: str) -> bool:
        """Have a descriptor kept no more; returns as `keep` does."""
        return self._is_told(("FDSTOREREMOVE=1", f"FDNAME={name}"))

    def _is_told(self, assignments: Sequence[str], *fds: int) -> bool:
        try:
            self._send(assignments, fds)
        except BlockingIOError:
            return False
        except OSError:
            # Nobody listens any more.
            return True
        return True

    def _send(self, assignments: Sequence[str], fds: Sequence[int] = ()) -> None:
        if not self._address:
            return
        # A name that begins with @ is an abstract one.
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        with socket.socket(socket.AF_UNIX, kind) as channel:
            channel.connect(address)
            data = "\n".join(assignments).encode("utf-8", "replace")
            if fds:
                socket.send_fds(channel, [data], fds)
            else:
                channel.send(data)

    def beat(self, status: str) -> None:
        """Tell that all is well, twice in the time after which the manager would restart the
        service; to be called often, and only while all is well."""
        now = self._clock()
        if self._pause and now - self._beat_at >= self._pause:
            self._beat_at = now
            self.say("WATCHDOG=1", f"STATUS={status}")


@dataclass(slots=True)
class HandedOver:
    """The sockets that the service manager hands over."""

    listener: int | None = None
    """The one that a socket unit has made; None without such a unit."""
    kept_listener: int | None = None
    """The one that the monitor before has made and had kept."""
    connections: list[tuple[int, str]] = field(default_factory=list)
    """Connections of sandboxes that it had kept, with the names it gave them."""


def handed_over(environment: MutableMapping[str, str] = os.environ) -> HandedOver:
    """What the service manager hands over; nothing if this process has none.

    Raises:
        MonitorError: it hands over something else.
    """
    pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    found = HandedOver()
    if pid != str(os.getpid()):
        return found
    for place in range(_number(count)):
        fd, name = _FIRST_FD + place, names[place] if place < len(names) else ""
        try:
            os.set_inheritable(fd, False)
        except OSError as error:
            raise MonitorError(
                f"LISTEN_FDS says that systemd hands over {count} descriptors, and descriptor {fd} "
                "is not there"
            ) from error
        listens = _is_listening(fd)
        if not listens and name.startswith(CONNECTION_PREFIX):
            found.connections.append((fd, name))
        elif not listens:
            raise MonitorError(_OTHER_SOCKET)
        elif name == LISTENER_NAME:
            found.kept_listener = fd
        elif found.listener is None:
            found.listener = fd
        else:
            raise MonitorError(
                "systemd hands over 2 sockets or more; one ListenSequentialPacket= is enough"
            )
    return found


def _number(text: str) -> int:
    """The number that a variable tells; 0 for what is none, or larger than any that systemd sets."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _is_listening(fd: int) -> bool:
    """Whether a socket listens, of those that sandboxes use.

    Raises:
        MonitorError: it is none of these.
    """
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        raise MonitorError("what systemd hands over is no socket")
    with socket.socket(fileno=os.dup(fd)) as handed:
        if handed.family != socket.AF_UNIX or handed.type != socket.SOCK_SEQPACKET:
            raise MonitorError(_OTHER_SOCKET)
        return bool(handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
