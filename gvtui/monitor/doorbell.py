"""The socket of a monitor's viewers while one viewer has the monitor for itself.

Who connects is told `coming` in place of `hello` (see `gvtui.monitor.station`); who answers `come`
wants to attach. Then the viewer gives the monitor to a process that keeps it for several.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgpack

from gvtui.monitor.listener import Listener, MonitorError
from gvtui.monitor.station import newcomers, station_path

if TYPE_CHECKING:
    import socket
    from pathlib import Path

COMING = "coming"
"""What somebody is told who connects."""
COME = "come"
"""What somebody says who wants to attach."""

_MOST_NEW = 16
"""How many who come are let in in one turn."""
_MOST_WAITING = 16
"""How many may wait before they say something; the oldest goes when one more comes."""
_MAX_MESSAGE = 1 << 8


def packed(kind: str) -> bytes:
    """A message of this kind, which says no more."""
    message: bytes = msgpack.packb({"kind": kind})
    return message


class Doorbell:
    """Hears that somebody wants to attach. Owns its socket until `close`."""

    def __init__(self, listen: Path) -> None:
        """Listen beside the socket of the sandboxes.

        Raises:
            MonitorError: the socket cannot be made.
        """
        self._listener = Listener(station_path(listen), is_renamed=True)
        self._waiting: list[socket.socket] = []

    @classmethod
    def beside(cls, listen: Path) -> Doorbell | None:
        """One beside the socket of the sandboxes; None where none can be made: then nobody attaches,
        and the monitor is as good."""
        with contextlib.suppress(MonitorError, OSError):
            return cls(listen)
        return None

    def has_rung(self) -> bool:
        """Whether somebody has asked to attach since the last call; never waits."""
        has_rung = False
        for channel in list(self._waiting):
            try:
                data = channel.recv(_MAX_MESSAGE)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            has_rung |= _kind_of(data) == COME
            self._waiting.remove(channel)
            channel.close()
        # Only then: who has answered is heard, however many come.
        self._let_in()
        return has_rung

    def _let_in(self) -> None:
        for channel in newcomers(self._listener, _MOST_NEW):
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.pop(0).close()
            channel.setblocking(False)
            with contextlib.suppress(OSError):
                channel.send(packed(COMING))
            self._waiting.append(channel)

    def close(self) -> None:
        """Let all go, and remove the socket; who has just come is told so, and comes again."""
        self._let_in()
        while self._waiting:
            self._waiting.pop().close()
        self._listener.close()


def _kind_of(data: bytes) -> Any:  # noqa: ANN401
    with contextlib.suppress(ValueError, msgpack.UnpackException):
        message = msgpack.unpackb(data, max_array_len=0, max_map_len=1)
        return message.get("kind") if isinstance(message, dict) else None
    return None
