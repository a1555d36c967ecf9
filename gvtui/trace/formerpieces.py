"""Keeps what quiet sandboxes sent of a flight recorder that nobody writes any more.

As in one that is written (see `gvtui.trace.pieces`), what stays of the oldest segments becomes
pieces; here a segment goes as soon as its piece is there. A folder needs a segment behind its pieces:
where of the last one a piece is kept, an empty one stands for it.
"""

from __future__ import annotations

import math
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.trace import files
from gvtui.trace.bytesource import opened_source
from gvtui.trace.contents import chunks
from gvtui.trace.details import list_in, unpack_details
from gvtui.trace.fairness import Held
from gvtui.trace.header import segment_header
from gvtui.trace.heldfiles import HeldFile
from gvtui.trace.pieces import UNSYNCED_SECONDS, Pieces
from gvtui.trace.records import DamagedError, LogKind, Record
from gvtui.trace.row import Kind, Row
from gvtui.trace.scanning import scan_log
from gvtui.trace.segmentwriter import SegmentWriter, removed_on_failure
from gvtui.trace.summary import ConnectionCounts, Summary
from gvtui.trace.thinning import UNFINISHED
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from pathlib import Path

    from gvtui.trace.segment import Segment

_BLOCK = 4096
_MOST_PIECES = 4
"""Fewer than of a trace that is written: there may be many traces, and none comes to this often."""
_MOST_STANDING = 8192
"""Connections that are told to have stood at the end of a trace."""


