"""Reads a whole trace once: counts its messages, finds damage, and checks its summaries."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace.accounting import Accounting
from gvtui.trace.batches import FORMAT
from gvtui.trace.connection import NEVER_AGAIN
from gvtui.trace.details import text_in, unpack_details
from gvtui.trace.losses import Losses
from gvtui.trace.records import HEAD_SIZE, LogKind, Record, has_real_size
from gvtui.trace.row import Kind
from gvtui.trace.scanning import Begin, Messages, scan_log
from gvtui.trace.summary import ConnectionCounts, Reception, Summary, tally_of
from gvtui.trace.thinned import thinned_in
from gvtui.trace.window import Window
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress
    from gvtui.trace.scanning import Item
    from gvtui.trace.summary import SummaryCounts

_CHUNK = 1 << 16
"""How many rows are read in one step."""

_STEP_BYTES = 16 << 20
"""After how many bytes of log progress is reported."""

_MAX_PROGRAM = 60
_MAX_PROBLEMS = 100
_MAX_NAMES = 64


@dataclass(slots=True)
class Survey:
    """The result of reading a whole trace."""

    formats: set[int] = field(default_factory=set)
    """Formats of its logs, 1 and 2; none of a save file."""
    segments: int = 0
    recordings: int = 0
    """How many recordings are joined in this file; 1 for an ordinary one."""
    programs: list[str] = field(default_factory=list)
    """The programs that wrote it."""
    log_bytes: int = 0
    closed_segments: int = 0
    """Segments with a summary: their writer could finish them."""
    first_ns: int = 0
    """When the first record was received, ns since the epoch; 0 where nothing tells."""
    last_ns: int = 0
    accounting: Accounting = field(default_factory=Accounting)
    losses: Losses = field(default_factory=Losses)
    """What could not be written, and why, as the monitor counted it."""
    tally: ConnectionCounts = field(default_factory=ConnectionCounts)
    """By connection, as the index has it."""
    may_be_less_let_go: bool = False
    """Whether `accounting.let_go` is only the most that was let go: some of it may be missing."""
    may_lack_drops: bool = False
    """Whether `accounting.dropped` is only the least that was dropped."""
    problems: list[str] = field(default_factory=list)
    """What does not add up, in sentences without full stop."""

    @property
    def has_checksums(self) -> bool:
        """Whether any changed byte would be noticed."""
        return self.formats == {FORMAT}


class _Recording:
    """One recording of those in a file."""

    def __init__(self) -> None:
        self.logged = self.let_go = self.missing = self.dropped_let_go = 0
        self.reception: Reception | None = None
        self.is_closed = False
        self.lacks_beginning = False
        """Whether no header has told yet what was before."""
        self.is_nameless = False
        """Whether the header that it begins with is damaged."""
        self.begins_with_piece = False
        """Whether what its pieces lack is not told by a header in front of them all."""


class _Reading:
    """Goes over the logs of a trace."""

    def __init__(self, trace: Trace) -> None:
        self.survey = Survey()
        self._trace = trace
        self._recording: _Recording | None = None
        self._recordings: list[_Recording] = []
        self._thinned = trace.thinned_pieces if trace.is_folder else {}
        self._in_segment = 0
        self._is_counted = True
        """Whether a summary tells that nothing of the segment is missing; so it is before all."""
        self._lost_bytes = 0

    def read(self, number: int, item: Item) -> None:
        """Take in an item of the log of a segment with this number."""
        if isinstance(item, Begin):
            self._begin(number, item)
        elif isinstance(item, Messages):
            self._logged(item.whole)
            for place in item.damaged:
                self._trace.damage.note(number, item.batch.offsets[place])
            for place in (0, item.whole - 1):
                self._time(item.batch.time(place))
        elif isinstance(item, int):
            self._lost_bytes += item
        else:
            self._record(number, item)

    def _record(self, number: int, record: Record) -> None:
        if record.is_damaged:
            self._trace.damage.note(number, record.offset)
        is_cut = record.kind == LogKind.TRUNCATED
        if is_cut and not record.is_damaged and not has_real_size(record.payload):
            # No index has a row for it.
            self._lost_bytes += HEAD_SIZE + len(record.payload)
        elif record.kind == LogKind.MESSAGE or is_cut:
            self._logged(1)
        elif record.kind == LogKind.SUMMARY and self._recording is not None:
            summary = Summary.read(unpack_details(record.payload))
            self.survey.closed_segments += 1
            self._recording.is_closed = True
            self._recording.reception = summary.reception
            said = summary.tally.total().messages
            self._is_counted = said == self._in_segment
            if said != self._in_segment:
                self._problem(
                    f"a segment's summary counts {counted(said, 'message')}, its log has "
                    f"{self._in_segment:,}"
                )
        if record.kind not in (LogKind.HEADER, LogKind.SUMMARY):
            # Those say when the file was made, which may be later.
            self._time(record.recv_ns)

    def _logged(self, count: int) -> None:
        self._in_segment += count
        if self._recording is not None:
            self._recording.logged += count

    def _begin(self, number: int, begin: Begin) -> None:
        survey = self.survey
        survey.segments += 1
        survey.formats.add(begin.format)
        program = text_in(begin.head, "program", _MAX_PROGRAM)
        if program and program not in survey.programs and len(survey.programs) < _MAX_NAMES:
            survey.programs.append(program)
        self._in_segment, is_counted, self._is_counted = 0, self._is_counted, False
        recording = self._recording
        before = ConnectionCounts.read(begin.head.get("before"))
        total = before.total()
        if recording is None or begin.is_joined:
            self._recording = recording = self._new_recording(begin, total)
            self._note_unknown(before)
        else:
            recording.is_closed = False
            told = recording.let_go + recording.missing + recording.logged
            more = total.messages - told if begin.head else 0
            if recording.lacks_beginning:
                survey.may_be_less_let_go |= more > 0 and not is_counted
                survey.may_lack_drops = True
                recording.let_go += max(0, more)
                recording.lacks_beginning = "before" not in begin.head
                self._note_unknown(before)
            elif more > 0:
                recording.missing += more
                survey.may_lack_drops = True
                self._problem(f"{counted(more, 'message')} of segments between others are missing")
        thinned = self._thinned.get(number)
        if recording.begins_with_piece and "thinned" in begin.head:
            thinned = thinned_in(begin.head)
        if thinned is not None:
            if not begin.head and not thinned.to_ns:
                # Its mark cannot be read either.
                recording.lacks_beginning = survey.may_be_less_let_go = True
            gone = thinned.counts.total()
            recording.let_go += gone.messages
            recording.dropped_let_go += gone.dropped
            self._note_unknown(thinned.counts)

    def _new_recording(self, begin: Begin, before: SummaryCounts) -> _Recording:
        """Begin with another recording, before which its header says that so much came."""
        recording = _Recording()
        recording.let_go, recording.dropped_let_go = before.messages, before.dropped
        is_known = "before" in begin.head or begin.format != FORMAT
        recording.lacks_beginning = self._trace.is_folder and not is_known
        recording.is_nameless = not begin.head
        recording.begins_with_piece = not self._trace.is_folder and "thinned" in begin.head
        former = self._recording
        if former is not None and former.is_nameless:
            if not former.logged and not former.missing:
                # Of a copy of a flight recorder, what told who stood at its beginning.
                self._recordings.remove(former)
            elif before.messages:
                # What came before may be what stands there.
                self.survey.may_be_less_let_go = self.survey.may_lack_drops = True
                recording.dropped_let_go = 0
        self._recordings.append(recording)
        return recording

    def _note_unknown(self, gone: ConnectionCounts) -> None:
        """Note that of who is not known any more nothing tells whether it was asked at its end."""
        known = self._trace.connections
        self.survey.may_lack_drops |= gone.other_connections > 0 or any(
            conn not in known for conn in gone.by_conn
        )

    def _time(self, when_ns: int) -> None:
        survey = self.survey
        if when_ns:
            survey.first_ns = min(survey.first_ns or when_ns, when_ns)
            survey.last_ns = max(survey.last_ns, when_ns)

    def _problem(self, text: str) -> None:
        if len(self.survey.problems) < _MAX_PROBLEMS:
            self.survey.problems.append(text)

    def note_empty(self, number: int) -> None:
        """Note a segment, not the newest, of which nothing is left."""
        self._problem(f"segment {number:,} is empty: all that it had is missing")

    def note_lost_bytes(self) -> None:
        """Note in the trace how many bytes cannot be read."""
        self._trace.damaged_bytes = max(self._trace.damaged_bytes, self._lost_bytes)

    def finish(self) -> Survey:
        """What has been read, once the index is counted too."""
        survey, trace = self.survey, self._trace
        accounting = survey.accounting
        survey.recordings = len(self._recordings)
        self.note_lost_bytes()
        for start in range(trace.first_row, trace.end_row, _CHUNK):
            rows = trace.rows(start, min(start + _CHUNK, trace.end_row))
            tally_of(rows, survey.tally)
            accounting.indexed += int(np.count_nonzero(rows["kind"] == Kind.MESSAGE))
        for recording in self._recordings:
            accounting.logged += recording.logged
            accounting.let_go += recording.let_go
            accounting.missing += recording.missing
            accounting.dropped_let_go += recording.dropped_let_go
        accounting.dropped = survey.tally.total().dropped + accounting.dropped_let_go
        survey.may_lack_drops |= trace.connections.may_lack_drops(NEVER_AGAIN)
        if trace.first_row and not accounting.let_go:
            # A header that cannot be read, or does not tell what was before.
            survey.may_lack_drops = True
        receptions = [each.reception for each in self._recordings if each.is_closed]
        for reception in receptions:
            if reception is not None:
                accounting.lost += reception.lost
                for limit, count in reception.refused.items():
                    accounting.refused[limit] = accounting.refused.get(limit, 0) + count
                survey.losses.merge(reception.losses)
        told = [reception.received for reception in receptions if reception is not None]
        if told and len(told) == len(self._recordings):
            accounting.received = sum(told)
        if trace.is_save_file:
            accounting.logged = accounting.indexed
        for problem in accounting.problems():
            self._problem(problem)
        return survey


def survey(trace: Trace, progress: Progress | None = None) -> Survey:
    """Read all of a trace but the rows that are held back, and note in it what is damaged.

    Args:
        trace: an open trace; it stays the caller's.
        progress: called with bytes done and bytes in all.

    Raises:
        OSError: a log cannot be read.
    """
    return _read(trace, progress).finish()


def find_damage(trace: Trace, progress: Progress | None = None) -> None:
    """Note in a trace all that its checksums say is damaged; nothing where it has none.

    Args:
        trace: an open trace; it stays the caller's.
        progress: called with bytes done and bytes in all.

    Raises:
        OSError: a log cannot be read.
    """
    if trace.has_checksums:
        _read(trace, progress).note_lost_bytes()


def _read(trace: Trace, progress: Progress | None) -> _Reading:
    reading = _Reading(trace)
    extents, held_from = trace.log_extents(), trace.held_from()
    try:
        total = sum(size for _, size in extents)
        done = told = 0
        for number, (log, size) in zip(trace.segment_numbers, extents, strict=True):
            if held_from is not None and number > held_from[0]:
                break
            reading.survey.log_bytes += size
            if not size and number != trace.segment_numbers[-1]:
                reading.note_empty(number)
            for each in scan_log(Window(log, size)) if not trace.is_save_file else ():
                item: Item | None = each
                if held_from is not None and number == held_from[0]:
                    item = _before(each, held_from[1])
                if item is None:
                    break
                reading.read(number, item)
                position = done + _end_of(item)
                if progress and position - told >= _STEP_BYTES:
                    told = position
                    progress(told, total)
            done += size
        if progress:
            progress(total, total)
    finally:
        for log, _ in extents:
            log.close()
    return reading


def _before(item: Item, offset: int) -> Item | None:
    """What of an item comes before an offset; None if nothing does."""
    if isinstance(item, int):
        return item
    if not isinstance(item, Messages):
        return item if item.offset < offset else None
    count = bisect_left(item.batch.offsets, offset)
    if not count:
        return None
    damaged = [place for place in item.damaged if place < count]
    return item._replace(whole=min(item.whole, count), damaged=damaged)


def _end_of(item: Item) -> int:
    if isinstance(item, Messages):
        return item.batch.end
    return item.offset if isinstance(item, Record) else 0
