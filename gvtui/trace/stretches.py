"""Reads the bytes of many consecutive rows from the log at a time.

The bytes are not verified: a caller that finds something in them reads the record itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.trace.records import MAX_PAYLOAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from gvtui.trace.segment import Segment

STEP = 4 << 20
"""How many bytes are read in one step, unless one row has more."""


class Stretch(NamedTuple):
    """Some rows, with the part of the log that has their records."""

    first: int
    """Place of the first row, among those that were given."""
    stop: int
    """One past the place of the last row."""
    starts: list[int]
    """For each row where in `data` its payload begins."""
    ends: list[int]
    """For each row where in `data` its payload ends; beyond `data` where that was cut short."""
    data: bytes


def stretches(
    segments: Sequence[Segment],
    start: int,
    rows: npt.NDArray[np.void],
    asked: npt.NDArray[np.bool_],
) -> Iterator[Stretch]:
    """The log behind some rows, those that are not asked for left out where that saves reading.

    Args:
        segments: what the rows are from.
        start: row id of the first of `rows`.
        rows: consecutive rows.
        asked: which of them are wanted.
    """
    offsets = rows["offset"].astype(np.int64)
    ends = offsets + rows["length"]
    for segment in segments:
        first = max(segment.first_row - start, 0)
        stop = min(segment.end_row - start, len(rows))
        if first >= stop:
            continue
        places = np.flatnonzero(asked[first:stop]) + first
        at = 0
        while at < len(places):
            begin = int(places[at])
            limit = int(offsets[begin]) + STEP
            last = int(np.searchsorted(ends[begin:stop], limit, "right")) + begin
            until = int(np.searchsorted(places, max(last, begin + 1)))
            end = int(places[until - 1]) + 1
            yield _read(segment.log_fd, begin, end, offsets[begin:end], ends[begin:end])
            at = until


def _read(
    fd: int, first: int, stop: int, offsets: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> Stretch:
    base = int(offsets[0])
    size = int(ends.max()) - base
    data = b""
    # A forged index may say anything; then the rows are read one by one.
    if base >= 0 and int(offsets.min()) >= base and size <= STEP + MAX_PAYLOAD:
        data = os.pread(fd, size, base)
    return Stretch(first, stop, (offsets - base).tolist(), (ends - base).tolist(), data)
