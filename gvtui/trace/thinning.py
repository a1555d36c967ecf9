"""Keeps a part of the segments that a flight recorder lets go: what some connections sent.

What is kept of consecutive segments becomes one new segment, a piece. It has the rows of the
connections that stay, in their order, and all that concerns no connection. Its header tells who
stood at the beginning among these, and in `thinned` what was let go, as the mark does that is its
first row (see `gvtui.trace.thinned`), and as `standing` the connections that it has nothing of and
that stood at the end. Strings stay what they are, so rows are copied as they are too.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE
from gvtui.trace import files
from gvtui.trace.batches import LEAD_OF_ONE, MAX_BODY, MAX_COUNT, pack_batch, pack_one
from gvtui.trace.contents import chunks
from gvtui.trace.damage import Damage
from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.indexer import Indexer
from gvtui.trace.output import FULL
from gvtui.trace.records import REAL_SIZE, LogKind
from gvtui.trace.row import ROW_DTYPE, Flag, Kind
from gvtui.trace.segmentwriter import SegmentWriter, removed_on_failure
from gvtui.trace.shrinking import shrink_files
from gvtui.trace.stretches import intact, stretches
from gvtui.trace.strings import StringTable
from gvtui.trace.summary import ConnectionCounts, Summary, numbered, tally_of
from gvtui.trace.thinned import ThinnedMark, connected_in, entries_of, standing_in, thinned_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.trace.contents import Contents
    from gvtui.trace.segment import Segment
    from gvtui.trace.stretches import Stretch

    Rows = npt.NDArray[np.void]

_MOST_PENDING = 1 << 20
"""Bytes that are written together."""

_LOG_KINDS = {
    Kind.OPENED: LogKind.OPENED,
    Kind.CLOSED: LogKind.CLOSED,
    Kind.MARK: LogKind.MARK,
}

_OF_TRACE = ("format", "program", "id", "arch", "host", "drops_a_second", "needs", "previous")
"""What all headers of a trace tell alike."""

UNFINISHED = ".new"
"""The end of the name of a piece that is being written."""
_PACKED = ".packed"
"""What a file of such a piece has at the end of its name besides while it is compressed."""


@dataclass(frozen=True, slots=True)
class Source:
    """A segment, or a piece, of which some connections are kept."""

    segment: Segment
    keeps: Callable[[int], bool]
    """Whether a connection's rows stay; nobody asks for those that a piece has let go already."""
    contents: Contents
    """What is in it."""


def thin(
    folder: Path,
    piece: files.Piece,
    sources: Sequence[Source],
    following: dict[str, Any],
    *,
    packed: bool = False,
    synced: bool = True,
) -> None:
    """Write a piece; it appears when it is whole.

    Args:
        folder: of the flight recorder.
        piece: its name, which must be new.
        sources: of what it is made, oldest first.
        following: the header of what comes behind the last of them.
        packed: whether it is compressed, if that makes it much smaller and there is room for it.
        synced: whether it must be on the disk itself before it appears.

    Raises:
        OSError: it cannot be written; then nothing of it is there.
    """
    log = folder / piece.name
    unfinished = log.with_name(log.name + UNFINISHED)
    plain = (unfinished, files.index_path(unfinished))
    small = tuple(each.with_name(each.name + _PACKED) for each in plain)
    # Leftovers of one who was ended: the name is nobody else's.
    _remove(*plain, *small, files.index_path(log))
    try:
        _write(unfinished, piece, sources, following)
        is_small = packed and _pack(plain, small, synced=synced)
        if synced and not is_small:
            _sync(*plain)
        made, other = (small, plain) if is_small else (plain, small)
        _remove(*other)
    except OSError:
        _remove(*plain, *small)
        raise
    # Its index first: a log without one would be read for damaged.
    os.rename(made[1], files.index_path(log))
    os.rename(made[0], log)


def _write(
    log: Path, piece: files.Piece, sources: Sequence[Source], following: dict[str, Any]
) -> None:
    """Write a piece into new files."""
    thinned = _thinned(sources)
    head = _head(piece, sources, following, thinned)
    out = SegmentWriter.create(log, head, head["id"], time.time_ns())
    with removed_on_failure(out.index), removed_on_failure(out.log):
        copying = _Copying(out)
        if thinned.to_ns:
            copying.mark(thinned, sources[0].contents.first_ns)
        for source in sources:
            copying.copy(source)
        copying.write()
        summary = Summary(out.rows, copying.tally, None).details()
        out.close(summary, time.time_ns(), 0)


