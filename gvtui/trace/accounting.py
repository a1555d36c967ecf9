"""What happened to the messages that came: every one must be somewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gvtui.trace.details import int_in
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Accounting:
    """What happened to all received messages; each number comes from another source."""

    received: int | None = None
    """How many messages the monitor received from the sockets; None if the trace does not tell."""
    let_go: int = 0
    """How many were in deleted segments of a flight recorder."""
    missing: int = 0
    """How many were in segments that are gone from between others, as far as headers tell."""
    logged: int = 0
    """How many are in the log, including damaged ones."""
    indexed: int = 0
    """How many are in the index."""
    refused: dict[str, int] = field(default_factory=dict)
    """How many each limit refused, by the limit's name."""
    lost: int = 0
    """How many could not be written."""
    dropped: int = 0
    """How many points the sandboxes dropped, which were never received."""
    dropped_let_go: int = 0
    """How many of these were told in deleted segments of a flight recorder."""

    @property
    def difference(self) -> int:
        """How many messages are unaccounted for; 0 if the number received is not known."""
        if self.received is None:
            return 0
        known = self.let_go + self.missing + self.logged
        return self.received - known - sum(self.refused.values()) - self.lost

    def problems(self) -> Iterator[str]:
        """What does not add up, in sentences without full stop."""
        if self.logged != self.indexed:
            yield f"the log has {counted(self.logged, 'message')}, its index {self.indexed:,}"
        yield from self.unaccounted()

    def unaccounted(self) -> Iterator[str]:
        """What does not add up before the index is looked at."""
        if self.difference:
            more = "more" if self.difference < 0 else "fewer"
            yield f"{counted(abs(self.difference), 'message')} {more} than were received"

    def pack(self) -> dict[str, Any]:
        """What the monitor counts, as plain values."""
        return {
            "received": self.received,
            "logged": self.logged,
            "refused": sum(self.refused.values()),
            "lost": self.lost,
            "dropped": self.dropped,
        }

    @classmethod
    def unpack(cls, values: dict[str, Any]) -> Accounting:
        """The counts from plain values."""
        return cls(
            received=int_in(values, "received"),
            logged=int_in(values, "logged"),
            refused={"limits": int_in(values, "refused")},
            lost=int_in(values, "lost"),
            dropped=int_in(values, "dropped"),
        )
