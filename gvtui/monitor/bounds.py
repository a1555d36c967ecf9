"""Applies the limits of one connection: leaves out messages, and ends the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.limits import LIMITS
from gvtui.monitor.intake import Truncated
from gvtui.monitor.peer import may_have_room
from gvtui.monitor.refusals import Refusal, beyond
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.limits import Limits
    from gvtui.monitor.admission import Peer
    from gvtui.monitor.intake import Turn
    from gvtui.monitor.refusals import Refusals
    from gvtui.trace.writer import TraceWriter


class Bounds:
    """Holds one connection to its limits."""

    def __init__(self, limits: Limits, refusals: Refusals, conn: int) -> None:
        self._limits = limits
        self._refusals = refusals
        self._conn = conn
        self._name = f"connection {conn}"

    def keeps_out(self, turn: Turn, writer: TraceWriter) -> str:
        """The limit of the disk that keeps the turn's messages out; "" if they may be written.

        Truncated messages are reported too. A refused turn is reported and counted.
        """
        for part in turn.parts:
            if isinstance(part, Truncated):
                size = counted(part.real_size, "byte")
                self._add("message-size", "cut", "message", f"a message of {size} of {self._name}")
        if not turn.messages:
            return ""
        most, seconds = self._limits.disk_per_sandbox, self._limits.keep_others_seconds
        if most and writer.held_bytes(self._conn) >= most:
            limit = "disk-per-sandbox"
        elif seconds and writer.pushes_others_out(self._conn, seconds):
            limit = "keep-others-seconds"
        else:
            return ""
        left_out = turn.messages
        who = f"{counted(left_out, 'message')} of {self._name}"
        self._add(limit, "left out", "message", who, left_out)
        return limit

    def end(self, writer: TraceWriter) -> str:
        """Why the connection must be ended; "" if it may go on. To be called after each turn."""
        for claimed in writer.take_impossible_drops():
            who = f"{counted(claimed, 'drop')} that {self._name} claims"
            self._add("drops-a-second", "did not count", "claim", who)
        if writer.counts_of(self._conn).malformed <= self._limits.malformed:
            return ""
        self._add("malformed", "ended", "connection", self._name)
        return beyond(self._limits, "malformed")

    def _add(self, limit: str, verb: str, noun: str, who: str, count: int = 1) -> None:
        assert limit in LIMITS
        why = beyond(self._limits, limit)
        self._refusals.add(Refusal(limit, verb, noun, who, self._name, why, count))


class BufferBounds:
    """Holds the number of connections whose send buffer is enlarged to its limit."""

    def __init__(self, limits: Limits, refusals: Refusals, size: int) -> None:
        """Begin with none; `size` is what a buffer is enlarged to, in bytes, 0 for not at all."""
        self._limits = limits
        self._refusals = refusals
        self._size = size
        self.held = 0
        """How many have a larger buffer, or are being looked at for one."""

    def take(self) -> int:
        """The size for one more, which is held from now on; 0 if there may be no more."""
        if not self._size or self.held >= self._limits.send_buffers:
            return 0
        self.held += 1
        return self._size

    def tell(self, peer: Peer, details: dict[str, Any]) -> None:
        """Tell of a peer for which there was none left, if it had been due to have one."""
        if not self._size or not self._limits.send_buffers or not may_have_room(details):
            return
        name = "send-buffers"
        why, group = beyond(self._limits, name), f"user {peer.uid}"
        who = f"the send buffer of {peer.words}"
        self._refusals.add(Refusal(name, "did not enlarge", "send buffer", who, group, why))


class StringBounds:
    """Tells of texts that found no room among the strings of the trace."""

    def __init__(self, limits: Limits, refusals: Refusals) -> None:
        self._limits = limits
        self._refusals = refusals
        self._told = 0

    def look(self, writer: TraceWriter) -> None:
        """Tell what there is to tell; to be called now and then."""
        refused = writer.refused_strings
        count, self._told = refused - self._told, refused
        # Another writer counts from nothing.
        if count <= 0:
            return
        who = f"{counted(count, 'text')} of messages among the strings"
        why = (
            f"too long, {beyond(self._limits, 'strings')}, or {beyond(self._limits, 'string-bytes')}, "
            "or beyond one connection's part of them"
        )
        self._refusals.add(Refusal("strings", "did not keep", "text", who, "the trace", why, count))