def _pack(plain: Sequence[Path], small: Sequence[Path], *, synced: bool) -> bool:
    """Compress both files of a piece into new ones; False if it is to stay as it is."""
    try:
        return shrink_files(plain, small, synced=synced)
    except OSError as error:
        if error.errno not in FULL:
            raise
        return False


def _sync(*paths: Path) -> None:
    """Bring files onto the disk itself."""
    for path in paths:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _thinned(sources: Sequence[Source]) -> ThinnedMark:
    """What has been let go, and what goes now."""
    before = [thinned_in(source.segment.head()) for source in sources]
    now = [source.contents.without(source.keeps) for source in sources]
    return ThinnedMark().and_also(*before, *now)


def _kept(rows: Rows, source: Source) -> npt.NDArray[np.bool_]:
    """Which rows stay, as far as their connections tell."""
    conns, places = numbered(rows["conn"])
    staying: npt.NDArray[np.bool_] = np.zeros(len(conns), np.bool_)
    for place in np.flatnonzero(np.bincount(places, minlength=len(conns))).tolist():
        staying[place] = not conns[place] or source.keeps(conns[place])
    kept: npt.NDArray[np.bool_] = staying[places]
    return kept


def _head(
    piece: files.Piece,
    sources: Sequence[Source],
    following: dict[str, Any],
    thinned: ThinnedMark,
) -> dict[str, Any]:
    """The header of a piece."""
    connections: list[Any] = []
    processes: list[Any] = []
    lacking: set[int] = set()
    for place, source in enumerate(sources):
        head = source.segment.head()
        told = {conn for conn in connected_in(head) if source.keeps(conn)}
        if place:
            # All others have rows in the source before, their beginning or an entry among them.
            told &= lacking
        connections += entries_of(head, "connections", told)
        processes += entries_of(head, "processes", told)
        behind = sources[place + 1].segment.head() if place + 1 < len(sources) else following
        stays = connected_in(behind)
        lacking = standing_in(head) | {conn for conn in stays if not source.keeps(conn)}
    first = sources[0].segment.head()
    if "id" not in first:
        # Damaged: nothing tells any more what was before.
        first = {**{name: following.get(name) for name in _OF_TRACE}, **first}
    return {
        **first,
        "segment": piece.last,
        "first_row": 0,
        "connections": connections,
        "processes": processes,
        "thinned": {**thinned.details(), "standing": sorted(lacking)},
    }


