"""The monitor itself: writes the messages of all sandboxes to the trace until it is stopped."""

from __future__ import annotations

import contextlib
import fcntl
import math
import signal
import socket
import termios
import time
from array import array
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import trio

from gvtui.monitor.accepting import accept_sandboxes
from gvtui.monitor.admission import Admission
from gvtui.monitor.bounds import Bounds, BufferBounds, StringBounds
from gvtui.monitor.control import mark_in
from gvtui.monitor.descriptors import room_for_connections
from gvtui.monitor.fdstore import Storing
from gvtui.monitor.goingon import STORED_AS, WentBefore, stored_name
from gvtui.monitor.greeting import greet
from gvtui.monitor.house import House
from gvtui.monitor.intake import Intake, Received
from gvtui.monitor.ledger import Ledger
from gvtui.monitor.ondisk import keep_on_disk
from gvtui.monitor.pace import Breath, Pace
from gvtui.monitor.peer import credentials
from gvtui.monitor.porter import look
from gvtui.monitor.priority import collect
from gvtui.monitor.refusals import Refusals
from gvtui.monitor.systemd import LISTENER_NAME
from gvtui.monitor.tending import Tending
from gvtui.trace.connections import MONITOR_STOPPED
from gvtui.trace.details import memory_of
from gvtui.trace.losses import LATE
from gvtui.trace.marks import LostMark, NoteMark
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.monitor.admission import Peer
    from gvtui.monitor.control import Control
    from gvtui.monitor.goingon import GoingOn
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


