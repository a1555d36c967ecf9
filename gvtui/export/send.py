"""Sends the messages of a trace to a monitor's socket, as the sandboxes sent them."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
import termios
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.trace.elapsed import Elapsed
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
_LONGEST_SECONDS = 9e9
"""For how long one can sleep at most: 285 years."""

_READ_SECONDS = 60.0
"""How many seconds a monitor may take to read what was sent before the next is sent elsewhere."""
_CLOSE_SECONDS = 10.0
"""How many seconds a monitor may take to notice that a connection ends."""
_LOOK_SECONDS = 0.0002
"""Seconds between two looks whether it has."""


class SendError(GvtuiError):
    """A trace could not be sent to the end."""


@dataclass(slots=True)
class Sent:
    """How much has been sent."""

    messages: int = 0
    connections: int = 0
    skipped: int = 0
    """Messages that were left out, since the trace has only their beginning."""
    marks: int = 0
    """Trace marks that were left out: sessions, gaps, notes."""


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
            self._sleep(min(left / _SECOND_NS, _LONGEST_SECONDS))


class _Connections:
    """The connections to the monitor, by their numbers in the trace."""

    def __init__(self, endpoint: Path, *, in_order: bool) -> None:
        self._endpoint = endpoint
        self._in_order = in_order
        self._open: dict[int, socket.socket] = {}
        self._last: socket.socket | None = None
        """The connection that was sent on last, as long as the monitor may not have read all of it."""

    def open(self, conn: int) -> bool:
        """Connect, unless the connection is there; whether it is new."""
        if conn in self._open:
            return False
        self.settle()
        self._open[conn] = connect(self._endpoint)
        return True

    def send(self, conn: int, datagram: bytes, sent: Sent) -> None:
        """Send on a connection that is there; what was sent on others has been read before."""
        connection = self._open[conn]
        if self._last is not connection:
            self.settle()
        _send(connection, datagram, self._endpoint, sent)
        self._last = connection

    def close(self, conn: int) -> None:
        """End a connection, if it is there."""
        connection = self._open.pop(conn, None)
        if connection is None:
            return
        self.settle()
        if self._in_order:
            # A monitor that has noticed the end closes its side.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(_CLOSE_SECONDS)
                connection.recv(1)
        connection.close()

    def close_all(self) -> None:
        """End all connections."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def settle(self) -> None:
        """Wait until the monitor has read what was sent, if the order over connections is kept."""
        last, self._last = self._last, None
        if last is None or not self._in_order:
            return
        deadline = time.monotonic() + _READ_SECONDS
        while _unread_bytes(last) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)


def _unread_bytes(connection: socket.socket) -> int:
    """How much of what was sent the other side has not read; 0 where the system does not tell."""
    try:
        told = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int(struct.unpack("i", told)[0])


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
    happened where the trace does not say when they were received; a clock that was set makes no
    difference. A slow monitor delays all messages after. At a pace the order over all connections is kept too: a monitor that reads them
    in turn has read what was sent on one before anything is sent on another. Drops go along, as
    each message has the count of those before it.

    Args:
        trace: the trace; the caller closes it.
        endpoint: the monitor's socket.
        speed: how many times as fast as it was; None for as fast as the monitor takes them.
        clock: gives nanoseconds.
        sleep: waits for seconds.

    Raises:
        SendError: the monitor cannot be reached, refuses, or goes away.
    """
    pace, elapsed = _Pace(speed, clock, sleep), Elapsed(trace, trace.first_row)
    sent = Sent()
    connections = _Connections(endpoint, in_order=speed is not None)
    try:
        for start in range(trace.first_row, trace.end_row, _BLOCK):
            stop = min(start + _BLOCK, trace.end_row)
            times = elapsed.read(stop).tolist()
            for row_id in range(start, stop):
                row = trace.row(row_id)
                pace.wait(times[row_id - start])
                if row.kind in (Kind.OPENED, Kind.MESSAGE):
                    sent.connections += connections.open(row.conn)
                if row.kind == Kind.CLOSED:
                    connections.close(row.conn)
                sent.marks += row.kind == Kind.MARK
                if row.kind != Kind.MESSAGE:
                    continue
                if row.flags & Flag.TRUNCATED:
                    sent.skipped += 1
                    continue
                with contextlib.suppress(DamagedError):
                    connections.send(row.conn, trace.payload(row_id), sent)
        connections.settle()
    finally:
        connections.close_all()
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
