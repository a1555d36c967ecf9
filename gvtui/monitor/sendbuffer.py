"""Gives a sandbox more room for what it has sent and the monitor has not taken yet.

How much a Unix socket holds is up to the sender: by default about 280 messages, a few
milliseconds of a busy sandbox. What does not fit is dropped. The connection is made by the `runsc`
command, which then waits for the answer to its handshake, so at that moment its socket can be
borrowed (pidfd_getfd(2)) and its send buffer enlarged, before the sandbox gets it. That also lets
messages through that are larger than the buffer was.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from itertools import islice
from pathlib import Path

_SYS_PIDFD_GETFD = 438
"""The same on all architectures: pidfd_getfd(2), Linux 5.6."""
_SO_SNDBUFFORCE = 32
"""socket(7); like SO_SNDBUF, but not bounded by net.core.wmem_max."""

_NEEDED_RIGHTS = 1 << 12 | 1 << 19
"""CAP_NET_ADMIN and CAP_SYS_PTRACE (capabilities(7))."""

_MAX_DESCRIPTORS = 256
"""Descriptors of the peer that are looked at; `runsc` has a few dozen at most."""


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
    ours = connection.getsockname()
    # A peer may have several connections to us; which of them is this one cannot be told.
    sizes: list[int] = []
    with contextlib.suppress(OSError):
        pidfd = os.pidfd_open(peer_pid)
        try:
            for number in _socket_numbers(peer_pid):
                with contextlib.suppress(OSError), _borrow(pidfd, number) as borrowed:
                    if _is_connected_to(borrowed, ours):
                        sizes.append(_set_size(borrowed, size))
        finally:
            os.close(pidfd)
    return min(sizes, default=0)


def may_enlarge() -> bool:
    """Whether this process has the rights that `enlarge_send_buffer` needs for any sandbox."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return int(value, 16) & _NEEDED_RIGHTS == _NEEDED_RIGHTS
    return False


def _socket_numbers(pid: int) -> list[int]:
    """Numbers of a process's descriptors that are sockets."""
    numbers = []
    with os.scandir(f"/proc/{pid}/fd") as links:
        for link in islice(links, _MAX_DESCRIPTORS):
            with contextlib.suppress(OSError):
                if os.readlink(link.path).startswith("socket:"):
                    numbers.append(int(link.name))
    return numbers


def _borrow(pidfd: int, number: int) -> socket.socket:
    """A descriptor of our own for another process's socket."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    fd = call(_SYS_PIDFD_GETFD, pidfd, number, 0)
    if fd < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return socket.socket(fileno=fd)


def _is_connected_to(borrowed: socket.socket, address: str | bytes) -> bool:
    return (
        borrowed.family == socket.AF_UNIX
        and borrowed.type & 0xF == socket.SOCK_SEQPACKET
        and borrowed.getpeername() == address
    )


def _set_size(borrowed: socket.socket, size: int) -> int:
    before = borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    if before < size:
        # The kernel doubles what it is asked for.
        try:
            borrowed.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, size // 2)
        except PermissionError:
            borrowed.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size // 2)
    return borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
