"""Losses: received messages that are missing in the trace, with reasons and times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from gvtui.trace.details import int_in, text_in
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

FULL, REMOVED, SOCKET, LATE, DAMAGED = "full", "removed", "socket", "late", "damaged"
"""Why something was lost: the disk was full, the files were removed, the socket was removed, the
monitor ended before it had taken all that sandboxes had sent, or the file was damaged later. Else the
kernel's reason."""

MAX_REASON = 200
"""How many characters a reason may have."""

MAX_REASONS = 16
"""How many reasons are told apart; losses with others count for the last one."""

_SECOND_NS = 1_000_000_000


class AnyLoss(Protocol):
    """The interface of a loss, such as a mark's."""

    @property
    def messages(self) -> int:
        """How many messages are missing."""

    @property
    def since_ns(self) -> int:
        """When the loss began, Unix nanoseconds."""

    @property
    def until_ns(self) -> int:
        """When the loss ended, Unix nanoseconds; 0 if not known."""

    @property
    def why(self) -> str:
        """One of the reasons of this module, the kernel's, or ""."""

    @property
    def bytes(self) -> int:
        """How many bytes were not received, if messages could not be counted."""


@dataclass(slots=True)
class Loss:
    """All losses for one reason, at one time or several."""

    messages: int
    since_ns: int
    until_ns: int = 0
    why: str = ""
    bytes: int = 0
    times: int = 1

    def words(self, *, noun: str = "message", zone: tzinfo | None = None) -> str:
        """A clause, such as `2,801 messages were lost while the disk was full from 14:05:09 to
        14:05:12`.

        Args:
            noun: what they are called; "" for the number alone, behind another count of messages.
            zone: the time zone of the times; None is the local one.
        """
        when = _when(self.since_ns, self.until_ns, zone)
        often = f", {self.times:,} times" if self.times > 1 else ""
        if self.why == SOCKET:
            return f"sandboxes could not connect, for the socket was removed{often} {when}"
        if self.why == LATE:
            taken = counted(self.bytes, "byte was", "bytes were")
            return f"{taken} not taken that sandboxes had sent before the end {when}"
        was = noun_for(self.messages, "was", "were")
        count = f"{counted(self.messages, noun) if noun else f'{self.messages:,}'} {was}"
        if self.why == DAMAGED:
            room = f" ({counted(self.bytes, 'unreadable byte')})" if self.bytes else ""
            return f"{count} lost where the recording was damaged{room}{often} {when}"
        if self.why == FULL:
            return f"{count} lost while the disk was full{often} {when}"
        if self.why == REMOVED:
            return f"{count} lost with files that were removed{often} {when}"
        reason = f": {self.why}" if self.why else ""
        return f"{count} lost that could not be written{often} {when}{reason}"

    def pack(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "messages": self.messages,
            "since_ns": self.since_ns,
            "until_ns": self.until_ns,
            "why": self.why,
            "bytes": self.bytes,
            "times": self.times,
        }

    @classmethod
    def read(cls, values: dict[str, Any]) -> Loss:
        """Back from plain values; what makes no sense is zero or empty."""
        return cls(
            max(0, int_in(values, "messages")),
            int_in(values, "since_ns"),
            int_in(values, "until_ns"),
            text_in(values, "why", MAX_REASON),
            max(0, int_in(values, "bytes")),
            max(1, int_in(values, "times")),
        )


class Losses:
    """All losses, by reason."""

    def __init__(self, losses: Iterable[AnyLoss] = ()) -> None:
        self._by_reason: dict[str, Loss] = {}
        for each in losses:
            self.take(each)

    def __bool__(self) -> bool:
        return bool(self._by_reason)

    @property
    def messages(self) -> int:
        """How many messages were lost for all reasons together."""
        return sum(each.messages for each in self._by_reason.values())

    def take(self, loss: AnyLoss, times: int = 1) -> None:
        """Add a loss."""
        why = loss.why
        if why not in self._by_reason and len(self._by_reason) >= MAX_REASONS:
            why = next(reversed(self._by_reason))
        known = self._by_reason.get(why)
        if known is None:
            self._by_reason[why] = Loss(
                loss.messages, loss.since_ns, loss.until_ns, why, loss.bytes, times
            )
            return
        known.messages += loss.messages
        known.bytes += loss.bytes
        known.times += times
        known.since_ns = min(known.since_ns, loss.since_ns)
        known.until_ns = max(known.until_ns, loss.until_ns)

    def merge(self, others: Losses) -> None:
        """Take in all that another one has."""
        for each in others._by_reason.values():
            self.take(each, each.times)

    def words(self, *, noun: str = "message", zone: tzinfo | None = None) -> str:
        """Clauses for all losses, one for each reason; "" if nothing was lost."""
        return "; ".join(each.words(noun=noun, zone=zone) for each in self._by_reason.values())

    def pack(self) -> list[dict[str, Any]]:
        """As plain values."""
        return [each.pack() for each in self._by_reason.values()]

    @classmethod
    def read(cls, values: object) -> Losses:
        """Back from plain values."""
        losses = cls()
        for each in values if isinstance(values, list) else ():
            if isinstance(each, dict):
                loss = Loss.read(each)
                losses.take(loss, loss.times)
        return losses


def _when(since_ns: int, until_ns: int, zone: tzinfo | None) -> str:
    """`from 14:05:09 to 14:05:12`, with the day where there are several."""
    if not (since_ns or until_ns):
        return "at times that are not known"
    if until_ns < since_ns:
        return f"since {_time(since_ns, zone, '%Y-%m-%d %H:%M:%S')}"
    days = {_time(ns, zone, "%Y-%m-%d") for ns in (since_ns, until_ns)}
    form = "%H:%M:%S" if len(days) == 1 else "%Y-%m-%d %H:%M:%S"
    began, ended = _time(since_ns, zone, form), _time(until_ns, zone, form)
    return f"from {began} to {ended}" if began != ended else f"at {began}"


def _time(time_ns: int, zone: tzinfo | None, form: str) -> str:
    try:
        return datetime.fromtimestamp(time_ns // _SECOND_NS, zone).strftime(form)
    except (OverflowError, OSError, ValueError):
        return "a time that makes no sense"
