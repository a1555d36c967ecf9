"""The monitor itself: writes the messages of all sandboxes to the trace until it is stopped."""

from __future__ import annotations

import fcntl
import math
import signal
import termios
import time
from array import array
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from gvtui.monitor.accepting import accept_sandboxes
from gvtui.monitor.admission import Admission
from gvtui.monitor.bounds import Bounds, StringBounds
from gvtui.monitor.control import mark_in
from gvtui.monitor.descriptors import room_for_connections
from gvtui.monitor.greeting import greet
from gvtui.monitor.house import House
from gvtui.monitor.intake import Intake, Received
from gvtui.monitor.ledger import Ledger
from gvtui.monitor.ondisk import keep_on_disk
from gvtui.monitor.pace import Breath, Pace
from gvtui.monitor.porter import look
from gvtui.monitor.priority import collect
from gvtui.monitor.refusals import Refusals
from gvtui.trace.connections import MONITOR_STOPPED
from gvtui.trace.losses import LATE
from gvtui.trace.marks import LostMark

if TYPE_CHECKING:
    import socket

    from gvtui.monitor.admission import Peer
    from gvtui.monitor.control import Control
    from gvtui.monitor.intake import Truncated, Turn
    from gvtui.monitor.listener import Listener
    from gvtui.monitor.options import MonitorOptions
    from gvtui.monitor.porter import Porter
    from gvtui.trace.marks import RefusedMark
    from gvtui.trace.writer import TraceWriter

LAST_TURNS = 16
"""How many last turns each connection gets when the monitor stops: enough for any send buffer."""

LAST_SECONDS = 3.0
"""How long those turns may take, of all connections together; what is not taken then is told."""

BEAT_SECONDS = 1.0
"""How often the viewer hears that the monitor lives."""


