"""Sends the messages of a trace to a monitor's socket, as the sandboxes sent them."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Flag, Kind
from gvtui.wire.handshake import MAX_HANDSHAKE_SIZE, build_handshake, parse_handshake
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvtui.trace.reader import Trace

HANDSHAKE_SECONDS = 10.0
"""How many seconds a monitor may take to answer the handshake."""

_BLOCK = 4096
"""How many rows are read in one step."""

_SECOND_NS = 1_000_000_000


class SendError(GvtuiError):
    """A trace could not be sent to the end."""


@dataclass(slots=True)
class Sent:
    """How much has been sent."""

    messages: int = 0
    connections: int = 0
    skipped: int = 0
    """Messages that were left out, since the trace has only their beginning."""


class _Pace:
    """Waits until a row is due."""

    def __init__(
        self, speed: float | None, clock: Callable[[], int], sleep: Callable[[float], None]
    ) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._began: tuple[int, int] | None = None

    def wait(self, when_ns: int) -> None:
        if self._speed is None or when_ns <= 0:
            return
        if self._began is None:
            self._began = (when_ns, self._clock())
        first_ns, began_ns = self._began
        left = began_ns + (when_ns - first_ns) / self._speed - self._clock()
        if left > 0:
            self._sleep(left / _SECOND_NS)


def play(
    trace: Trace,
    endpoint: Path,
    *,
    speed: float | None = 1.0,
    clock: Callable[[], int] = time.monotonic_ns,
    sleep: Callable[[float], None] = time.sleep,
) -> Sent:
    """Send all messages of a trace, on one connection for each that was recorded.

    Messages go out in the order and at the intervals in which they were received, or in which they
    happened where the trace does not say when they were received. A slow monitor delays all
    messages after.

    Args:
        trace: the trace; the caller closes it.
        endpoint: the monitor's socket.
        speed: how many times as fast as it was; None for as fast as the monitor takes them.
        clock: gives nanoseconds.
        sleep: waits for seconds.

    Raises:
        SendError: the monitor cannot be reached, refuses, or goes away.
    """
    pace = _Pace(speed, clock, sleep)
    sent = Sent()
    sockets: dict[int, socket.socket] = {}
    try:
        for start in range(trace.first_row, trace.end_row, _BLOCK):
            stop = min(start + _BLOCK, trace.end_row)
            for row_id in range(start, stop):
                row = trace.row(row_id)
                pace.wait(row.recv_ns or row.time_ns)
                if row.kind in (Kind.OPENED, Kind.MESSAGE) and row.conn not in sockets:
                    sockets[row.conn] = connect(endpoint)
                    sent.connections += 1
                if row.kind == Kind.CLOSED and row.conn in sockets:
                    sockets[row.conn].close()
                if row.kind != Kind.MESSAGE:
                    continue
                if row.flags & Flag.TRUNCATED:
                    sent.skipped += 1
                    continue
                with contextlib.suppress(DamagedError):
                    _send(sockets[row.conn], trace.payload(row_id), endpoint, sent)
    finally:
        for connection in sockets.values():
            connection.close()
    return sent


def connect(endpoint: Path) -> socket.socket:
    """Connect to a monitor and exchange handshakes; the caller closes the socket.

    Raises:
        SendError: there is no monitor, or it does not answer as one.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(HANDSHAKE_SECONDS)
        connection.connect(str(endpoint))
        connection.send(build_handshake())
        answer = connection.recv(MAX_HANDSHAKE_SIZE)
        if not answer:
            raise ConnectionResetError
        parse_handshake(answer)
        connection.settimeout(None)
    except TimeoutError as error:
        connection.close()
        raise SendError(
            f"the monitor at {endpoint} has not answered for {HANDSHAKE_SECONDS:g} s"
        ) from error
    except WireError as error:
        connection.close()
        raise SendError(f"what answers at {endpoint} is no monitor: {error}") from error
    except (BrokenPipeError, ConnectionResetError) as error:
        connection.close()
        raise SendError(
            f"the monitor at {endpoint} refused the connection; see what it says, as it does where "
            "one process has too many (gvtui help limits)"
        ) from error
    except OSError as error:
        connection.close()
        raise SendError(f"no monitor answers at {endpoint}: {error.strerror or error}") from error
    return connection


def _send(connection: socket.socket, datagram: bytes, endpoint: Path, sent: Sent) -> None:
    try:
        connection.send(datagram)
    except OSError as error:
        raise SendError(
            f"the monitor at {endpoint} took {sent.messages:,} of the messages and then no more: "
            f"{error.strerror or error}"
        ) from error
    sent.messages += 1
