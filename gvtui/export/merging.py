"""Merges recordings into one, by time."""

from __future__ import annotations

from dataclasses import replace
from heapq import merge as merged_by_time
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from gvtui.errors import GvtuiError
from gvtui.export.copying import RowCopying
from gvtui.export.cutting import MadeRecording, origin_of
from gvtui.export.newrecording import new_recording, write_beside
from gvtui.export.recording import drops_before
from gvtui.export.recordingsink import RecordingSink
from gvtui.export.selection import Selection
from gvtui.limits import AS_THEY_COME
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.elapsed import Elapsed, times_of
from gvtui.trace.excerpts import ExcerptMark
from gvtui.trace.letgo import together
from gvtui.trace.marks import GapMark, LostMark, SessionMark, read_mark
from gvtui.trace.origin import OriginMark
from gvtui.trace.row import Kind, Row
from gvtui.trace.summary import ConnectionCounts
from gvtui.trace.writer import TraceWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gvtui.trace.marks import Mark
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress

_CHUNK = 1 << 14
_MOST_MARKS = 1 << 16
"""Gaps and losses of which it is known whether they were told already."""


class MergeError(GvtuiError):
    """Recordings cannot be in one."""


class ToldOnce:
    """Leaves out what two parts of one recording tell of the time around their border."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()
        self.has_excerpt = False
        """Whether a recording has chosen messages only."""

    def look(self, trace: Trace) -> None:
        """Find the gaps that session marks tell: no other mark must tell them again."""
        for start in range(trace.first_row, trace.end_row, _CHUNK):
            rows = trace.rows(start, min(start + _CHUNK, trace.end_row))
            for place in np.flatnonzero(rows["kind"] == Kind.MARK).tolist():
                mark = read_mark(trace.details(start + place))
                self.has_excerpt |= isinstance(mark, ExcerptMark)
                if isinstance(mark, SessionMark) and mark.gap is not None:
                    self._note(mark.gap.span)

    def is_new(self, mark: Mark) -> bool:
        """Whether a mark is to be written: what it tells has not been written yet."""
        if isinstance(mark, GapMark):
            return self._note(mark.span)
        if isinstance(mark, LostMark) and mark.until_ns:
            loss = (mark.messages, mark.since_ns, mark.until_ns, mark.why, mark.bytes)
            return self._note(loss)
        return True

    def _note(self, key: tuple[object, ...]) -> bool:
        is_new = key not in self._told
        if len(self._told) < _MOST_MARKS:
            self._told.add(key)
        return is_new


def merge(traces: Sequence[Trace], out: Path, *, progress: Progress | None = None) -> MadeRecording:
    """Write the rows of several traces to one new recording, by time of receipt.

    The rows of each trace stay in their order. Connections get new numbers: those of the second
    trace follow those of the first. A gap, or a loss, that two traces tell alike is told once.

    Args:
        traces: two or more.
        out: the new recording; it appears when it is whole.
        progress: called with rows done and rows in all.

    Raises:
        MergeError: they are of different architectures.
        UsageError: the name of the new file says that it has another format.
        ConvertError: the file exists, or cannot be written.
    """
    known = {each.architecture for each in traces} - {UNKNOWN_ARCHITECTURE}
    if len(known) > 1:
        raise MergeError(
            "a recording is of one architecture, and these are of several: "
            + ", ".join(f"{each.path} of {each.architecture}" for each in traces)
        )
    limits = replace(AS_THEY_COME, drops_a_second=max(each.drops_a_second for each in traces))
    hosts = [each.host for each in traces]
    host = hosts[0] if all(each == hosts[0] for each in hosts) else {}
    architecture = known.pop() if known else UNKNOWN_ARCHITECTURE
    once = ToldOnce()
    for trace in traces:
        once.look(trace)
    with new_recording(out) as unfinished:
        before, shifts = ConnectionCounts(), _shifts(traces)
        for trace, shift in zip(traces, shifts, strict=True):
            before.add(drops_before(trace, shift))
        writer = TraceWriter(
            unfinished,
            architecture=architecture,
            limits=limits,
            before=before,
            host=host,
            let_go=together(zip((trace.let_go for trace in traces), shifts, strict=True)),
        )
        sink = RecordingSink(writer)
        copyings = _copyings(traces, shifts, sink, once)
        begin = min((time for trace in traces if (time := _first_time(trace))), default=0)
        sources = tuple(
            origin_of(trace, shift=shift) for trace, shift in zip(traces, shifts, strict=True)
        )
        copyings[0].mark(begin, OriginMark("merged", sources).details(), 0)
        if once.has_excerpt:
            # What became of execs is then noted of all.
            sink.is_excerpt = True
            copyings[0].mark(begin, ExcerptMark("").details(), 0)
        for trace, copying in zip(traces, copyings, strict=True):
            if trace.first_row:
                copying.retell(trace.first_row, _first_time(trace))
        total = sum(trace.end_row - trace.first_row for trace in traces)
        rows = (_rows(number, trace) for number, trace in enumerate(traces))
        for done, (_, number, row_id, row) in enumerate(merged_by_time(*rows)):
            copyings[number].row(row_id, row, is_chosen=True)
            if progress and done % _CHUNK == 0:
                progress(done, total)
        for copying in copyings:
            copying.finish()
        sink.close()
    bookmarks = [each for copying in copyings for each in copying.bookmarked]
    write_beside(out, bookmarks)
    if progress:
        progress(1, 1)
    return MadeRecording(sink.messages)


def _shifts(traces: Sequence[Trace]) -> list[int]:
    """What is added to the numbers of the connections of each trace."""
    return list(accumulate(map(_highest, traces[:-1]), initial=0))


def _copyings(
    traces: Sequence[Trace], shifts: Sequence[int], sink: RecordingSink, once: ToldOnce
) -> list[RowCopying]:
    copyings = []
    for trace, shift in zip(traces, shifts, strict=True):
        selection = Selection(trace)
        # All outcomes of execs are asked for, as they come.
        selection.look_ahead_at_execs()
        bookmarks = {each.row: each for each in Bookmarks(trace)}
        copyings.append(
            RowCopying(selection, sink, shift=shift, bookmarks=bookmarks, is_wanted=once.is_new)
        )
    return copyings


def _highest(trace: Trace) -> int:
    """The highest number of a connection."""
    highest = max((conn for conn in trace.connections), default=0)
    for start in range(trace.first_row, trace.end_row, _CHUNK):
        rows = trace.rows(start, min(start + _CHUNK, trace.end_row))
        highest = max(highest, int(rows["conn"].max(initial=0)))
    return highest


def _first_time(trace: Trace) -> int:
    rows = times_of(trace.rows(trace.first_row, trace.first_row + _CHUNK))
    return int(rows[rows > 0][0]) if (rows > 0).any() else 0


def _rows(number: int, trace: Trace) -> Iterator[tuple[int, int, int, Row]]:
    """The rows of a trace, each with the time when it came, by a clock that nobody sets: they stay
    in their order."""
    elapsed = Elapsed(trace, trace.first_row)
    for start in range(trace.first_row, trace.end_row, _CHUNK):
        rows = trace.rows(start, min(start + _CHUNK, trace.end_row))
        times = elapsed.read(start + len(rows)).tolist()
        for place, values in enumerate(rows.tolist()):
            yield times[place], number, start + place, Row(*values)
