"""Reads the bytes of many consecutive rows from the log at a time.

The bytes of a stretch are not verified: a caller that finds something in them asks whether the row
is intact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.trace.payloads import payload_start
from gvtui.trace.records import MAX_PAYLOAD
from gvtui.trace.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from gvtui.trace.bytesource import ByteSource
    from gvtui.trace.damage import Damage
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
            yield _read(segment.log, begin, end, offsets[begin:end], ends[begin:end])
            at = until


def intact(
    segments: Sequence[Segment],
    start: int,
    rows: npt.NDArray[np.void],
    asked: npt.NDArray[np.bool_],
    damage: Damage,
) -> npt.NDArray[np.bool_]:
    """Which of some rows have records that are as they came: each batch is checked once.

    Args:
        segments: what the rows are from.
        start: row id of the first of `rows`.
        rows: consecutive rows.
        asked: which of them to check; the answer for others is False.
        damage: what is damaged is noted here.
    """
    holds = np.zeros(len(rows), np.bool_)
    places = np.flatnonzero(asked)
    offsets = rows["offset"][places].astype(np.int64)
    ends = offsets + rows["length"][places]
    for segment in segments:
        at, stop = np.searchsorted(
            places, [segment.first_row - start, segment.end_row - start]
        ).tolist()
        while at < stop:
            place = int(places[at])
            row = Row(*rows[place].tolist())
            good = segment.payloads.intact_in(start + place, row)
            until = at + 1
            if good is None:
                damage.note(segment.number, payload_start(row))
            else:
                most = min(stop, at + 1 + len(good))
                inside = (offsets[at + 1 : most] >= good.start) & (ends[at + 1 : most] <= good.stop)
                until = most if inside.all() else until + int(np.argmin(inside))
                holds[places[at:until]] = True
            at = until
    return holds


def _read(
    log: ByteSource,
    first: int,
    stop: int,
    offsets: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> Stretch:
    base = int(offsets[0])
    size = int(ends.max()) - base
    data = b""
    # A forged index may say anything; then the rows are read one by one.
    if base >= 0 and int(offsets.min()) >= base and size <= STEP + MAX_PAYLOAD:
        data = log.pread(size, base)
    return Stretch(first, stop, (offsets - base).tolist(), (ends - base).tolist(), data)