class Monitor:
    """Receives the sandboxes' messages. The caller closes the listener, the writer and the
    channel."""

    def __init__(
        self,
        options: MonitorOptions,
        listener: Listener,
        writer: TraceWriter,
        control: Control,
        porter: Porter | None = None,
    ) -> None:
        """Set it up.

        Args:
            options: how to listen.
            listener: where.
            writer: of the trace.
            control: the channel to the viewer.
            porter: looks at who connects; without one it is done in this process.
        """
        self.ledger = Ledger(writer, control)
        self._options = options
        self._listener = listener
        self._control = control
        self._porter = porter
        limits = options.limits
        if options.is_spool:
            # What others sent has been read meanwhile, or is told as not read.
            limits = replace(limits, keep_others_seconds=0)
        self._limits = limits
        self._intake = Intake(limit=limits.message_size, turn=limits.messages_a_turn)
        self._refusals = Refusals(self._tell_refused)
        self._string_bounds = StringBounds(limits, self._refusals)
        self.left_out = 0
        """Messages that a limit kept out of the trace."""
        self._breath = Breath()
        allowed = options.allow_uids
        self.admission = Admission(
            limits,
            self._refusals,
            allowed_uids=None if allowed is None else frozenset(allowed),
        )
        self._room_for = limits.send_buffers if options.send_buffer_bytes else 0
        self._enlarged = 0
        self._house = House(options, listener, self.ledger, control)
        self._next_conn = 1
        self._untaken_bytes = 0
        self._ends_at = math.inf
        self._turns = 0

    @property
    def connections(self) -> int:
        """How many sandboxes have connected and were greeted."""
        return self._next_conn - 1

    async def run(self, *, realtime: bool = False) -> None:
        """Serve until the viewer asks to stop or ends, or a signal arrives.

        Args:
            realtime: whether this process has real-time priority, to be reported to the viewer.
        """
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(self._wait_for_signal, nursery.cancel_scope)
                self._control.say("listening", realtime=realtime, path=str(self._options.listen))
                nursery.start_soon(self._obey, nursery.cancel_scope)
                nursery.start_soon(self._beat)
                nursery.start_soon(self._house.keep)
                if self._options.sync_seconds:
                    nursery.start_soon(keep_on_disk, self.ledger, self._control, self._options)
                if self._porter is not None:
                    nursery.start_soon(self._hear, self._porter)
                self.admission.bound(room_for_connections())
                accept = partial(accept_sandboxes, self._listener, self._control, self.admission)
                nursery.start_soon(accept, self._serve)
        finally:
            self._string_bounds.look(self.ledger.writer)
            self._refusals.tell_rest()
            if self._untaken_bytes:
                now = time.time_ns()
                self.ledger.note(LostMark(0, now, now, LATE, self._untaken_bytes))
            self.ledger.recover(is_last=True)

    async def _wait_for_signal(
        self, scope: trio.CancelScope, *, task_status: trio.TaskStatus[None]
    ) -> None:
        stopping = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        with trio.open_signal_receiver(*stopping) as signals:
            task_status.started()
            async for number in signals:
                self._control.log("info", f"stopped by {signal.Signals(number).name}")
                scope.cancel()
                return

    async def _hear(self, porter: Porter) -> None:
        await porter.listen()
        text = (
            "the process that looks at who connects has gone: who connects now has no command line"
        )
        self._control.log("warning", f"{text}, and no larger send buffer")

    async def _obey(self, scope: trio.CancelScope) -> None:
        while True:
            message = await self._control.receive()
            if message is None or message.get("kind") == "stop":
                scope.cancel()
                return
            if message.get("kind") == "mark":
                mark = mark_in(message)
                if mark is not None:
                    self._mark(*mark)

    def _mark(self, details: dict[str, Any], conn: int) -> None:
        now = time.time_ns()
        self.ledger.write(lambda writer: writer.mark(now, details, conn))

    async def _beat(self) -> None:
        turns = -1
        while True:
            await trio.sleep(BEAT_SECONDS)
            collect(is_idle=turns == self._turns)
            turns = self._turns
            self.ledger.recover()
            self.admission.keep_house()
            self._string_bounds.look(self.ledger.writer)
            self._refusals.keep_house()
            self._control.say(
                "status",
                fault=self.ledger.fault,
                refused=self.admission.refused,
                left_out=self.left_out,
                connections=self.connections,
                **self.ledger.told(),
            )

    def _tell_refused(self, line: str, mark: RefusedMark) -> None:
        self._control.log("warning", line)
        self.ledger.note(mark)

    async def _serve(self, connection: socket.socket, peer: Peer) -> None:
        with connection:
            room = self._options.send_buffer_bytes if self._enlarged < self._room_for else 0
            if self._porter is not None:
                details = await self._porter.look(connection, room)
            else:
                details = look(connection, room)
            is_enlarged = bool(details.get("send_buffer"))
            self._enlarged += is_enlarged
            try:
                refused = await greet(connection, self._options.limits.handshake_seconds)
                if refused is None:
                    await self._take_in(connection, details)
                elif refused:
                    self.admission.refuse(peer, "handshake", refused)
            finally:
                self._enlarged -= is_enlarged

    async def _take_in(self, connection: socket.socket, details: dict[str, Any]) -> None:
        conn = self._next_conn
        self._next_conn += 1
        opened_ns = time.time_ns()
        self.ledger.write(lambda writer: writer.opened(conn, opened_ns, details))
        self._control.say("opened", conn=conn, **details)
        messages = 0
        reason = MONITOR_STOPPED
        bounds = Bounds(self._limits, self._refusals, conn)
        pace = Pace(self._options.coalesce_seconds, details.get("send_buffer", 0))
        try:
            while True:
                await trio.lowlevel.wait_readable(connection.fileno())
                # Otherwise each further message would still wake the poll, although nobody waits
                # for it.
                trio.lowlevel.notify_closing(connection)
                turn = self._intake.take_turn(connection)
                messages += turn.messages
                self._store(conn, turn, bounds)
                reason_to_end = turn.ended or bounds.end(self.ledger.writer)
                if reason_to_end:
                    reason = reason_to_end
                    break
                if breath := self._breath.due():
                    time.sleep(breath)  # noqa: ASYNC251
                # Even a rest of 0 s gives the other connections their turn.
                await trio.sleep(pace.rest_after(turn.messages, is_full=turn.is_full))
        except trio.Cancelled:
            messages += self._take_last(conn, connection, bounds)
            raise
        finally:
            summary = {"reason": reason, "messages": messages}
            closed_ns = time.time_ns()
            self.ledger.write(lambda writer: writer.closed(conn, closed_ns, summary))
            self._control.say("closed", conn=conn, **summary)

    def _take_last(self, conn: int, connection: socket.socket, bounds: Bounds) -> int:
        """Take what has been sent before the monitor stops; gives the number of messages."""
        if math.isinf(self._ends_at):
            self._ends_at = time.monotonic() + LAST_SECONDS
        messages = 0
        for _ in range(LAST_TURNS):
            if time.monotonic() >= self._ends_at:
                self._untaken_bytes += _waiting_bytes(connection)
                break
            turn = self._intake.take_turn(connection)
            messages += turn.messages
            self._store(conn, turn, bounds)
            if not turn.is_full:
                break
        return messages

    def _store(self, conn: int, turn: Turn, bounds: Bounds) -> None:
        self._turns += 1
        if limit := bounds.keeps_out(turn, self.ledger.writer):
            self.left_out += turn.messages
            self.ledger.refuse(limit, turn.messages)
            return
        for part in turn.parts:
            if isinstance(part, Received):
                self._store_received(conn, part)
            else:
                self._store_truncated(conn, part)

    def _store_received(self, conn: int, part: Received) -> None:
        recv_ns, datagrams = part.recv_ns, part.datagrams
        self.ledger.write(lambda writer: writer.received(conn, recv_ns, datagrams), len(datagrams))

    def _store_truncated(self, conn: int, part: Truncated) -> None:
        cut = (part.recv_ns, part.beginning, part.real_size)
        self.ledger.write(lambda writer: writer.truncated(conn, *cut), 1)


def _waiting_bytes(connection: socket.socket) -> int:
    """Bytes that have been sent and not taken, as the kernel counts them; 0 if it does not tell."""
    count = array("i", [0])
    try:
        fcntl.ioctl(connection.fileno(), termios.FIONREAD, count)
    except OSError:
        return 0
    return count[0]
