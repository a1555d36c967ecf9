"""Asks the kernel which socket is at the other end of a Unix connection.

It uses sock_diag(7). Unlike an address, which many sockets share, the answer identifies a single
socket: its inode, and the cookie, which the kernel never gives twice.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import NamedTuple

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_UDIAG_SHOW_PEER = 4
_UNIX_DIAG_PEER = 2
"""linux/netlink.h, linux/sock_diag.h and linux/unix_diag.h."""

_SO_COOKIE = 57
"""asm-generic/socket.h, Linux 4.12."""

_ANY_COOKIE = (1 << 64) - 1
_ANY_STATE = (1 << 32) - 1

_HEAD = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBHIIIQ")
_ANSWER = struct.Struct("=BBBBIQ")
_ATTRIBUTE = struct.Struct("=HH")
_INODE = struct.Struct("=I")
_COOKIE = struct.Struct("=Q")

_MAX_ANSWER = 4096


class End(NamedTuple):
    """One end of a connection."""

    inode: int
    cookie: int
    peer_inode: int
    """The inode of the socket at the other end; 0 if there is none."""


def other_end(connection: socket.socket) -> End | None:
    """The socket at the other end of a Unix connection.

    Returns:
        Its identity; None if the kernel does not tell it (without unix_diag, or if the other end
        was made in another network namespace), or if it is closed.
    """
    inode = os.fstat(connection.fileno()).st_ino
    try:
        with socket.socket(
            socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
        ) as diagnosis:
            ours = _ask(diagnosis, inode, cookie_of(connection))
            other = _ask(diagnosis, ours.peer_inode) if ours and ours.peer_inode else None
    except OSError:
        return None
    # Inode numbers are reused, so both ends have to name each other.
    return other if other and other.peer_inode == inode else None


def cookie_of(one: socket.socket) -> int:
    """The cookie of a socket, a number that no other socket has.

    Raises:
        OSError: the kernel has no cookies.
    """
    (cookie,) = _COOKIE.unpack(one.getsockopt(socket.SOL_SOCKET, _SO_COOKIE, _COOKIE.size))
    return int(cookie)


def _ask(diagnosis: socket.socket, inode: int, cookie: int = _ANY_COOKIE) -> End | None:
    request = _REQUEST.pack(socket.AF_UNIX, 0, 0, _ANY_STATE, inode, _UDIAG_SHOW_PEER, cookie)
    size = _HEAD.size + len(request)
    diagnosis.send(_HEAD.pack(size, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 0, 0) + request)
    # The kernel answers while the request is being sent.
    return _read(diagnosis.recv(_MAX_ANSWER, socket.MSG_DONTWAIT))


def _read(answer: bytes) -> End | None:
    if len(answer) < _HEAD.size + _ANSWER.size:
        return None
    size, kind, *_ = _HEAD.unpack_from(answer)
    if kind != _SOCK_DIAG_BY_FAMILY:
        return None
    *_, inode, cookie = _ANSWER.unpack_from(answer, _HEAD.size)
    place, peer = _HEAD.size + _ANSWER.size, 0
    while place + _ATTRIBUTE.size <= min(size, len(answer)):
        length, name = _ATTRIBUTE.unpack_from(answer, place)
        if name == _UNIX_DIAG_PEER and length == _ATTRIBUTE.size + _INODE.size:
            (peer,) = _INODE.unpack_from(answer, place + _ATTRIBUTE.size)
        place += max(_ATTRIBUTE.size, (length + 3) & ~3)
    return End(inode, cookie, peer)
