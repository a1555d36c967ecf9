"""What was let go out of the middle of a flight recorder, as marks and headers hold it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from gvtui.trace.details import int_in, list_in, text_in
from gvtui.trace.summary import ConnectionCounts
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


_MAX_CONN = (1 << 32) - 1
_MAX_ID = 64


class LetGoFrom(NamedTuple):
    """What tells messages that were let go from others, in whichever copies it is told."""

    trace_id: str
    """The flight recorder's, in hex."""
    from_ns: int
    to_ns: int

    @classmethod
    def read(cls, details: object) -> LetGoFrom:
        """Back from plain values."""
        told = details if isinstance(details, dict) else {}
        times = (max(0, int_in(told, name)) for name in ("from_ns", "to_ns"))
        return cls(text_in(told, "trace_id", _MAX_ID), *times)


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
    is_at_most: bool = False
    """Whether some of it may have come at another time, which a copy does not have."""
    of: LetGoFrom | None = field(default=None, compare=False)
    """What the header of a copy tells of where it was let go."""

    @property
    def text(self) -> str:
        """The mark for people."""
        many = len(self.counts.by_conn) + self.counts.other_connections
        seconds = max(0, self.to_ns - self.from_ns) / 1e9
        most = "at most " * self.is_at_most
        messages = counted(self.counts.total().messages, "message")
        return (
            f"of the {seconds:,.1f} s from here on, {most}{messages} "
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
            **({"at_most": True} if self.is_at_most else {}),
            **({"of": self.of._asdict()} if self.of else {}),
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
            details.get("at_most") is True,
            LetGoFrom.read(details["of"]) if "of" in details else None,
        )

    def and_also(self, *others: ThinnedMark) -> ThinnedMark:
        """All of them together."""
        every, counts = (self, *others), ConnectionCounts()
        for each in every:
            counts.add(each.counts)
        counts.fold(())
        return ThinnedMark(
            counts,
            min((each.from_ns for each in every if each.from_ns), default=0),
            max(each.to_ns for each in every),
            any(each.is_at_most for each in every),
        )

    def known_as(self, trace_id: object) -> ThinnedMark:
        """The same, with what tells it from what other recorders have let go."""
        told = trace_id.hex() if isinstance(trace_id, bytes) else ""
        return replace(self, of=self.of or LetGoFrom(told, self.from_ns, self.to_ns))

    def copied(
        self, shift: int = 0, conns: Collection[int] = (), from_ns: int = 0, to_ns: int = 0
    ) -> ThinnedMark | None:
        """What it tells of a copy of the rows; None if it tells nothing of them.

        Args:
            shift: is added to the numbers of connections.
            conns: the connections whose rows alone are copied; empty for those of all.
            from_ns: rows received at this Unix time or later are copied; 0 for all.
            to_ns: rows received before this time are copied; 0 for all.
        """
        begin, end = max(self.from_ns, from_ns), min(self.to_ns, to_ns - 1 if to_ns else self.to_ns)
        by_conn = {
            conn + shift: counts
            for conn, counts in self.counts.by_conn.items()
            if (conn in conns if conns else 0 < conn <= _MAX_CONN - shift)
        }
        # Of those that are added up, nothing tells whose they were.
        counts = ConnectionCounts(by_conn) if conns else replace(self.counts, by_conn=by_conn)
        if not self.to_ns or begin > end or not (by_conn or counts.other_connections):
            return None
        is_part = (begin, end) != (self.from_ns, self.to_ns)
        return ThinnedMark(counts, begin, end, self.is_at_most or is_part, self.of)


def messages_in(marks: Collection[ThinnedMark]) -> tuple[int, bool]:
    """How many messages marks tell of, and whether that is only the most that it can be."""
    messages = sum(each.counts.total().messages for each in marks)
    return messages, any(each.is_at_most for each in marks)


def thinned_in(head: dict[str, Any]) -> ThinnedMark:
    """What was let go of the segments of which a piece was kept, as its header tells."""
    return ThinnedMark.read(head.get("thinned"))


def copied_marks(
    marks: Iterable[ThinnedMark],
    *,
    shift: int = 0,
    conns: Collection[int] = (),
    from_ns: int = 0,
    to_ns: int = 0,
) -> list[ThinnedMark]:
    """What marks tell of a copy of the rows, see `ThinnedMark.copied`, without those that tell
    nothing of it."""
    told = [mark.copied(shift, conns, from_ns, to_ns) for mark in marks]
    return [mark for mark in told if mark is not None]


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