class FormerPieces(Pieces):
    """The pieces of a trace that nobody writes any more, for the one process that writes them."""

    CHECKS_ROWS = True

    def __init__(
        self,
        folder: Path,
        unsynced_seconds: float = UNSYNCED_SECONDS,
        keep_seconds: float = 0.0,
        *,
        compresses: bool = False,
    ) -> None:
        """As `Pieces`; nothing has been looked at."""
        super().__init__(folder, unsynced_seconds, keep_seconds, compresses=compresses)
        self._spoilt: set[str] = set()
        """Files whose rows are not those with which they were closed."""

    def look(self, until: float = math.inf) -> bool:
        """Look at the files; True if all are known then.

        What somebody else may have written, or has not finished, ends those that can be thinned.

        Args:
            until: by the monotonic clock; after that time one more file is looked at that is new.

        Raises:
            OSError: a file cannot be read, or has gone meanwhile.
            TraceError: one is of a later version.
        """
        found: list[HeldFile] = []
        for file in self._all_files():
            if file.log.name in self._known:
                found.append(self._look(file))
                continue
            if file.log.name in self._spoilt or not _is_whole(file.log):
                break
            found.append(self._look(file))
            if not _fits(found[-1]):
                self._spoilt.add(file.log.name)
                self._known.pop(found.pop().log.name)
                break
            if time.monotonic() >= until:
                return False
        self._forget(found)
        self._there = found
        return True

    @property
    def entries(self) -> int:
        """How many entries are held in memory, one for each connection in each file."""
        return sum(len(each.by_conn) for each in self._there)

    def _held(self, file: HeldFile) -> Held:
        # Whole blocks of the disk: files go, and with them what is nobody's.
        held = super()._held(file)
        size = sum(-(-path.lstat().st_size // _BLOCK) * _BLOCK for path in _both(file.log))
        return Held(size, held.by_sender)

    def _all_files(self) -> list[HeldFile]:
        """The pieces and the segments, oldest first; what is of no use any more is removed."""
        numbers = files.segment_numbers(self._folder)
        if not numbers:
            return []
        for path in [*files.left_of_pieces(self._folder), *self._left_of_segments(numbers[0])]:
            path.unlink(missing_ok=True)
        chained = [
            HeldFile(self._folder / each.name, each.last, each)
            for each in files.counting(self._folder, numbers)
        ]
        seen = [each for each in chained if each.number < numbers[0]]
        # What was prepared of segments that are there yet, by who wrote the trace.
        self._remove(chained[len(seen) :])
        return [*seen, *(HeldFile(self._path(number), number) for number in numbers)]

    def _left_of_segments(self, first: int) -> Iterator[Path]:
        """The indexes of segments that went before the first, where whoever removed them was killed."""
        end = files.LOG_SUFFIX + files.INDEX_SUFFIX
        for path in self._folder.glob(f"*{end}"):
            number = path.name.removesuffix(end)
            if number.isdecimal() and int(number) < first:
                yield path

    def let_go(self, gone: Sequence[frozenset[Hashable]], spare: int) -> None:
        """Let go what some have sent in the oldest files.

        Args:
            gone: for each of the files of `held` whose messages go; who loses something in a file
                loses all in those before.
            spare: bytes of disk that must be free besides.

        Raises:
            OSError: as `look`; or a file cannot be written.
            TraceError: one is of a later version.
        """
        loses = [
            any(self._sender(conn) in senders for conn in file.by_conn)
            for file, senders in zip(self._there, gone, strict=True)
        ]
        count = len(loses) - loses[::-1].index(True) if any(loses) else 0
        pieces = [each for each in self._there if each.piece is not None]
        segments = self._there[len(pieces) :]
        numbers = files.segment_numbers(self._folder)
        if not numbers:
            return
        left = list(pieces)
        if count:
            left = self._thin_all(pieces, list(gone), self._path(numbers[0]), spare)
        for segment, senders in zip(segments, gone[len(pieces) : count], strict=False):
            later = [number for number in numbers if number > segment.number]
            numbers = later or [self._end_behind(segment)]
            following = self._path(numbers[0])
            made = self._keep(segment, senders, following, spare, is_first=not left)
            self._remove([segment])
            left += [made] if made is not None else []
        self._tidies = (left, self._path(numbers[0]))
        self._join(_MOST_PIECES)
        if count or len(left) < len(pieces):
            self.look()

    def _end_behind(self, last: HeldFile) -> int:
        """Write an empty segment behind the last one; gives its number.

        Raises:
            OSError: it cannot be written; then nothing of it is there.
        """
        with last.open() as segment:
            head, standing, summary = segment.head(), _standing(segment), _summary(segment)
            end_row = segment.end_row
            index_head = files.IndexHead.read(segment.index)
        before = ConnectionCounts.read(head.get("before"))
        before.add(last.holds.tally)
        before.fold(each[0] for each in standing)
        number = last.number + 1
        log = self._path(number)
        unfinished = log.with_name(f"kept-{log.name}{UNFINISHED}")
        self._remove([HeldFile(unfinished, number), HeldFile(log, number)])
        told = {
            **head,
            "segment": number,
            "first_row": end_row,
            "connections": standing,
            "processes": [],
            "before": before.packed(),
        }
        written_ns = last.log.stat().st_mtime_ns
        out = SegmentWriter.create(unfinished, told, _id_in(told), written_ns)
        with removed_on_failure(out.index), removed_on_failure(out.log):
            checksum = index_head.strings_checksum if index_head is not None else 0
            out.close(summary, written_ns, checksum)
        made = (unfinished, files.index_path(unfinished))
        for path in made:
            # For its age it counts when the last message came.
            os.utime(path, ns=(written_ns, written_ns))
        os.rename(made[1], files.index_path(log))
        os.rename(made[0], log)
        return number


def _id_in(head: dict[str, Any]) -> bytes:
    told = head.get("id")
    return told if isinstance(told, bytes) else b""


def _standing(segment: Segment) -> list[list[Any]]:
    """The connections that stood at the end of a segment, as a header tells them."""
    standing: dict[int, list[Any]] = {}
    for each in list_in(segment.head(), "connections"):
        match each:
            case [int(conn), int(), dict(), *_]:
                standing[conn] = each
    for start, rows in chunks(segment):
        changes = (rows["kind"] == Kind.OPENED) | (rows["kind"] == Kind.CLOSED)
        for place in np.flatnonzero(changes).tolist():
            row = Row(*rows[place].tolist())
            standing.pop(row.conn, None)
            if row.kind == Kind.OPENED and len(standing) < _MOST_STANDING:
                try:
                    details = unpack_details(segment.payloads.read(start + place, row))
                except DamagedError:
                    details = {}
                standing[row.conn] = [row.conn, row.recv_ns, details, 0]
    return list(standing.values())


def _summary(segment: Segment) -> dict[str, Any] | None:
    """That of an empty segment which stands behind another one, as its summary tells what came in
    all; None where its writer was killed before it wrote one."""
    for item in scan_log(Window(segment.log, segment.log.size), segment.end_of_records()):
        if isinstance(item, Record) and item.kind == LogKind.SUMMARY and not item.is_damaged:
            reception = Summary.read(unpack_details(item.payload)).reception
            return Summary(0, ConnectionCounts(), reception).details()
    return None


def _both(log: Path) -> tuple[Path, Path]:
    return log, files.index_path(log)


def _is_whole(log: Path) -> bool:
    """Whether a log and its index are this user's or root's, and the index was closed with it.

    Raises:
        OSError: one cannot be read.
        TraceError: it is of a later version.
    """
    users = (os.geteuid(), 0)
    for path in _both(log):
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode) or info.st_uid not in users:
            return False
    if not isinstance(segment_header(log).get("id"), bytes):
        return False
    with opened_source(log) as records, opened_source(files.index_path(log)) as rows:
        head = files.IndexHead.read(rows)
        return head is not None and 0 < head.log_size == records.size


def _fits(file: HeldFile) -> bool:
    """Whether the rows of a file are those with which it was closed."""
    with opened_source(files.index_path(file.log)) as rows:
        head = files.IndexHead.read(rows)
    return head is not None and head.checksum == file.holds.checksum
