"""What a monitor says of itself on a channel, for the process at the other end."""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgpack

from gvtui.trace.accounting import Accounting
from gvtui.trace.losses import Losses

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from gvtui.monitor.heartbeat import Heartbeat
    from gvtui.trace.marks import Mark

_MAX_EVENT_BYTES = 1 << 20
_MOST_CLOSED = 1 << 13


class Hearing:
    """Reads a monitor's messages, and keeps what they say of losses and of what has been written.

    Owns the channel; `stop` closes it.
    """

    is_shared = False
    """Whether the monitor goes on after `stop`, because others keep it."""
    is_viewers = False
    """Whether it is a viewer that ends it, or may leave it running."""
    counts = True
    """Whether it says what has come, and what was lost."""
    is_kept = False
    """Whether `stop` has kept the flight recorder."""
    was_killed = False
    """Whether it did not end when it was told to, and had to be killed."""

    def __init__(
        self, channel: socket.socket | None, trace_path: Path, heartbeat: Heartbeat
    ) -> None:
        """Begin to listen.

        Args:
            channel: where the monitor's messages come, one in a datagram; None where none come.
            trace_path: the trace that it writes.
            heartbeat: notices that nothing comes.
        """
        if channel is not None:
            channel.setblocking(False)
        self.trace_path = trace_path
        """The path of the trace, for `Trace.open`."""
        self.realtime = False
        """Whether the monitor runs at real-time priority."""
        self.lost = 0
        """Messages that came and are in no row, as far as the monitor has said."""
        self.losses = Losses()
        """All that was lost, as far as the monitor has said."""
        self.account = Accounting(received=0)
        """What has happened to all that came for the trace, as far as it has said."""
        self.connections = 0
        """Connections that have opened, as far as it has said."""
        self.connected = 0
        """Connections that are open now, as far as it has said."""
        self.closed: deque[int] = deque(maxlen=_MOST_CLOSED)
        """The newest connections that have closed, as it has said: on a full disk the trace does not
        tell."""
        self.refused = 0
        """How many connections were refused, as the monitor last reported."""
        self.left_out = 0
        """Messages that a limit kept out of the trace, as far as the monitor has said."""
        self._channel = channel
        self._heartbeat = heartbeat
        self._unread: list[dict[str, Any]] = []
        """What has been received, and is to be read next."""
        self._logged_before = 0
        self._told_death = False

    @property
    def pid(self) -> int:
        """The pid of the monitor."""
        raise NotImplementedError

    @property
    def became(self) -> str:
        """What happened to the trace at `stop`, in words for a sentence."""
        raise NotImplementedError

    def go_on_from(self, former: Hearing) -> None:
        """Know what another one has heard of the same monitor, until it says more."""
        self.lost, self.losses, self.account = former.lost, former.losses, former.account
        self.connections, self.connected = former.connections, former.connected
        self.closed.extend(former.closed)
        self.refused, self.left_out = former.refused, former.left_out
        self._logged_before = former._logged_before

    def fileno(self) -> int:
        """The channel's descriptor: readable when `read_events` has something."""
        return self._channel.fileno() if self._channel is not None else -1

    def read_events(self) -> list[dict[str, Any]]:
        """The control messages since the last call; never waits.

        Besides what `gvtui.monitor.options` lists: `died` (with `text`) once, when the process has
        gone without being asked to; and `fault` (`about` the `monitor`, with `text`) when it has
        said nothing for some seconds, with an empty text when it speaks again.
        """
        before, self._unread = self._unread, []
        events = [*before, *self._read_all()]
        # Whoever has not looked for long finds here what was said meanwhile.
        if not self._told_death:
            told = self._heartbeat.listen(heard=bool(events))
            events += [{"kind": "fault", "about": "monitor", "text": text} for text in told]
        return events

    def _read_all(self) -> Iterator[dict[str, Any]]:
        while self._channel is not None:
            try:
                data = self._channel.recv(_MAX_EVENT_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                if not self._told_death:
                    self._told_death = True
                    yield {"kind": "died", "text": self._last_words()}
                return
            message = msgpack.unpackb(data)
            self._take(message)
            yield message

    def _take(self, message: dict[str, Any]) -> None:
        self.refused = max(self.refused, int(message.get("refused") or 0))
        self.left_out = max(self.left_out, int(message.get("left_out") or 0))
        if "losses" in message:
            self.lost = int(message.get("lost") or 0)
            self.losses = Losses.read(message["losses"])
            self._logged_before = self.account.logged
            self.account = Accounting.unpack(message["account"])
        self.connections = max(self.connections, int(message.get("connections") or 0))
        self.connected = int(message.get("connected", self.connected))
        if message.get("kind") == "closed":
            self.closed.append(int(message["conn"]))
        if message.get("kind") == "stopped":
            self._told_death = True

    def _last_words(self) -> str:
        """Why the other end has closed, in words."""
        raise NotImplementedError

    @property
    def unaccounted(self) -> str:
        """What does not add up of what the monitor counts, in a sentence; "" while all does."""
        return "; ".join(self.account.unaccounted())

    def account_of(self, indexed: int, *, is_all: bool = True) -> Accounting:
        """What has happened to all that came, with what a reader has found in the index.

        The monitor speaks now and then. What the reader has found beyond what was in the log then
        has been received since, so the numbers are of one moment. Messages that were in the log when
        it spoke before must have been found.

        Args:
            indexed: how many messages have been found.
            is_all: whether the reader has read all that there is.
        """
        since = max(0, indexed - self.account.logged)
        told = self.account
        told = replace(told, received=(told.received or 0) + since, logged=told.logged + since)
        is_whole = not is_all or indexed >= self._logged_before
        return replace(told, indexed=told.logged if is_whole else indexed)

    def send_mark(self, mark: Mark, conn: int = 0) -> bool:
        """Ask the monitor to write a mark to the trace; False if the channel is full or closed.

        Args:
            mark: the mark.
            conn: the mark's connection; 0 for none.
        """
        # Compressed, because one control message must hold a session with all its points.
        return self.pass_mark(zlib.compress(msgpack.packb(mark.details())), conn)

    def pass_mark(self, packed: bytes, conn: int) -> bool:
        """As `send_mark`, for details that are packed already."""
        return self._send({"kind": "mark", "conn": conn, "details": packed})

    def tell_changing(self, sandbox: str, *, is_command: bool = False) -> None:
        """Have the other viewers told that this one, or a command, changes the session of a
        sandbox."""
        self._send({"kind": "changing", "sandbox": sandbox, "is_command": is_command})

    def _send(self, message: dict[str, Any]) -> bool:
        if self._channel is None:
            return False
        try:
            self._channel.send(msgpack.packb(message))
        except OSError:
            return False
        return True

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()

    def stop(self, *, keep: bool = False) -> None:
        """End what this process has to do with the monitor; see the classes that do it."""
        raise NotImplementedError
