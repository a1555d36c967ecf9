"""What was let go out of the middle of a flight recorder, as marks and headers hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from gvtui.trace.details import int_in, list_in
from gvtui.trace.summary import ConnectionCounts
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass(frozen=True, slots=True)
class ThinnedMark:
    """Of the time from here on, messages of some connections were let go; those of others stay."""

    kind: ClassVar = "thinned"

    counts: ConnectionCounts = field(default_factory=ConnectionCounts)
    """What was let go, by connection."""
    from_ns: int = 0
    """When the first of it came, Unix time; 0 if nothing did."""
    to_ns: int = 0
    """When the last of it came."""

    @property
    def text(self) -> str:
        """The mark for people."""
        many = len(self.counts.by_conn) + self.counts.other_connections
        seconds = max(0, self.to_ns - self.from_ns) / 1e9
        return (
            f"of the {seconds:,.1f} s from here on, {counted(self.counts.total().messages, 'message')} "
            f"of {counted(many, 'connection')} were let go, whose sandboxes held more than an equal "
            "share of the disk; what others sent is here"
        )

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {
            "kind": self.kind,
            "text": self.text,
            "from_ns": self.from_ns,
            "to_ns": self.to_ns,
            **self.counts.packed(),
        }

    @classmethod
    def read(cls, details: object) -> ThinnedMark:
        """The mark from what lies in the recording."""
        if not isinstance(details, dict):
            return cls()
        return cls(
            ConnectionCounts.read(details),
            max(0, int_in(details, "from_ns")),
            max(0, int_in(details, "to_ns")),
        )

    def and_also(self, other: ThinnedMark) -> ThinnedMark:
        """Both together."""
        counts = ConnectionCounts()
        counts.add(self.counts)
        counts.add(other.counts)
        counts.fold(())
        times = [each for each in (self.from_ns, other.from_ns) if each]
        return ThinnedMark(counts, min(times, default=0), max(self.to_ns, other.to_ns))


def thinned_in(head: dict[str, Any]) -> ThinnedMark:
    """What was let go of the segments of which a piece was kept, as its header tells."""
    return ThinnedMark.read(head.get("thinned"))


def standing_in(head: dict[str, Any]) -> set[int]:
    """The connections that stood at the end of a piece that has nothing of them."""
    thinned = head.get("thinned")
    told = list_in(thinned, "standing") if isinstance(thinned, dict) else []
    return {conn for conn in told if type(conn) is int}


def connected_in(head: dict[str, Any]) -> set[int]:
    """The connections that a header says were open."""
    return {
        each[0]
        for each in list_in(head, "connections")
        if isinstance(each, list) and each and type(each[0]) is int
    }


def entries_of(head: dict[str, Any], name: str, conns: Collection[int]) -> list[Any]:
    """The entries of these connections in a list of a header, `connections` or `processes`."""
    return [
        each
        for each in list_in(head, name)
        if isinstance(each, list) and each and type(each[0]) is int and each[0] in conns
    ]


def combined(heads: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The header of the first of several pieces, as if all that was let go had come before it.

    Args:
        heads: of the pieces, oldest first, and of the segment behind them.
    """
    first = heads[0]
    before = ConnectionCounts.read(first.get("before"))
    connections, processes = list_in(first, "connections"), list_in(first, "processes")
    for head, following in pairwise(heads):
        before.add(thinned_in(head).counts)
        later = standing_in(head)
        connections = [*connections, *entries_of(following, "connections", later)]
        processes = [*processes, *entries_of(following, "processes", later)]
    return {
        **first,
        "before": before.packed(),
        "connections": connections,
        "processes": processes,
    }
