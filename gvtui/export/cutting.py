"""Cuts a part out of a recording, with all that a reader of the part needs of what was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.times import second_text
from gvtui.errors import GvtuiError
from gvtui.export.copying import RowCopying
from gvtui.export.newrecording import new_recording, write_beside
from gvtui.export.recording import writer_for
from gvtui.export.recordingsink import RecordingSink
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.elapsed import times_of
from gvtui.trace.marks import SessionMark
from gvtui.trace.origin import OriginMark, TraceOrigin
from gvtui.trace.standing import overlapping
from gvtui.trace.thinned import ThinnedMark

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.export.selection import Selection
    from gvtui.trace.marks import Mark
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress

_STEP = 4096
_CHUNK = 1 << 16


class CutError(GvtuiError):
    """There is nothing to cut out."""


@dataclass(frozen=True, slots=True)
class MadeRecording:
    """What was written to a new recording."""

    messages: int
    lost_bookmarks: int = 0
    """Bookmarks of rows that were left out."""


def span_of(trace: Trace) -> tuple[int, int]:
    """When the first and the last row of a trace were received, Unix nanoseconds; zeros if nothing
    tells."""
    first = last = 0
    for start in range(trace.first_row, trace.end_row, _CHUNK):
        times = times_of(trace.rows(start, min(start + _CHUNK, trace.end_row)))
        times = times[times > 0]
        if len(times):
            first = min(first or int(times.min()), int(times.min()))
            last = max(last, int(times.max()))
    return first, last


def first_at(trace: Trace, time_ns: int, start: int) -> int:
    """The first row from `start` on that was received at a time or later; the end if there is none.

    Rows are asked one after the other: where the clock was set back, times do not follow each
    other.
    """
    for begin in range(start, trace.end_row, _CHUNK):
        found = np.flatnonzero(
            times_of(trace.rows(begin, min(begin + _CHUNK, trace.end_row))) >= time_ns
        )
        if len(found):
            return begin + int(found[0])
    return trace.end_row


def origin_of(trace: Trace, from_ns: int = 0, to_ns: int = 0, shift: int = 0) -> TraceOrigin:
    """A trace, or a part of it, as a recording that is made from it tells it."""
    told = trace.oldest_head().get("id")
    trace_id = told.hex() if isinstance(told, bytes) else ""
    return TraceOrigin(
        trace.path.resolve().name, trace_id, tuple(trace.host.items()), from_ns, to_ns, shift
    )


def cut(
    selection: Selection,
    out: Path,
    *,
    from_ns: int = 0,
    to_ns: int = 0,
    progress: Progress | None = None,
) -> MadeRecording:
    """Write the chosen rows of a time to a new recording.

    Two parts of which the second begins when the first ends have each row once, and each drop is
    counted in one of them. A gap, or a loss, that lies in both is told in both.

    Args:
        selection: which rows of which trace.
        out: the new recording; it appears when it is whole.
        from_ns: rows received at this Unix time or later; 0 for all.
        to_ns: rows received before the first one of this time or later; 0 for all.
        progress: called with rows done and rows in all.

    Raises:
        CutError: no row is of that time, or there is none.
        UsageError: the name of the new file says that it has another format.
        ConvertError: the file exists, or cannot be written.
    """
    trace = selection.trace
    first = first_at(trace, from_ns, trace.first_row) if from_ns else trace.first_row
    stop = first_at(trace, to_ns, first) if to_ns else trace.end_row
    if first >= stop:
        raise CutError(f"{trace.path} has {_lack(trace) if from_ns or to_ns else 'no rows'}")
    bookmarks = {each.row: each for each in Bookmarks(trace) if first <= each.row < stop}
    is_part = (first, stop) != (trace.first_row, trace.end_row)
    begin_ns = int(times_of(trace.rows(first, first + 1))[0])
    if from_ns and first > trace.first_row:
        # The part also has the time in which nothing came; not that before the recording.
        begin_ns = from_ns
    with new_recording(out) as unfinished:
        from_first = first == trace.first_row
        writer = writer_for(trace, unfinished, from_first=from_first, from_ns=from_ns, to_ns=to_ns)
        sink = RecordingSink(writer)
        copying = RowCopying(
            selection, sink, is_part=is_part, from_ns=from_ns, to_ns=to_ns, bookmarks=bookmarks
        )
        origin = OriginMark("cut", (origin_of(trace, from_ns, to_ns),), selection.filter_text)
        copying.mark(begin_ns, origin.details(), 0)
        copying.retell(first, begin_ns)
        outside = [
            (row, mark)
            for row, each in overlapping(trace, first, stop, from_ns, to_ns)
            for mark in [_gap_of(each)]
        ]
        for row, mark in outside:
            if isinstance(mark, ThinnedMark):
                copying.thinned(begin_ns, mark)
            elif row < first:
                copying.mark(trace.row(row).recv_ns, mark.details(), 0)
        for start in range(first, stop, _STEP):
            copying.copy(start, min(start + _STEP, stop))
            if progress:
                progress(start - first, stop - first)
        copying.finish()
        for row, mark in outside:
            if row >= stop and not isinstance(mark, ThinnedMark):
                copying.mark(trace.row(row).recv_ns, mark.details(), 0)
        sink.close()
    write_beside(out, copying.bookmarked)
    if progress:
        progress(1, 1)
    return MadeRecording(sink.messages, len(bookmarks) - len(copying.bookmarked))


def _lack(trace: Trace) -> str:
    """What a trace has in place of rows of a time that was asked for."""
    first, last = map(second_text, span_of(trace))
    return f"nothing of that time: it goes from {first} to {last}" if last else "no row with a time"


def _gap_of(mark: Mark) -> Mark:
    """The gap that a session mark tells of, without the session; any other mark as it is."""
    return (mark.gap if isinstance(mark, SessionMark) else None) or mark
