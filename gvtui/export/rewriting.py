"""Goes over the logs of a recording, and writes anew all of them that can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gvtui.trace.batches import FORMAT
from gvtui.trace.carried import carried_in
from gvtui.trace.details import int_in, list_in, unpack_details
from gvtui.trace.losses import DAMAGED
from gvtui.trace.marks import DropsMark, LostMark
from gvtui.trace.rebuild import JoinedNumbers
from gvtui.trace.records import REAL_SIZE, LogKind, Record, has_real_size
from gvtui.trace.scanning import Begin, Messages
from gvtui.trace.summary import ConnectionCounts, Summary
from gvtui.trace.thinned import ThinnedMark, thinned_in
from gvtui.wire.header import MIN_HEADER_SIZE
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.trace.scanning import Item
    from gvtui.trace.writer import TraceWriter

_NAMED = 5
"""Offsets that are told one by one."""
_MAX_WORDS = 1000
"""Clauses that are kept."""
_UINT32 = 0xFFFFFFFF
_HALF = 1 << 31


@dataclass(slots=True)
class RepairReport:
    """What was read, and what was not."""

    messages: int = 0
    """Messages that were written."""
    lost: int = 0
    """Messages that are known to be lost."""
    unreadable: int = 0
    """Bytes that could not be read."""
    words: list[str] = field(default_factory=list)
    """What was lost, in clauses: at which offset, of which connection."""
    notes: list[str] = field(default_factory=list)
    """What else is to be known, in clauses: nothing is lost by it."""

    def tell(self, words: str) -> None:
        """Take up something that was lost."""
        if len(self.words) < _MAX_WORDS:
            self.words.append(words)


@dataclass(slots=True)
class _SegmentCounts:
    """What a segment has shown so far."""

    number: int = 1
    messages: int = 0
    """Damaged ones included."""
    drops: dict[int, int] = field(default_factory=dict)
    """What had been counted of each connection when it began."""
    is_closed: bool = True
    lacks_head: bool = False
    """Whether nothing of its header can be read."""


class Rewriting:
    """Goes over the logs of a recording."""

    def __init__(self, out: TraceWriter, head: dict[str, Any], *, has_beginning: bool) -> None:
        """Begin.

        Args:
            out: where to write.
            head: the header of the first segment, with all that was let go before it.
            has_beginning: whether the first log is the first that was written.
        """
        self.report = RepairReport()
        self._out = out
        self._head = head
        self._has_beginning = has_beginning
        self._joined = JoinedNumbers()
        self._segment: _SegmentCounts | None = None
        self._name = ""
        self._position = 0
        self._newest_ns = 0
        self._stretch = 0
        """Bytes that could not be read, of which no mark tells yet."""
        self._open: dict[int, int] = {}
        """The last dropped count of each connection that stands."""
        self._expected = 0
        """Messages that were before, as far as headers or logs tell."""
        self._let_go = 0
        """Messages that a flight recorder let go of segments of which it kept a piece."""
        self._is_piece = False
        self._lacks_beginning = False
        """Whether no header has told yet what was before."""
        self._lacks_thinned = False
        """Whether neither header nor mark of a piece tells what was let go."""
        self._is_counted = True
        """Whether the summary of the last segment has told how many messages it had."""

    def log(self, name: str, items: Iterable[Item], *, is_piece: bool = False) -> Iterator[int]:
        """Take in a log; `name` is told with offsets. Gives how far it has been read."""
        self._name, self._position, self._is_piece = name, 0, is_piece
        for item in items:
            self._take(item)
            yield self._position
        self._told_stretch(self._newest_ns)

    def finish(self) -> RepairReport:
        """All has been read."""
        self._end_segment()
        if self._let_go:
            self.report.notes.append(
                f"{counted(self._let_go, 'message')} had been let go, of sandboxes that held more "
                "than an equal share"
            )
        return self.report

    def _take(self, item: Item) -> None:
        if isinstance(item, int):
            self.report.unreadable += item
            self.report.tell(
                f"{counted(item, 'byte')} {self._at(self._position)} could not be read"
            )
            self._stretch += item
            self._position += item
        elif isinstance(item, Begin):
            self._begin(item)
        elif isinstance(item, Messages):
            self._messages(item)
            self._position = item.batch.body + sum(item.batch.sizes[: item.whole])
        else:
            self._position = item.offset + len(item.payload)
            self._record(item)

    def _at(self, *offsets: int) -> str:
        named = ", ".join(map(str, offsets[:_NAMED]))
        more = f" and {len(offsets) - _NAMED:,} more" if len(offsets) > _NAMED else ""
        return f"at offset{'s' * (len(offsets) > 1)} {named}{more}" + self._name

    def _begin(self, begin: Begin) -> None:
        self._end_segment()
        self._joined.begin(begin)
        self._position = begin.end
        is_first = self._segment is None or begin.is_joined
        is_base = is_first and not (self._has_beginning and self._segment is None)
        number = int_in(begin.head, "segment", 1)
        # Format 1 does not tell whether it was closed.
        is_closed = begin.format != FORMAT
        lacks_head = not begin.head and begin.format == FORMAT
        self._segment = _SegmentCounts(number, is_closed=is_closed, lacks_head=lacks_head)
        if lacks_head:
            self.report.tell(f"the header of a segment {self._at(begin.position)} is damaged")
        self._count_before(begin.head, number, is_base=is_base)
        self._thinned(thinned_in(begin.head))
        self._lacks_thinned = lacks_head and self._is_piece
        self._stand(begin, is_first=is_first)
        for conn in self._open:
            self._segment.drops[conn] = self._out.counts_of(conn).dropped

    def _count_before(self, head: dict[str, Any], number: int, *, is_base: bool) -> None:
        """Compare what a header says was before with what has been read."""
        before = ConnectionCounts.read(head.get("before")).total().messages
        missing = before - self._expected
        if is_base:
            self._expected = before
            self._lacks_beginning = "before" not in head
        elif (self._lacks_beginning or self._lacks_thinned) and "before" in head:
            is_most = self._lacks_thinned or not self._is_counted
            self._lacks_beginning = False
            self._expected = max(before, self._expected)
            if missing > 0 and is_most:
                self.report.notes.append(
                    f"at most {counted(missing, 'message')} of segments before number {number} had "
                    "been let go: what tells how many, and whether others are lost, is damaged"
                )
        elif missing > 0:
            self._expected = before
            self.report.tell(f"{counted(missing, 'message')} of segments before number {number}")
            self._lost(missing, self._newest_ns, self._newest_ns)
        self._is_counted = False

    def _thinned(self, thinned: ThinnedMark) -> None:
        """Count what was let go of the segments that a piece was kept of."""
        let_go = thinned.counts.total().messages
        self._let_go += let_go
        self._expected += let_go

    def _stand(self, begin: Begin, *, is_first: bool) -> None:
        """Write who stood when the segment began, as far as that is not known."""
        # Before a piece comes all that was let go of later ones too.
        head = self._head if is_first and thinned_in(begin.head).to_ns else begin.head
        counts = ConnectionCounts.read(head.get("before"))
        processes = dict(carried_in(head)) if is_first else {}
        for entry in list_in(head, "connections"):
            if not isinstance(entry, list) or list(map(type, entry)) != [int, int, dict, int]:
                continue
            number, opened_ns, details, dropped = entry
            conn = self._joined.moved(number)
            if conn not in self._open:
                before = counts.of(number).dropped if is_first else 0
                told = {"dropped_before": dropped, "drops_before": before}
                self._opened(conn, opened_ns, {**details, **told})
                if number in processes:
                    self._out.mark(opened_ns, processes[number].details(), conn)
            elif 0 < (dropped - self._open[conn]) & _UINT32 < _HALF:
                self._drops(conn, dropped)

    def _end_segment(self) -> None:
        self._told_stretch(self._newest_ns)
        segment = self._segment
        if segment is not None and not segment.is_closed:
            self.report.notes.append(
                f"segment {segment.number:,} was not closed: its writer was ended, and what it had "
                "not written is not known"
            )
            segment.is_closed = True

    def _opened(self, conn: int, opened_ns: int, details: dict[str, Any]) -> None:
        self._out.opened(conn, opened_ns, details)
        self._open[conn] = int_in(details, "dropped_before") & _UINT32

    def _messages(self, item: Messages) -> None:
        batch, payloads = item.batch, item.payloads()
        conn = self._joined.moved(batch.conn)
        if item.whole:
            self._told_stretch(batch.time(0))
        start = 0
        for bad in [*item.damaged, item.whole]:
            good = [(batch.time(place), payloads[place]) for place in range(start, bad)]
            self._out.messages(conn, good)
            self.report.messages += len(good)
            for when, payload in good:
                self._newest_ns = max(self._newest_ns, when)
                self._follow(conn, payload)
            start = bad + 1
        self._seen(item.whole)
        if item.damaged:
            offsets = [batch.offsets[place] for place in item.damaged]
            times = [batch.time(place) for place in item.damaged]
            self._damaged(offsets, conn, times)

    def _damaged(self, offsets: list[int], conn: int, times: list[int]) -> None:
        many = counted(len(offsets), "message")
        self.report.tell(f"{many} of connection {conn} {self._at(*offsets)}")
        self._lost(len(offsets), times[0], times[-1])

    def _lost(self, messages: int, since_ns: int, until_ns: int, size: int = 0) -> None:
        self.report.lost += messages
        mark = LostMark(messages, since_ns, until_ns, DAMAGED, size)
        self._out.mark(max(until_ns, since_ns), mark.details())

    def _told_stretch(self, until_ns: int) -> None:
        """Mark where bytes could not be read, once it is known what comes behind."""
        stretch, self._stretch = self._stretch, 0
        if stretch:
            since = self._newest_ns or until_ns
            self._lost(0, since, max(since, until_ns), stretch)

    def _seen(self, messages: int) -> None:
        self._expected += messages
        if self._segment is not None:
            self._segment.messages += messages

    def _follow(self, conn: int, payload: bytes) -> None:
        """Follow the dropped count of a connection as whoever makes the rows does."""
        if conn in self._open and len(payload) >= MIN_HEADER_SIZE:
            dropped = int.from_bytes(payload[4:8], "little")
            if 0 < (dropped - self._open[conn]) & _UINT32 < _HALF:
                self._open[conn] = dropped

    def _record(self, record: Record) -> None:
        conn, when = self._joined.moved(record.conn), record.recv_ns
        kind = LogKind(record.kind)
        if kind == LogKind.SUMMARY:
            self._summary(Summary.read(unpack_details(record.payload)), when)
            return
        if kind == LogKind.HEADER:
            return
        self._told_stretch(when)
        self._newest_ns = max(self._newest_ns, when)
        details = {} if record.is_damaged else unpack_details(record.payload)
        if kind == LogKind.TRUNCATED:
            self._truncated(record, conn)
        elif kind == LogKind.MESSAGE:
            self._seen(1)
            self.report.messages += 1
            self._out.message(conn, when, record.payload)
            self._follow(conn, record.payload)
        elif kind == LogKind.OPENED:
            if record.is_damaged:
                self.report.tell(f"who connection {conn} was, {self._at(record.offset)}")
            self._opened(conn, when, details)
        elif kind == LogKind.CLOSED:
            if record.is_damaged:
                self.report.tell(f"why connection {conn} closed, {self._at(record.offset)}")
            self._out.closed(conn, when, details)
            self._open.pop(conn, None)
        elif record.is_damaged:
            self.report.tell(f"a trace mark {self._at(record.offset)}")
        elif details.get("kind") == ThinnedMark.kind:
            if self._is_piece and self._segment is not None and self._segment.lacks_head:
                self._thinned(ThinnedMark.read(details))
                self._lacks_thinned = False
            told = ThinnedMark.read(details).copied(self._joined.shift)
            if told is not None:
                self._out.mark(when, told.details())
        else:
            self._out.mark(when, details, conn)
            if details.get("kind") == DropsMark.kind and conn in self._open:
                self._open[conn] = DropsMark.read(details).dropped & _UINT32

    def _truncated(self, record: Record, conn: int) -> None:
        self._seen(1)
        if record.is_damaged or not has_real_size(record.payload):
            self._damaged([record.offset], conn, [record.recv_ns])
            return
        (size,) = REAL_SIZE.unpack_from(record.payload)
        beginning = record.payload[REAL_SIZE.size :]
        self.report.messages += 1
        self._out.truncated(conn, record.recv_ns, beginning, size)
        self._follow(conn, beginning)

    def _summary(self, summary: Summary, when: int) -> None:
        """Compare with what the segment's writer counted."""
        segment = self._segment
        if segment is None:
            return
        segment.is_closed = self._is_counted = True
        missing = summary.tally.total().messages - segment.messages
        if missing > 0:
            stretch, self._stretch = self._stretch, 0
            self._expected += missing
            many = counted(missing, "message")
            self.report.tell(f"{many} that segment {segment.number:,} had, as its summary counts")
            self._lost(missing, self._newest_ns, self._newest_ns, stretch)
        for number, counts in summary.tally.by_conn.items():
            conn = self._joined.moved(number)
            told = self._out.counts_of(conn).dropped - segment.drops.get(conn, 0)
            if counts.dropped > told:
                self._drops(conn, self._open.get(conn, 0) + counts.dropped - told)

    def _drops(self, conn: int, dropped: int) -> None:
        """Count drops that only lost messages told."""
        mark = DropsMark(dropped & _UINT32, is_left_out=True)
        self._out.mark(self._newest_ns, mark.details(), conn)
        if conn in self._open:
            self._open[conn] = dropped & _UINT32
