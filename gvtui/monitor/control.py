"""The monitor's end of the control channel; `gvtui.monitor.options` lists its messages."""

from __future__ import annotations

import errno
import socket
import zlib
from collections import deque
from typing import Any

import msgpack

from gvtui.trace.details import MAX_DETAILS, unpack_details

MAX_CONTROL_BYTES = 1 << 20
"""The largest control message in bytes, enough for a session with all points."""

MAX_UNSENT = 1000
"""How many messages are kept for a viewer that does not read; the oldest are dropped."""

_MAX_CONN = (1 << 32) - 1


def mark_in(message: dict[str, Any]) -> tuple[dict[str, Any], int] | None:
    """The details and the connection of a mark that a viewer wants written.

    Returns:
        None if it is none: the details are damaged or too large, or no connection has that number.
    """
    packed, conn = message.get("details"), message.get("conn") or 0
    if not isinstance(packed, bytes) or not isinstance(conn, int) or not 0 <= conn <= _MAX_CONN:
        return None
    # A few bytes may become very many.
    unpacking = zlib.decompressobj()
    try:
        details = unpack_details(unpacking.decompress(packed, MAX_DETAILS))
    except zlib.error:
        return None
    return (details, int(conn)) if details and unpacking.eof else None


class Control:
    """Talks to the viewer without ever waiting for it. The caller closes the channel."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._unsent: deque[bytes] = deque(maxlen=MAX_UNSENT)

    def say(self, kind: str, **details: Any) -> None:  # noqa: ANN401
        """Send one message, or queue it if the viewer does not read."""
        self._unsent.append(msgpack.packb({"kind": kind, **details}))
        self.flush()

    def log(self, level: str, text: str) -> None:
        """Send a line for the user; the level is `info`, `warning` or `error`."""
        self.say("log", level=level, text=text)

    def flush(self) -> None:
        """Send queued messages, as far as the viewer reads."""
        while self._unsent:
            try:
                self._channel.send(self._unsent[0])
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.EMSGSIZE:
                    self._unsent.clear()
                    return
                # No viewer can ever read this one.
            self._unsent.popleft()

    @property
    def is_read(self) -> bool:
        """Whether nothing waits to be sent."""
        return not self._unsent

    @property
    def is_alone(self) -> bool:
        """Whether the viewer has gone."""
        try:
            return self._channel.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    async def receive(self) -> dict[str, Any] | None:
        """The next message of the viewer; None when the viewer has gone."""
        # Here, since viewers say things by the same class, and load no event loop for that.
        import trio

        while True:
            await trio.lowlevel.wait_readable(self._channel.fileno())
            try:
                data = self._channel.recv(MAX_CONTROL_BYTES)
            except (BlockingIOError, ConnectionResetError):
                # A viewer that left without having read all: what it had sent comes after that.
                continue
            except OSError:
                return None
            if not data:
                return None
            message = msgpack.unpackb(data)
            if isinstance(message, dict):
                return message
