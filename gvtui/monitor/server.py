"""The monitor itself: accepts sandboxes, drains them, writes the trace, talks to its viewer."""

from __future__ import annotations

import errno
import signal
import time
import zlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

import msgpack
import trio

from gvtui.monitor.intake import Intake, Received, send_reply
from gvtui.monitor.pace import Pace
from gvtui.monitor.peer import peer_details
from gvtui.monitor.priority import collect_when_idle
from gvtui.monitor.sendbuffer import enlarge_send_buffer
from gvtui.trace.marks import LostMark
from gvtui.wire.handshake import MAX_HANDSHAKE_SIZE, build_handshake, parse_handshake
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from gvtui.monitor.intake import Turn
    from gvtui.monitor.listener import Listener
    from gvtui.monitor.options import MonitorOptions
    from gvtui.trace.writer import TraceWriter

HANDSHAKE_SECONDS = 5.0
"""How long a client may take to say who it is."""

MAX_CONTROL_BYTES = 1 << 20
"""Bytes of the largest control message; large enough for a session with all points."""

MAX_CONNECTIONS = 4096
"""Connections at once; further ones wait in the kernel's queue."""

LAST_TURNS = 16
"""Turns when the monitor stops: more than what any send buffer holds, for its sandbox may go on."""

_OVERLOADED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_HOUSEKEEPING_SECONDS = 1.0
_MAX_UNSENT = 1000
_MAX_OWED = 10_000


