"""The files of a flight recorder's folder as whoever keeps pieces of them sees them."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from gvtui.trace import files
from gvtui.trace.contents import Contents
from gvtui.trace.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(slots=True)
class HeldFile:
    """A segment, or a piece."""

    log: Path
    number: int
    piece: files.Piece | None = None
    size: int = 0
    """Bytes of its log and its index."""
    holds: Contents = field(default_factory=Contents)

    @property
    def by_conn(self) -> dict[int, int]:
        """Bytes of the messages of each connection that has rows in it."""
        return self.holds.by_conn

    @property
    def sent(self) -> int:
        """Bytes of all messages and their rows, not compressed."""
        return sum(self.by_conn.values())

    @property
    def plain_size(self) -> int:
        """Bytes of both where they are not compressed, about."""
        return max(self.size, self.sent)

    @property
    def overhead(self) -> int:
        """Bytes that are nobody's: header, summary and marks."""
        return max(0, self.size - self.sent)

    @contextlib.contextmanager
    def open(self) -> Iterator[Segment]:
        """Open it for reading."""
        segment = Segment.open(self.number, self.log, files.index_path(self.log))
        try:
            yield segment
        finally:
            segment.close()


def best_pair(sizes: Sequence[int], may: Sequence[bool]) -> int:
    """The place of the first of the two neighbours that are most alike in size: so each row is copied
    a few times in all, however much is kept.

    Args:
        sizes: of all.
        may: of each pair whether it is one to be chosen; at least one is.
    """
    ratios = [
        (one + other) / max(1, min(one, other)) if is_one else math.inf
        for (one, other), is_one in zip(pairwise(sizes), may, strict=True)
    ]
    return ratios.index(min(ratios))


def on_disk(plain_bytes: int, segments: Sequence[HeldFile]) -> int:
    """Bytes of disk that so many will take when they are as small as those of segments are."""
    plain = sum(each.plain_size for each in segments)
    return plain_bytes * sum(each.size for each in segments) // max(1, plain)


def taken(pieces: list[HeldFile]) -> int:
    """Bytes of disk that pieces take besides the segments that are there."""
    return sum(each.size for each in pieces if not is_link(each))


def is_link(file: HeldFile) -> bool:
    """Whether a piece is another name of its segment."""
    return file.log.stat().st_nlink > 1
