"""Accepts connections of sandboxes; closes those at once that exceed a limit."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

import trio

from gvtui.monitor.admission import peer_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from gvtui.monitor.admission import Admission, Peer
    from gvtui.monitor.control import Control
    from gvtui.monitor.listener import Listener

_NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}
_NO_MEMORY = {errno.ENOBUFS, errno.ENOMEM}
_REST_SECONDS = 0.1
"""Seconds until the next attempt if nothing can be accepted now."""

_REFUSALS_IN_A_ROW = 64
_BREATH_SECONDS = 0.005
"""Seconds of rest after many refusals, so that they do not use up the processor."""


async def accept_sandboxes(
    listener: Listener,
    control: Control,
    admission: Admission,
    serve: Callable[[socket.socket, Peer], Awaitable[None]],
) -> None:
    """Accept connections for ever, and serve each in a task of its own.

    Args:
        listener: the listener, which the caller closes.
        control: gets a warning if the machine cannot accept a connection.
        admission: decides whether a connection is allowed.
        serve: takes over the connection, which is non-blocking, and closes it.
    """
    refused = 0
    with _Spare() as spare:
        async with trio.open_nursery() as nursery:

            async def serve_one(connection: socket.socket, peer: Peer) -> None:
                try:
                    await serve(connection, peer)
                finally:
                    admission.leave(peer)

            while True:
                listening = listener.socket
                try:
                    await trio.lowlevel.wait_readable(listening.fileno())
                except trio.ClosedResourceError:
                    # It was made anew.
                    continue
                if refused >= _REFUSALS_IN_A_ROW:
                    refused = 0
                    await trio.sleep(_BREATH_SECONDS)
                try:
                    connection, _ = listening.accept()
                except BlockingIOError:
                    continue
                except OSError as error:
                    if error.errno in _NO_DESCRIPTORS:
                        if spare.refuse(listening, admission):
                            refused += 1
                            continue
                    elif error.errno not in _NO_MEMORY and error.errno != errno.ECONNABORTED:
                        raise
                    control.log("warning", f"a sandbox waits: {error.strerror}")
                    await trio.sleep(_REST_SECONDS)
                    continue
                peer = peer_of(connection)
                if not admission.enter(peer):
                    connection.close()
                    refused += 1
                    continue
                refused = 0
                connection.setblocking(False)
                nursery.start_soon(serve_one, connection, peer)


class _Spare:
    """A descriptor reserved for accepting and closing a connection when there is no other, since a
    peer that is not accepted waits for ever."""

    def __init__(self) -> None:
        self._fd = -1
        self._open()

    def __enter__(self) -> _Spare:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def refuse(self, listening: socket.socket, admission: Admission) -> bool:
        """Accept and close a waiting connection; False if that was not possible."""
        self._close()
        try:
            connection, _ = listening.accept()
        except OSError:
            return False
        else:
            peer = peer_of(connection)
            connection.close()
            admission.refuse(peer, "descriptors", "the machine or this process has no descriptor")
            return True
        finally:
            self._open()

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            self._fd = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
