"""Who has to let go how much of a flight recorder's disk, so that no sandbox pushes out others.

Each may hold an equal share. What some leave of theirs is shared by the others, so that whoever
holds less than a share keeps all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

_SLACK = 8
"""Who must let go of what has been kept lets one part in so many of a share go besides, so that this
is not done again at once."""


_AHEAD_BYTES = 32 << 20
_AHEAD_PART = 2
_AGE_PART = 8


def age_part(keep_seconds: float) -> float:
    """Up to how many seconds apart rows may be that go together, where they go for their age."""
    return keep_seconds / _AGE_PART


def ahead(limit: int, segment_bytes: int) -> int:
    """How many bytes ahead it is prepared what stays of segments that go: at least one segment.

    Args:
        limit: bytes of disk for all that is complete.
        segment_bytes: the size of a segment that is complete.
    """
    return max(segment_bytes, min(_AHEAD_BYTES, limit // _AHEAD_PART))


@dataclass(frozen=True, slots=True)
class Held:
    """What the sandboxes hold in one file."""

    size: int
    """Bytes of disk."""
    by_sender: Mapping[Hashable, int]
    """How much each has sent that is there, in any one unit."""
    _total: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once: there may be very many senders.
        object.__setattr__(self, "_total", sum(self.by_sender.values()))

    def of(self, sender: Hashable) -> int:
        """Bytes of disk for one of them."""
        return self.size * self.by_sender.get(sender, 0) // self._total if self._total else 0


def share(fixed: Sequence[int], removable: Sequence[int], room: int) -> int:
    """The most that each may have, so that all together have no more than there is room.

    Args:
        fixed: of each, what cannot be let go.
        removable: of each, what can be.
        room: for all of this.
    """
    low, high = 0, max(map(sum, zip(fixed, removable, strict=True)), default=0)
    while low < high:
        middle = (low + high + 1) // 2
        total = sum(
            own + min(max(0, middle - own), more)
            for own, more in zip(fixed, removable, strict=True)
        )
        low, high = (middle, high) if total <= room else (low, middle - 1)
    return low


def letting_go(
    old: Sequence[Held], new: Sequence[Held], coming: Mapping[Hashable, int], room: int
) -> list[frozenset[Hashable]]:
    """Who loses what there is of theirs in each of the old files.

    What stays of each is always its newest: who loses something in a file loses all in those before.

    Args:
        old: files that can be thinned, oldest first: pieces, and last the segment that goes next.
        new: the files behind them, which can be thinned later.
        coming: bytes that will come of each until the segments go.
        room: bytes of disk for all of this together.

    Returns:
        For each of the old files the senders of which nothing stays there.
    """
    held: dict[Hashable, int] = dict.fromkeys(coming, 0)
    for file in (*old, *new):
        for sender in file.by_sender:
            held[sender] = held.get(sender, 0) + file.of(sender)
    wanted = [size + coming.get(sender, 0) for sender, size in held.items()]
    fair = share([0] * len(wanted), wanted, room)
    # What comes beyond a share will go itself: who holds less loses nothing for a guess.
    fixed = {sender: min(fair, coming.get(sender, 0)) for sender in held}
    most = share(list(fixed.values()), list(held.values()), room)
    gone: list[set[Hashable]] = [set() for _ in old]
    for sender, size in held.items():
        excess = min(size, fixed[sender] + size - most)
        if excess <= 0:
            continue
        if any(file.of(sender) for file in old[:-1]):
            excess += most // _SLACK
        for place, file in enumerate(old):
            if excess > 0:
                excess -= file.of(sender)
                gone[place].add(sender)
    return [frozenset(each & set(file.by_sender)) for each, file in zip(gone, old, strict=True)]
