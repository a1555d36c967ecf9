"""Takes messages off one connection, as many at a time as lie ready.

One system call, recvmmsg(2), takes many messages, which halves what receiving costs.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import select
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gvtui.wire.header import MAX_MESSAGE_SIZE

if TYPE_CHECKING:
    import socket

BATCH_MESSAGES = 128
"""Messages taken by one system call."""

TURN_BATCHES = 4
"""System calls in one turn: together about what a sender's buffer holds, so nobody waits long."""

_MSG_TRUNC = 0x20
_MSG_DONTWAIT = 0x40
_FLAGS = _MSG_TRUNC | _MSG_DONTWAIT
"""With MSG_TRUNC the kernel tells the real size even of what did not fit."""


class _IoVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _MessageHeader(ctypes.Structure):
    """`struct mmsghdr` of 64-bit Linux: `struct msghdr` with its padding, then the size received."""

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int64),
        ("size", ctypes.c_uint32),
    ]


@dataclass(frozen=True, slots=True)
class Received:
    """Messages that were received together."""

    recv_ns: int
    datagrams: list[bytes]


@dataclass(frozen=True, slots=True)
class Truncated:
    """A message longer than the limit, of which only the beginning was received."""

    recv_ns: int
    beginning: bytes
    real_size: int


@dataclass(slots=True)
class Turn:
    """What one turn brought."""

    parts: list[Received | Truncated] = field(default_factory=list)
    """In the order it came."""
    is_full: bool = False
    """The turn ended at its limit: more may lie ready."""
    ended: str = ""
    """Why the connection has ended; "" if it has not."""

    @property
    def messages(self) -> int:
        """How many messages came."""
        return sum(len(p.datagrams) if isinstance(p, Received) else 1 for p in self.parts)


class Intake:
    """Buffers for receiving, used by all connections in turn.

    Memory that no message has reached costs nothing.
    """

    def __init__(self, batch: int = BATCH_MESSAGES, limit: int = MAX_MESSAGE_SIZE) -> None:
        """Set up buffers for `batch` messages of at most `limit` bytes each."""
        self._batch = batch
        self._limit = limit
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        self._memory = mmap.mmap(-1, batch * limit, flags=private)
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            # Each buffer's first page is all that small messages touch.
            with contextlib.suppress(OSError):
                self._memory.madvise(mmap.MADV_NOHUGEPAGE)
        self._offsets = [place * limit for place in range(batch)]
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._vectors = (_IoVec * batch)()
        self._headers = (_MessageHeader * batch)()
        size = ctypes.sizeof(_IoVec)
        for place in range(batch):
            self._vectors[place].base = base + self._offsets[place]
            self._vectors[place].length = limit
            self._headers[place].vectors = ctypes.addressof(self._vectors) + place * size
            self._headers[place].vector_count = 1
        words = np.frombuffer(memoryview(self._headers).cast("B"), np.uint32)
        width = ctypes.sizeof(_MessageHeader) // 4
        self._sizes = words[_MessageHeader.size.offset // 4 :: width]
        self._receive = ctypes.CDLL(None, use_errno=True).recvmmsg

    def take_turn(self, connection: socket.socket) -> Turn:
        """Take what lies ready, up to the limits of a turn; never waits."""
        turn = Turn()
        for _ in range(TURN_BATCHES):
            count = self._receive(connection.fileno(), self._headers, self._batch, _FLAGS, None)
            now = time.time_ns()
            if count < 0:
                code = ctypes.get_errno()
                if code in (errno.EAGAIN, errno.EINTR):
                    return turn
                if code != errno.ECONNRESET:
                    turn.ended = f"broken: {os.strerror(code)}"
                    return turn
                # A reset is told once, in front of messages that still lie there.
                continue
            sizes = self._sizes[:count].tolist()
            if not sizes[-1] and count == self._batch and _peer_has_gone(connection):
                # The end of a connection reads as empty messages without end.
                while sizes and not sizes[-1]:
                    sizes.pop()
                turn.ended = "closed by the sandbox"
            self._take(turn, now, sizes)
            if turn.ended or count < self._batch:
                return turn
        turn.is_full = True
        return turn

    def _take(self, turn: Turn, now: int, sizes: list[int]) -> None:
        memory, limit = self._memory, self._limit
        if sizes and max(sizes) > limit:
            for offset, size in zip(self._offsets, sizes, strict=False):
                data = memory[offset : offset + min(size, limit)]
                part = Truncated(now, data, size) if size > limit else Received(now, [data])
                turn.parts.append(part)
            return
        datagrams = [
            memory[offset : offset + size]
            for offset, size in zip(self._offsets, sizes, strict=False)
        ]
        if datagrams:
            turn.parts.append(Received(now, datagrams))


def _peer_has_gone(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(0))


def send_reply(connection: socket.socket, reply: bytes) -> bool:
    """Send the handshake; False if the peer does not take it."""
    with contextlib.suppress(OSError):
        return connection.send(reply) == len(reply)
    return False
