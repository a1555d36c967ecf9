"""Enlarges the send buffer of a sandbox's connection.

The sender's buffer limits how much a Unix socket holds: by default about 280 messages, a few
milliseconds of a busy sandbox. Messages that do not fit are dropped. The `runsc` command connects
and then waits for the answer to its handshake, so at that moment the monitor can borrow its socket
(pidfd_getfd(2)) and enlarge the send buffer, before the sandbox gets the socket. Larger messages
can then be sent too.

A peer may replace its socket by another file at any moment. So the monitor changes a borrowed
descriptor only if the kernel names it as the other end of this very connection, and always closes
it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import stat
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.fence.kernel import syscall
from gvtui.monitor.sockdiag import cookie_of, other_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.monitor.sockdiag import End

_SYS_PIDFD_GETFD = 438
"""The sysno of pidfd_getfd(2), the same on all architectures; since Linux 5.6."""
_SO_SNDBUFFORCE = 32
"""socket(7): like SO_SNDBUF, but not limited by net.core.wmem_max."""

_NEEDED_RIGHTS = 1 << 12 | 1 << 19
"""CAP_NET_ADMIN and CAP_SYS_PTRACE (capabilities(7))."""

_MAX_DESCRIPTORS = 256
"""How many of the peer's descriptors are searched; `runsc` has a few dozen at most."""

_TRIES = 3
"""How often the socket is searched again if the peer has replaced it."""


def enlarge_send_buffer(connection: socket.socket, peer_pid: int, size: int) -> int:
    """Enlarge the send buffer at the other end of `connection`.

    This needs the permission to inspect the peer (as for ptrace) and, for more than the machine's
    limit (net.core.wmem_max), CAP_NET_ADMIN: root has both.

    Args:
        connection: a connection accepted from the process `peer_pid`.
        peer_pid: the pid of the peer, which must still have its end open.
        size: the wanted size in bytes of kernel memory.

    Returns:
        The buffer's size now, in bytes; 0 if it could not be reached and is unchanged.
    """
    wanted = other_end(connection)
    if wanted is None:
        return 0
    with contextlib.suppress(OSError):
        pidfd = os.pidfd_open(peer_pid)
        try:
            for _ in range(_TRIES):
                number = _number_of(wanted, peer_pid)
                if number is None:
                    return 0
                with _borrowed(pidfd, number) as fd:
                    if has := _enlarge(fd, wanted, size):
                        return has
        finally:
            os.close(pidfd)
    return 0


def may_enlarge() -> bool:
    """Whether this process has the capabilities that `enlarge_send_buffer` needs."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return int(value, 16) & _NEEDED_RIGHTS == _NEEDED_RIGHTS
    return False


def _number_of(wanted: End, pid: int) -> int | None:
    """The number of a socket among a process's descriptors; None if it is not found."""
    with os.scandir(f"/proc/{pid}/fd") as links:
        for link in islice(links, _MAX_DESCRIPTORS):
            with contextlib.suppress(OSError):
                if os.readlink(link.path) == f"socket:[{wanted.inode}]":
                    return int(link.name)
    return None


@contextlib.contextmanager
def _borrowed(pidfd: int, number: int) -> Iterator[int]:
    """A duplicate of another process's descriptor, closed at the end.

    Raises:
        OSError: there is no such descriptor, or this process lacks the permission.
    """
    fd = syscall(_SYS_PIDFD_GETFD, ctypes.c_int(pidfd), ctypes.c_int(number), ctypes.c_uint32(0))
    try:
        yield fd
    finally:
        os.close(fd)


def _enlarge(fd: int, wanted: End, size: int) -> int:
    """Enlarge the buffer of a borrowed socket; gives its size, or 0 if it is another socket."""
    info = os.fstat(fd)
    if not stat.S_ISSOCK(info.st_mode) or info.st_ino != wanted.inode:
        return 0
    borrowed = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, fileno=fd)
    try:
        return _set_size(borrowed, size) if cookie_of(borrowed) == wanted.cookie else 0
    finally:
        # The caller closes the descriptor.
        borrowed.detach()


def _set_size(borrowed: socket.socket, size: int) -> int:
    before = borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    if before < size:
        # The kernel doubles the given size.
        try:
            borrowed.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, size // 2)
        except PermissionError:
            borrowed.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size // 2)
    return borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
