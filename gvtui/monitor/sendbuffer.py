"""Gives a sandbox more room for what it has sent and the monitor has not taken yet.

How much a Unix socket holds is up to the sender: by default about 280 messages, a few
milliseconds of a busy sandbox. What does not fit is dropped. The connection is made by the `runsc`
command, which then waits for the answer to its handshake, so at that moment its socket can be
borrowed (pidfd_getfd(2)) and its send buffer enlarged, before the sandbox gets it. That also lets
messages through that are larger than the buffer was.

A peer may put another file in the place of its socket at any moment. So what was borrowed is
changed only if it is the socket that the kernel names as the other end of this very connection,
and it is given back whatever comes.
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

from gvtui.monitor.kernel import syscall
from gvtui.monitor.sockdiag import cookie_of, other_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.monitor.sockdiag import End

_SYS_PIDFD_GETFD = 438
"""The same on all architectures: pidfd_getfd(2), Linux 5.6."""
_SO_SNDBUFFORCE = 32
"""socket(7); like SO_SNDBUF, but not bounded by net.core.wmem_max."""

_NEEDED_RIGHTS = 1 << 12 | 1 << 19
"""CAP_NET_ADMIN and CAP_SYS_PTRACE (capabilities(7))."""

_MAX_DESCRIPTORS = 256
"""Descriptors of the peer that are looked at; `runsc` has a few dozen at most."""

_TRIES = 3
"""How often the socket is looked for where the peer has put something else in its place."""


def enlarge_send_buffer(connection: socket.socket, peer_pid: int, size: int) -> int:
    """Enlarge the send buffer at the other end of `connection`.

    Needs the right to look into the peer (as ptrace does) and, for more than the machine's limit
    (net.core.wmem_max), CAP_NET_ADMIN: root has both.

    Args:
        connection: a connection accepted from the process `peer_pid`.
        peer_pid: that process, which must still hold its end.
        size: bytes of kernel memory wanted.

    Returns:
        Bytes the buffer has now; 0 if it could not be reached and is as it was.
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
    """Whether this process has the rights that `enlarge_send_buffer` needs for any sandbox."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return int(value, 16) & _NEEDED_RIGHTS == _NEEDED_RIGHTS
    return False


def _number_of(wanted: End, pid: int) -> int | None:
    """The number that a socket has among a process's descriptors; None if it is not found."""
    with os.scandir(f"/proc/{pid}/fd") as links:
        for link in islice(links, _MAX_DESCRIPTORS):
            with contextlib.suppress(OSError):
                if os.readlink(link.path) == f"socket:[{wanted.inode}]":
                    return int(link.name)
    return None


@contextlib.contextmanager
def _borrowed(pidfd: int, number: int) -> Iterator[int]:
    """A descriptor of our own for what another process has open, whatever it is.

    Raises:
        OSError: there is nothing of that number, or this process has not the right.
    """
    fd = syscall(_SYS_PIDFD_GETFD, ctypes.c_int(pidfd), ctypes.c_int(number), ctypes.c_uint32(0))
    try:
        yield fd
    finally:
        os.close(fd)


def _enlarge(fd: int, wanted: End, size: int) -> int:
    """Bytes that the buffer of a borrowed socket has now; 0 if it is another one."""
    info = os.fstat(fd)
    if not stat.S_ISSOCK(info.st_mode) or info.st_ino != wanted.inode:
        return 0
    borrowed = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, fileno=fd)
    try:
        return _set_size(borrowed, size) if cookie_of(borrowed) == wanted.cookie else 0
    finally:
        # The descriptor is the borrower's to close.
        borrowed.detach()


def _set_size(borrowed: socket.socket, size: int) -> int:
    before = borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    if before < size:
        # The kernel doubles what it is asked for.
        try:
            borrowed.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, size // 2)
        except PermissionError:
            borrowed.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size // 2)
    return borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