@dataclass(slots=True)
class _Copying:
    """Copies rows and their records into a piece."""

    out: SegmentWriter
    tally: ConnectionCounts = field(default_factory=ConnectionCounts)
    _records: list[bytes | memoryview] = field(default_factory=list)
    _rows: list[bytes] = field(default_factory=list)
    _size: int = 0

    def mark(self, mark: ThinnedMark, when_ns: int) -> None:
        """Write the mark of what was let go, in front of all that stays."""
        payload, place = pack_details(mark.details()), self._place
        event = Indexer(StringTable(), UNKNOWN_ARCHITECTURE).event
        row = event(Kind.MARK, 0, when_ns, place + LEAD_OF_ONE, len(payload))
        record = pack_one(LogKind.MARK, 0, when_ns, self.out.salt, place, payload)
        self._take([record], np.frombuffer(row, ROW_DTYPE))

    @property
    def _place(self) -> int:
        return self.out.log.size + self._size

    def _take(self, records: list[bytes | memoryview], rows: Rows) -> None:
        self._records += records
        self._size += sum(map(len, records))
        self._rows.append(rows.tobytes())
        if self._size >= _MOST_PENDING:
            self.write()

    def write(self) -> None:
        """Write what has been taken."""
        records, rows = self._records, b"".join(self._rows)
        self._records, self._rows, self._size = [], [], 0
        self.out.append(records, rows)

    def copy(self, source: Source) -> None:
        """Copy what stays of a source."""
        segment, damage = source.segment, Damage()
        for start, rows in chunks(segment):
            is_drop = rows["kind"] == Kind.DROP
            wanted = _kept(rows, source)
            holds = intact([segment], start, rows, wanted & ~is_drop, damage)
            # A drop has no record: it comes with that which told of it, the row behind it.
            holds[:-1] |= wanted[:-1] & is_drop[:-1] & holds[1:]
            for stretch in stretches([segment], start, rows, holds & ~is_drop):
                self._copy_stretch(rows, holds, stretch)

    def _copy_stretch(self, rows: Rows, holds: npt.NDArray[np.bool_], stretch: Stretch) -> None:
        first, stop = stretch.first, stretch.stop
        # The drop of the first row stands before it.
        first -= bool(first and holds[first - 1] and rows["kind"][first - 1] == Kind.DROP)
        places = np.flatnonzero(holds[first:stop]) + first
        own = rows[places]
        records = np.flatnonzero(own["kind"] != Kind.DROP)
        if not len(records):
            return
        # Rows up to the last record, each with the number of the record that it belongs to.
        own, places = own[: int(records[-1]) + 1], places[: int(records[-1]) + 1]
        conns = own["conn"][records]
        alone = (own["kind"][records] != Kind.MESSAGE) | (
            own["flags"][records] & Flag.TRUNCATED != 0
        )
        changes = (conns[1:] != conns[:-1]) | alone[1:] | alone[:-1]
        borders = [0, *(np.flatnonzero(changes) + 1).tolist(), len(records)]
        payloads = [
            stretch.data[stretch.starts[place] : stretch.ends[place]]
            for place in (places[records] - stretch.first).tolist()
        ]
        for begin, end in pairwise(borders):
            row_from = int(records[begin - 1]) + 1 if begin else 0
            mine = own[row_from : int(records[end - 1]) + 1].copy()
            if alone[begin]:
                self._copy_alone(mine, payloads[begin])
            else:
                self._copy_messages(mine, payloads[begin:end])

    def _copy_alone(self, rows: Rows, payload: bytes) -> None:
        """Copy what is a batch of its own; its row is the last."""
        row = rows[-1:]
        kind, conn, recv_ns = int(row["kind"][0]), int(row["conn"][0]), int(row["recv_ns"][0])
        if kind == Kind.MARK and not conn and _is_of_thinning(payload):
            # One tells of all.
            return
        log_kind, before = LogKind.TRUNCATED, b""
        if kind == Kind.MESSAGE:
            before = REAL_SIZE.pack(int(row["result"][0]))
        else:
            log_kind = _LOG_KINDS[Kind(kind)]
        rows["offset"] = self._place + LEAD_OF_ONE + len(before)
        record = pack_one(log_kind, conn, recv_ns, self.out.salt, self._place, before + payload)
        tally_of(rows, self.tally)
        self._take([record], rows)

    def _copy_messages(self, rows: Rows, payloads: list[bytes]) -> None:
        """Copy messages of one connection, with their drops."""
        tally_of(rows, self.tally)
        lengths = np.fromiter(map(len, payloads), np.int64, len(payloads))
        upto = np.cumsum(lengths)
        last_rows = np.flatnonzero(rows["kind"] != Kind.DROP)
        start = row_from = 0
        while start < len(payloads):
            most = int(upto[start - 1]) + MAX_BODY if start else MAX_BODY
            stop = min(int(np.searchsorted(upto, most, "right")), start + MAX_COUNT)
            stop = max(start + 1, stop)
            mine = rows[row_from : int(last_rows[stop - 1]) + 1]
            self._copy_batch(mine, payloads[start:stop], lengths[start:stop])
            start, row_from = stop, int(last_rows[stop - 1]) + 1

    def _copy_batch(
        self, rows: Rows, payloads: list[bytes], lengths: npt.NDArray[np.int64]
    ) -> None:
        is_record = rows["kind"] != Kind.DROP
        received = rows["recv_ns"][is_record]
        times = None if (received == received[0]).all() else received.tolist()
        front, body = pack_batch(
            LogKind.MESSAGE,
            int(rows["conn"][0]),
            int(received[0]),
            self.out.salt,
            self._place,
            payloads,
            lengths,
            times,
        )
        offsets = self._place + len(front) + np.cumsum(lengths) - lengths
        # The record of a row: of a drop the next one.
        rows["offset"] = offsets[np.cumsum(is_record) - is_record]
        self._take([front, body], rows)


def _is_of_thinning(payload: bytes) -> bool:
    return unpack_details(payload).get("kind") == ThinnedMark.kind
