"""Accepts sandboxes, and lets them wait where there are too many."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from gvtui.monitor.control import Control
    from gvtui.monitor.listener import Listener

MAX_CONNECTIONS = 4096
"""Connections at once; further ones wait in the kernel's queue."""

_OVERLOADED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_REST_SECONDS = 0.1
"""Time until it is tried again where nobody can be accepted now."""


async def accept_sandboxes(
    listener: Listener,
    control: Control,
    serve: Callable[[socket.socket], Awaitable[None]],
    *,
    most: int = MAX_CONNECTIONS,
) -> None:
    """Accept for ever, and serve each connection in a task of its own.

    Args:
        listener: stays the caller's.
        control: is told when the machine has no room for a connection.
        serve: takes the connection over, which does not block, and closes it.
        most: connections at once.
    """
    listening = listener.socket
    async with trio.open_nursery() as nursery:
        while True:
            await trio.lowlevel.wait_readable(listening.fileno())
            if len(nursery.child_tasks) >= most:
                await trio.sleep(_REST_SECONDS)
                continue
            try:
                connection, _ = listening.accept()
            except BlockingIOError:
                continue
            except OSError as error:
                if error.errno not in _OVERLOADED and error.errno != errno.ECONNABORTED:
                    raise
                control.log("warning", f"a sandbox waits: {error.strerror}")
                await trio.sleep(_REST_SECONDS)
                continue
            connection.setblocking(False)
            nursery.start_soon(serve, connection)