class _Open(NamedTuple):
    """A connection that is open."""

    conn: int
    connection: socket.socket
    details: dict[str, Any]


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
        storing: Storing | None = None,
        before: WentBefore | None = None,
    ) -> None:
        """Set it up.

        Args:
            options: how to listen.
            listener: where.
            writer: of the trace.
            control: the channel to the viewer.
            porter: looks at who connects; without one it is done in this process.
            storing: has connections kept for the next monitor; None for none.
            before: what goes on from the monitor before.
        """
        self.ledger = Ledger(writer, control)
        self.tending = Tending(control, self.ledger)
        """Starts the processes again that work for this one."""
        self._options = options
        self._listener = listener
        self._control = control
        self._porter = porter
        self._storing = storing or Storing()
        self._before = before or WentBefore()
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
        self._buffers = BufferBounds(limits, self._refusals, options.send_buffer_bytes)
        self._house = House(options, listener, self.ledger, control, storing=self._storing)
        self._next_conn = 1
        self._connected = 0
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
                self._go_on(nursery)
                self.admission.bound(self.admission.connections + room_for_connections())
                accept = partial(accept_sandboxes, self._listener, self._control, self.admission)
                nursery.start_soon(accept, self._serve)
        finally:
            self._string_bounds.look(self.ledger.writer)
            self._refusals.tell_rest()
            if self._untaken_bytes:
                self.ledger.note(self._untaken())
            self.ledger.recover(is_last=True)

    def _untaken(self) -> LostMark | NoteMark:
        """The mark of what sandboxes have sent that was not taken."""
        now, size = time.time_ns(), self._untaken_bytes
        if not self._storing.is_on:
            return LostMark(0, now, now, LATE, size)
        return NoteMark(
            f"the monitor stopped before it had taken {counted(size, 'byte')} that sandboxes had "
            "sent: they wait for the monitor that comes next"
        )

    def _go_on(self, nursery: trio.Nursery) -> None:
        """Take over what goes on from the monitor before, and have the listener kept."""
        if self._listener.is_own:
            self._storing.keep(LISTENER_NAME, self._listener.socket)
        before, self._before = self._before, WentBefore()
        for mark_ns, details in before.marks:
            self.ledger.write(partial(_mark, mark_ns, details, 0), size=memory_of(details))
        if before.text:
            self.ledger.note(NoteMark(before.text))
            self._control.log("info", before.text)
        for one in before.connections:
            connection = socket.socket(fileno=one.fd)
            connection.setblocking(False)
            if not one.opened_ns:
                one.opened_ns = time.time_ns()
                one.details = {**credentials(connection), STORED_AS: one.name}
            self._buffers.held += bool(one.details.get("send_buffer"))
            peer = self.admission.take_over(connection)
            opened = self._open(connection, one.details, one)
            nursery.start_soon(self._serve_further, opened, peer)

    async def _serve_further(self, opened: _Open, peer: Peer) -> None:
        """Serve a connection that the monitor before has greeted."""
        try:
            with opened.connection:
                await self._take_in(opened)
        finally:
            self._buffers.held -= bool(opened.details.get("send_buffer"))
            self.admission.leave(peer)

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
        # Another one would need rights that this process has given up.
        text = (
            "the process that looks at who connects has gone: who connects from now on has no "
            "command line and no larger send buffer until the monitor is started again"
        )
        self._control.say("fault", about="porter", text=text, **self.ledger.told())

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
        size = memory_of(details)
        self.ledger.write(lambda writer: writer.mark(now, details, conn), size=size)

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
            self._storing.flush()
            self.tending.look()
            self.ledger.writer.let_old_go()
            self.ledger.writer.ask_again()
            if line := self.ledger.writer.compress_on():
                self._control.log("warning", line)
            self._control.say(
                "status",
                fault=self.ledger.fault,
                refused=self.admission.refused,
                left_out=self.left_out,
                connections=self.connections,
                connected=self._connected,
                **self.ledger.told(),
            )

    def _tell_refused(self, line: str, mark: RefusedMark) -> None:
        self._control.log("warning", line)
        self.ledger.note(mark)

    async def _serve(self, connection: socket.socket, peer: Peer) -> None:
        with connection:
            # Taken before the look, for many are looked at at once.
            room = self._buffers.take()
            is_enlarged = room > 0
            try:
                if self._porter is not None:
                    details = await self._porter.look(connection, room)
                else:
                    details = look(connection, room)
                if not room:
                    self._buffers.tell(peer, details)
                elif not details.get("send_buffer"):
                    is_enlarged = False
                    self._buffers.held -= 1
                refused = await greet(connection, self._options.limits.handshake_seconds)
                if refused is None:
                    await self._take_in(self._open(connection, details))
                elif refused:
                    self.admission.refuse(peer, "handshake", refused)
            finally:
                self._buffers.held -= is_enlarged

    def _open(
        self, connection: socket.socket, details: dict[str, Any], before: GoingOn | None = None
    ) -> _Open:
        """Note that a connection is open; from then on it is kept, where anything is."""
        conn = self._next_conn
        self._next_conn += 1
        opened_ns = before.opened_ns if before is not None else time.time_ns()
        if before is None and self._storing.is_on:
            details = {**details, STORED_AS: stored_name(conn, self.ledger.writer.trace_id)}
            self._storing.keep(details[STORED_AS], connection)
        size = memory_of(details)
        self.ledger.write(lambda writer: writer.opened(conn, opened_ns, details), size=size)
        for mark_ns, told in before.marks if before is not None else ():
            self.ledger.write(partial(_mark, mark_ns, told, conn), size=memory_of(told))
        self._connected += 1
        self._control.say("opened", conn=conn, connected=self._connected, **details)
        return _Open(conn, connection, details)

    async def _take_in(self, opened: _Open) -> None:
        conn, connection, details = opened
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
            if STORED_AS not in details:
                # Whatever has been sent by now is taken, and nothing more can be sent.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
            messages += self._take_last(conn, connection, bounds)
            raise
        finally:
            summary = {"reason": reason, "messages": messages}
            closed_ns = time.time_ns()
            self.ledger.write(lambda writer: writer.closed(conn, closed_ns, summary))
            self._connected -= 1
            self._control.say("closed", conn=conn, connected=self._connected, **summary)
            if reason != MONITOR_STOPPED and STORED_AS in details:
                self._storing.let_go(details[STORED_AS])

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


def _mark(when_ns: int, details: dict[str, Any], conn: int, writer: TraceWriter) -> None:
    writer.mark(when_ns, details, conn)


def _waiting_bytes(connection: socket.socket) -> int:
    """Bytes that have been sent and not taken, as the kernel counts them; 0 if it does not tell."""
    count = array("i", [0])
    try:
        fcntl.ioctl(connection.fileno(), termios.FIONREAD, count)
    except OSError:
        return 0
    return count[0]
