"""The handshake with a newly connected sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from gvtui.monitor.intake import send_reply
from gvtui.wire.handshake import MAX_HANDSHAKE_SIZE, build_handshake, parse_handshake
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    import socket


async def greet(connection: socket.socket, seconds: float) -> str | None:
    """Exchange handshakes: None if it worked, else the reason ("" if the client just left).

    Args:
        connection: a non-blocking socket, which stays open.
        seconds: how long the client may take to send its handshake.
    """
    with trio.move_on_after(seconds):
        while True:
            await trio.lowlevel.wait_readable(connection.fileno())
            try:
                datagram = connection.recv(MAX_HANDSHAKE_SIZE)
                break
            except BlockingIOError:
                continue
            except OSError as error:
                return f"the connection broke before the handshake ({error.strerror})"
        if not datagram:
            return ""
        try:
            parse_handshake(datagram)
        except WireError as error:
            return str(error)
        if not send_reply(connection, build_handshake()):
            return "it did not read the answer to its handshake"
        return None
    return f"no handshake within {seconds:g} s"
