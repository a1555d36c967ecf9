"""Receives messages of a connection, many at a time.

One system call, recvmmsg(2), receives many messages, which halves the cost.
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

from gvtui.trace.connections import CLOSED_BY_SANDBOX
from gvtui.wire.header import MAX_MESSAGE_SIZE

if TYPE_CHECKING:
    import socket

BATCH_MESSAGES = 512
"""How many messages one system call receives at most."""

TURN_MESSAGES = 1024
"""Messages in one turn: a few milliseconds of work, so nobody waits long."""

_SHORT_BYTES = 512
"""How many bytes of each message are stored beside its neighbours. Most messages are not longer, so
a batch stays in the processor's caches."""

_MSG_TRUNC = 0x20
_MSG_DONTWAIT = 0x40
_FLAGS = _MSG_TRUNC | _MSG_DONTWAIT
"""With MSG_TRUNC the kernel gives the full size of a message that did not fit."""


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
    """The beginning of a message that is longer than the limit."""

    recv_ns: int
    beginning: bytes
    real_size: int


@dataclass(slots=True)
class Turn:
    """The result of one turn."""

    parts: list[Received | Truncated] = field(default_factory=list)
    """The messages, in the order of receipt."""
    is_full: bool = False
    """Whether the turn ended at its limit, so that more messages may be waiting."""
    ended: str = ""
    """Why the connection has closed; "" if it has not."""

    @property
    def messages(self) -> int:
        """How many messages were received."""
        return sum(len(p.datagrams) if isinstance(p, Received) else 1 for p in self.parts)


class Intake:
    """The buffers for receiving, which all connections use in turn.

    Memory that no message has reached is never allocated.
    """

    def __init__(
        self,
        batch: int = BATCH_MESSAGES,
        limit: int = MAX_MESSAGE_SIZE,
        turn: int = TURN_MESSAGES,
    ) -> None:
        """Set up buffers.

        Args:
            batch: messages that one system call takes.
            limit: bytes of the largest message that is taken in whole.
            turn: messages in one turn.
        """
        self._turn = turn
        self._batch = batch = min(batch, turn)
        self._limit = limit
        self._short = min(_SHORT_BYTES, limit)
        self._long = limit - self._short
        self._beginnings = _anonymous_memory(batch * self._short)
        self._endings = _anonymous_memory(max(1, batch * self._long))
        self._offsets = [place * self._short for place in range(batch)]
        self._vectors = (_IoVec * (2 * batch))()
        self._headers = (_MessageHeader * batch)()
        size = ctypes.sizeof(_IoVec)
        parts = [(_address(self._beginnings), self._short), (_address(self._endings), self._long)]
        for place in range(batch):
            for part, (base, length) in enumerate(parts):
                vector = self._vectors[2 * place + part]
                vector.base, vector.length = base + place * length, length
            self._headers[place].vectors = ctypes.addressof(self._vectors) + 2 * place * size
            self._headers[place].vector_count = len(parts)
        words = np.frombuffer(memoryview(self._headers).cast("B"), np.uint32)
        width = ctypes.sizeof(_MessageHeader) // 4
        self._sizes = words[_MessageHeader.size.offset // 4 :: width]
        self._receive = ctypes.CDLL(None, use_errno=True).recvmmsg

    def take_turn(self, connection: socket.socket) -> Turn:
        """Receive waiting messages, up to the limits of a turn; never waits."""
        turn = Turn()
        left = self._turn
        while left > 0:
            most = min(self._batch, left)
            count = self._receive(connection.fileno(), self._headers, most, _FLAGS, None)
            now = time.time_ns()
            if count < 0:
                code = ctypes.get_errno()
                if code in (errno.EAGAIN, errno.EINTR):
                    return turn
                if code != errno.ECONNRESET:
                    turn.ended = f"broken: {os.strerror(code)}"
                    return turn
                # A reset is reported once, before messages that are still waiting.
                left -= 1
                continue
            left -= count
            sizes = self._sizes[:count].tolist()
            if not sizes[-1] and count == most and _peer_has_gone(connection):
                # At the end of a connection, receiving gives empty messages for ever.
                while sizes and not sizes[-1]:
                    sizes.pop()
                turn.ended = CLOSED_BY_SANDBOX
            self._take(turn, now, sizes)
            if turn.ended or count < most:
                return turn
        turn.is_full = True
        return turn

    def _take(self, turn: Turn, now: int, sizes: list[int]) -> None:
        if not sizes:
            return
        memory = self._beginnings
        if max(sizes) <= self._short:
            datagrams = [
                memory[offset : offset + size]
                for offset, size in zip(self._offsets, sizes, strict=False)
            ]
            turn.parts.append(Received(now, datagrams))
            return
        datagrams = []
        for place, size in enumerate(sizes):
            data = self._message(place, size)
            if size <= self._limit:
                datagrams.append(data)
                continue
            if datagrams:
                turn.parts.append(Received(now, datagrams))
                datagrams = []
            turn.parts.append(Truncated(now, data, size))
        if datagrams:
            turn.parts.append(Received(now, datagrams))
        # Memory used by long messages is released, or it would stay allocated.
        self._endings.madvise(mmap.MADV_DONTNEED)

    def _message(self, place: int, size: int) -> bytes:
        beginning, ending = place * self._short, place * self._long
        return (
            self._beginnings[beginning : beginning + min(size, self._short)]
            + self._endings[ending : ending + max(0, min(size, self._limit) - self._short)]
        )


def _anonymous_memory(size: int) -> mmap.mmap:
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        # A page is all that a message a little longer than most may cost.
        with contextlib.suppress(OSError):
            memory.madvise(mmap.MADV_NOHUGEPAGE)
    return memory


def _address(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def _peer_has_gone(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(0))


def send_reply(connection: socket.socket, reply: bytes) -> bool:
    """Send the handshake; False if the peer does not take it."""
    with contextlib.suppress(OSError):
        return connection.send(reply) == len(reply)
    return False
