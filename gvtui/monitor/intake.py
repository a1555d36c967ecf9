"""Takes messages off one connection, as many at a time as lie ready."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from dataclasses import dataclass, field

from gvtui.wire.header import MAX_MESSAGE_SIZE

TURN_MESSAGES = 512
"""Messages taken in one turn: about what a sender's buffer holds, so nobody waits long."""

TURN_BYTES = 4 << 20
"""Bytes taken in one turn, for senders of huge messages."""

_EMPTY_READS = 16
"""Empty reads after the peer has gone until the connection counts as drained: an empty message
reads like the end of the connection."""

_buffer = memoryview(bytearray(MAX_MESSAGE_SIZE))


@dataclass(slots=True)
class Turn:
    """What one turn brought."""

    messages: list[tuple[int, bytes]] = field(default_factory=list)
    """Time of receipt in ns, and bytes."""
    truncated: list[tuple[int, bytes, int]] = field(default_factory=list)
    """Time of receipt, the beginning, and the real size of messages over the limit."""
    is_full: bool = False
    """The turn ended at its limit: more may lie ready."""
    ended: str = ""
    """Why the connection has ended; "" if it has not."""


def _peer_has_gone(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(0))


def take_turn(connection: socket.socket) -> Turn:
    """Take what lies ready on a non-blocking connection, up to the limits of a turn.

    A turn ends before a truncated message's successor, so that the order is kept: its messages
    came before its truncated one.
    """
    turn = Turn()
    append = turn.messages.append
    receive, clock, flags = connection.recv_into, time.time_ns, socket.MSG_TRUNC
    buffer, limit = _buffer, MAX_MESSAGE_SIZE
    size_left, empty_reads = TURN_BYTES, 0
    try:
        for _ in range(TURN_MESSAGES):
            # With MSG_TRUNC the kernel tells the real size even of what did not fit.
            size = receive(buffer, limit, flags)
            if not size:
                if _peer_has_gone(connection):
                    empty_reads += 1
                    if empty_reads >= _EMPTY_READS:
                        turn.ended = "closed by the sandbox"
                        return turn
                    continue
                append((clock(), b""))
                continue
            if size > limit:
                turn.truncated.append((clock(), bytes(buffer), size))
                turn.is_full = True
                return turn
            append((clock(), bytes(buffer[:size])))
            size_left -= size
            if size_left < 0:
                break
        turn.is_full = True
    except BlockingIOError:
        pass
    except ConnectionResetError:
        # Told once, in front of messages that still lie there.
        turn.is_full = True
    except OSError as error:
        turn.ended = f"broken: {error.strerror}"
    return turn


def send_reply(connection: socket.socket, reply: bytes) -> bool:
    """Send the handshake; False if the peer does not take it."""
    with contextlib.suppress(OSError):
        return connection.send(reply) == len(reply)
    return False