class Control:
    """The monitor's end of the control channel. Never waits for the viewer."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._unsent: deque[bytes] = deque(maxlen=_MAX_UNSENT)

    def say(self, kind: str, **details: Any) -> None:  # noqa: ANN401
        """Send one message; if the viewer is stuck it waits here, and the oldest go."""
        self._unsent.append(msgpack.packb({"kind": kind, **details}))
        self.flush()

    def flush(self) -> None:
        """Send what still waits, as far as it goes."""
        while self._unsent:
            try:
                self._channel.send(self._unsent[0])
            except BlockingIOError:
                return
            except OSError:
                self._unsent.clear()
                return
            self._unsent.popleft()

    async def receive(self) -> dict[str, Any] | None:
        """The next message of the viewer; None when it has gone."""
        while True:
            await trio.lowlevel.wait_readable(self._channel.fileno())
            try:
                data = self._channel.recv(MAX_CONTROL_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                return None
            if not data:
                return None
            message = msgpack.unpackb(data)
            if isinstance(message, dict):
                return message


class Monitor:
    """Takes in what sandboxes send. The listener, the writer and the channel stay the caller's."""

    def __init__(
        self,
        options: MonitorOptions,
        listener: Listener,
        writer: TraceWriter,
        control: Control,
    ) -> None:
        self._options = options
        self._listener = listener
        self._writer = writer
        self._control = control
        self._intake = Intake()
        self._next_conn = 1
        self._connections = 0
        self._turns = 0
        self._fault = ""
        self._lost = 0
        self._noted = 0
        self._lost_since_ns = 0
        self._owed: deque[Callable[[], None]] = deque(maxlen=_MAX_OWED)

    async def run(self, *, realtime: bool = False) -> None:
        """Serve until told to stop, by the viewer, a signal, or the viewer's death.

        Args:
            realtime: whether this process has real-time priority; the viewer is told.
        """
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(self._wait_for_signal, nursery.cancel_scope)
                self._control.say("listening", realtime=realtime, path=str(self._options.listen))
                nursery.start_soon(self._obey, nursery.cancel_scope)
                nursery.start_soon(self._keep_house)
                nursery.start_soon(self._accept, nursery)
        finally:
            if self._fault:
                self._recover()

    async def _wait_for_signal(
        self, scope: trio.CancelScope, *, task_status: trio.TaskStatus[None]
    ) -> None:
        stopping = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        with trio.open_signal_receiver(*stopping) as signals:
            task_status.started()
            async for number in signals:
                self._control.say("log", level="info", text=f"stopped by {_signal_name(number)}")
                scope.cancel()
                return

    async def _obey(self, scope: trio.CancelScope) -> None:
        while True:
            message = await self._control.receive()
            if message is None or message.get("kind") == "stop":
                scope.cancel()
                return
            if message.get("kind") == "mark":
                details = msgpack.unpackb(zlib.decompress(message["details"]))
                self._mark(details, int(message.get("conn") or 0))

    def _mark(self, details: dict[str, Any], conn: int) -> None:
        self._write(partial(self._writer.mark, time.time_ns(), details, conn), 0)

    async def _keep_house(self) -> None:
        turns = -1
        while True:
            await trio.sleep(_HOUSEKEEPING_SECONDS)
            if turns == self._turns:
                collect_when_idle()
            turns = self._turns
            if self._fault:
                self._recover()
            self._control.say("status", fault=self._fault, lost=self._lost)

    async def _accept(self, nursery: trio.Nursery) -> None:
        listening = self._listener.socket
        while True:
            await trio.lowlevel.wait_readable(listening.fileno())
            if self._connections >= MAX_CONNECTIONS:
                await trio.sleep(0.1)
                continue
            try:
                connection, _ = listening.accept()
            except BlockingIOError:
                continue
            except OSError as error:
                if error.errno not in _OVERLOADED and error.errno != errno.ECONNABORTED:
                    raise
                self._control.say("log", level="warning", text=f"a sandbox waits: {error.strerror}")
                await trio.sleep(0.1)
                continue
            connection.setblocking(False)
            self._connections += 1
            nursery.start_soon(self._serve, connection)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                details = peer_details(connection)
                if self._options.send_buffer_bytes:
                    details["send_buffer"] = enlarge_send_buffer(
                        connection, details["peer_pid"], self._options.send_buffer_bytes
                    )
                refused = await self._greet(connection)
                if refused is not None:
                    if refused:
                        self._control.say(
                            "log", level="warning", text=f"refused {_peer_text(details)}: {refused}"
                        )
                    return
                await self._take_in(connection, details)
        finally:
            self._connections -= 1

    async def _greet(self, connection: socket.socket) -> str | None:
        """Do the handshake: None if it went well, else why not ("" if the client just left)."""
        with trio.move_on_after(HANDSHAKE_SECONDS):
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
                return "it did not take the answer to its handshake"
            return None
        return f"no handshake within {HANDSHAKE_SECONDS:g} s"

    async def _take_in(self, connection: socket.socket, details: dict[str, Any]) -> None:
        conn = self._next_conn
        self._next_conn += 1
        opened_ns = time.time_ns()
        self._write(partial(self._writer.opened, conn, opened_ns, details), 0)
        self._control.say("opened", conn=conn, **details)
        messages = 0
        reason = "the monitor stopped"
        pace = Pace(self._options.coalesce_seconds, details.get("send_buffer", 0))
        try:
            while True:
                await trio.lowlevel.wait_readable(connection.fileno())
                # Or each message of the sandbox would still call at the poll that nobody awaits.
                trio.lowlevel.notify_closing(connection)
                turn = self._intake.take_turn(connection)
                messages += turn.messages
                self._store(conn, turn)
                if turn.ended:
                    reason = turn.ended
                    break
                # A rest of no time lets the other connections have their turn.
                await trio.sleep(pace.rest_after(turn.messages, is_full=turn.is_full))
        except trio.Cancelled:
            for _ in range(LAST_TURNS):
                turn = self._intake.take_turn(connection)
                messages += turn.messages
                self._store(conn, turn)
                if not turn.is_full:
                    break
            raise
        finally:
            summary = {"reason": reason, "messages": messages}
            self._write(partial(self._writer.closed, conn, time.time_ns(), summary), 0)
            self._control.say("closed", conn=conn, **summary)

    def _store(self, conn: int, turn: Turn) -> None:
        self._turns += 1
        for part in turn.parts:
            if isinstance(part, Received):
                count = len(part.datagrams)
                self._write(
                    partial(self._writer.received, conn, part.recv_ns, part.datagrams), count
                )
            else:
                cut = (part.recv_ns, part.beginning, part.real_size)
                self._write(partial(self._writer.truncated, conn, *cut), 1)

    def _write(self, write: Callable[[], None], messages: int) -> None:
        """Write, or count what was lost: the sandboxes are drained whatever the disk says.

        What holds no messages is not lost but owed: a connection whose end is not written would
        seem to stand for ever.
        """
        try:
            write()
        except OSError as error:
            self._lost += messages
            if not messages:
                self._owed.append(write)
            if not self._fault:
                self._lost_since_ns = time.time_ns()
                self._fault = f"cannot write {self._writer.path}: {error.strerror}"
                self._control.say("fault", text=self._fault, lost=self._lost)

    def _recover(self) -> None:
        """Write what is owed and note what was lost; if that goes, the fault is over.

        Tried now and then alone: a disk that is nearly full takes one write and refuses the next.
        """
        lost = LostMark(self._lost - self._noted, self._lost_since_ns)
        try:
            while self._owed:
                self._owed[0]()
                self._owed.popleft()
            self._writer.mark(time.time_ns(), lost.details())
        except OSError:
            return
        self._noted = self._lost
        self._fault = ""
        self._control.say("fault", text="", lost=self._lost)


def _peer_text(details: dict[str, Any]) -> str:
    command = details.get("command")
    name = f" ({command[0]})" if command else ""
    return f"process {details.get('peer_pid')}{name} of user {details.get('peer_uid')}"


def _signal_name(number: int) -> str:
    return signal.Signals(number).name
