"""Keeps what quiet sandboxes sent of the segments that a flight recorder lets go next.

This goes on ahead: what is kept of a segment stands beside it, unseen, until the segment goes. So
the recorder waits for nothing, and a folder is whole at any moment.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gvtui.trace import files
from gvtui.trace.contents import Contents, chunks
from gvtui.trace.details import list_in, unpack_details
from gvtui.trace.fairness import Held, age_part, ahead, letting_go
from gvtui.trace.header import segment_header
from gvtui.trace.heldfiles import HeldFile, best_pair, is_link, on_disk, taken
from gvtui.trace.records import DamagedError
from gvtui.trace.row import ROW_SIZE, Kind, Row
from gvtui.trace.shares import sender_of
from gvtui.trace.thinned import connected_in
from gvtui.trace.thinning import Source, thin

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from gvtui.trace.segment import Segment

MOST_PIECES = 16
"""Pieces that stand before the oldest segment; of more, two that follow each other become one when
there is time for it, ..."""
_MOST_IN_HASTE = 32
"""... and at once from so many on."""

UNSYNCED_SECONDS = 30.0
"""After so many seconds the kernel has brought onto the disk itself what was written."""

_MARGIN_OF_GUESS = 16
"""One part in so many of what is expected may not come."""

_MARGIN = 4
"""One part in so many of a segment is let go besides: heads and texts take room too."""


class Pieces:
    """The pieces in the folder of a flight recorder, for the one process that writes them."""

    CHECKS_ROWS: ClassVar = False
    """Whether the checksum of rows is found: whoever writes the trace has just written them."""

    def __init__(
        self,
        folder: Path,
        unsynced_seconds: float = UNSYNCED_SECONDS,
        keep_seconds: float = 0.0,
        *,
        compresses: bool = False,
    ) -> None:
        """Begin with those that are there.

        Args:
            folder: of the flight recorder.
            unsynced_seconds: what came so long ago is on the disk itself, and must be there as well
                when it stands in a piece.
            keep_seconds: how long messages are kept at most; 0 for no bound.
            compresses: whether new ones are compressed.
        """
        self._compresses = compresses
        self._most_bytes: float = math.inf
        self._most_span_ns = age_part(keep_seconds) * 1e9 if keep_seconds else math.inf
        self._folder = folder
        self._unsynced_seconds = unsynced_seconds
        self._trace_id: object = None
        self._senders: dict[int, Hashable] = {}
        self._known: dict[str, Contents] = {}
        self._made: set[str] = set()
        """The names of those that are compressed if that is of use."""
        self._tidies: tuple[list[HeldFile], Path] = ([], folder)
        self._there: list[HeldFile] = []

    def prepare(self, excess: int, limit: int, segment_bytes: int) -> None:
        """Keep what is to be kept of the segments that go next.

        Args:
            excess: how many bytes must go when the segment that is written is complete.
            limit: bytes of disk for all that is complete.
            segment_bytes: the size of a segment that is complete.

        Raises:
            OSError: a file cannot be read or written, or has gone meanwhile.
        """
        numbers = files.segment_numbers(self._folder)
        if len(numbers) < 2:
            return
        trace_id = segment_header(self._path(numbers[-1])).get("id")
        if trace_id != self._trace_id:
            # The files were made anew: names stand for others now.
            self._trace_id = trace_id
            self._known.clear()
            self._senders.clear()
        pieces = self._in_order(numbers)
        whole = [self._look(HeldFile(self._path(number), number)) for number in numbers[:-1]]
        self._forget([*pieces, *whole])
        old = [each for each in pieces if each.number < numbers[0]]
        prepared = {each.number: each for each in pieces if each.number >= numbers[0]}
        self._there = [*old, *whole]
        if len({self._sender(conn) for each in (*pieces, *whole) for conn in each.by_conn}) < 2:
            self._remove(pieces)
            return
        # Each is written plain first, for which there must be room.
        self._most_bytes = segment_bytes if self._compresses else math.inf
        room = limit - segment_bytes // _MARGIN
        to_free = excess + ahead(limit, segment_bytes)
        for place, segment in enumerate(whole):
            if to_free <= 0:
                break
            known = prepared.get(segment.number)
            behind = whole[place + 1 :]
            going = [*old, known or segment]
            # It goes when the disk has become full without it. What comes can be thinned later, so less
            # of it is reckoned with: quiet ones must not go for a guess.
            free = room - sum(each.size for each in (*old, *behind))
            soon = max(on_disk(segment_bytes, whole), free - free // _MARGIN_OF_GUESS)
            gone = letting_go(
                [self._held(each) for each in going],
                [self._held(each) for each in behind],
                self._coming(whole[-1], soon),
                room - sum(each.overhead for each in (*going, *behind)),
            )
            following = self._path(numbers[place + 1])
            chained = [*old, known] if known is not None else old
            before = taken(chained)
            old = self._thin_all(chained, gone, following, segment_bytes)
            if known is None:
                made = self._keep(segment, gone[-1], following, segment_bytes, is_first=not old)
                old += [made] if made is not None else []
            to_free += taken(old) - before
            goes_on = bool(old) and old[-1].number == segment.number and is_link(old[-1])
            to_free -= 0 if goes_on else segment.size
        self._tidies = ([each for each in old if each.number < numbers[0]], self._path(numbers[0]))
        self._join(_MOST_IN_HASTE)

    def tidy(self) -> None:
        """Make one piece of two where there are too many, and compress one that went on as it was; to
        be called when nothing else is to do.

        Raises:
            OSError: as `prepare`.
        """
        self._join(MOST_PIECES)
        if self._compresses:
            self._pack_one()

    def _path(self, number: int) -> Path:
        return files.segment_path(self._folder, number)

    def _in_order(self, numbers: list[int]) -> list[HeldFile]:
        """The pieces that count, oldest first, those among them that are not seen yet; all other
        files of pieces are removed."""
        for path in files.left_of_pieces(self._folder):
            path.unlink(missing_ok=True)
        chained = files.counting(self._folder, numbers)
        return [self._look(HeldFile(self._folder / each.name, each.last, each)) for each in chained]

    def _look(self, file: HeldFile) -> HeldFile:
        """Find the size of a file, and what the connections in it have sent."""
        info, index = file.log.stat(), files.index_path(file.log).stat()
        file.size = info.st_size + index.st_size
        key = file.log.name
        if key not in self._known:
            holds = Contents(checksum=0 if self.CHECKS_ROWS else None)
            with file.open() as segment:
                head = segment.head()
                self._meet(head)
                for start, rows in chunks(segment):
                    holds.take(rows)
                    for place in np.flatnonzero(rows["kind"] == Kind.OPENED).tolist():
                        self._meet_one(segment, start + place, Row(*rows[place].tolist()))
            holds.by_conn = {
                conn: counts.bytes + counts.messages * ROW_SIZE
                for conn, counts in holds.tally.by_conn.items()
            }
            holds.standing = frozenset(connected_in(head))
            self._known[key] = holds
        file.holds = self._known[key]
        return file

    def _meet(self, head: dict[str, Any]) -> None:
        """Note who is behind the connections that stood when a segment began."""
        for each in list_in(head, "connections"):
            match each:
                case [int(conn), int(), dict(details), *_]:
                    self._senders.setdefault(conn, self._behind(conn, details))

    def _meet_one(self, segment: Segment, row_id: int, row: Row) -> None:
        """Note who is behind a connection that opens."""
        with contextlib.suppress(DamagedError):
            details = unpack_details(segment.payloads.read(row_id, row))
            self._senders[row.conn] = self._behind(row.conn, details)

    def _behind(self, conn: int, details: dict[str, Any]) -> Hashable:
        """Who is behind a connection, in any trace of a monitor's folder."""
        who = sender_of(conn, details)
        return self._alone(conn) if who == ("connection", conn) else who

    def _alone(self, conn: int) -> Hashable:
        return "connection", self._folder, conn

    def _forget(self, there: list[HeldFile]) -> None:
        """Forget files that have gone, and connections of which nothing is there."""
        names = {each.log.name for each in there}
        self._known = {key: known for key, known in self._known.items() if key in names}
        self._made &= names
        conns = {conn for each in there for conn in (*each.by_conn, *each.holds.standing)}
        self._senders = {conn: who for conn, who in self._senders.items() if conn in conns}

    def _sender(self, conn: int) -> Hashable:
        return self._senders.get(conn, self._alone(conn))

    @property
    def held(self) -> list[Held]:
        """What the sandboxes hold in the files that were there when it was looked last, oldest
        first."""
        return [self._held(each) for each in self._there]

    def _held(self, file: HeldFile) -> Held:
        sums: dict[Hashable, int] = {self._sender(conn): 0 for conn in file.holds.standing}
        for conn, size in file.by_conn.items():
            sender = self._sender(conn)
            sums[sender] = sums.get(sender, 0) + size
        return Held(min(file.size, file.sent), sums)

    def _coming(self, newest: HeldFile, size: int) -> dict[Hashable, int]:
        """What will come of each in so many bytes: as much as came last."""
        held = self._held(newest)
        last = Held(size, held.by_sender)
        return {sender: last.of(sender) for sender in held.by_sender}

    def _thin_all(
        self,
        pieces: list[HeldFile],
        gone: list[frozenset[Hashable]],
        following: Path,
        segment_bytes: int,
    ) -> list[HeldFile]:
        """Let go what is to go of pieces; gives those that there are then."""
        left: list[HeldFile] = []
        for place, (each, senders) in enumerate(zip(pieces, gone, strict=False)):
            assert each.piece is not None
            if not senders:
                left.append(each)
                continue
            stays = any(self._sender(conn) not in senders for conn in each.by_conn)
            if not stays and not left:
                self._remove([each])
                continue
            behind = pieces[place + 1].log if place + 1 < len(pieces) else following
            piece = each.piece._replace(version=each.piece.version + 1)
            left.append(self._thin(piece, [each], senders, behind, segment_bytes))
            self._remove([each])
        return left

    def _keep(
        self,
        segment: HeldFile,
        senders: frozenset[Hashable],
        following: Path,
        segment_bytes: int,
        *,
        is_first: bool,
    ) -> HeldFile | None:
        """Keep what is to be kept of a segment; None if nothing is, and no piece comes before."""
        stays = any(self._sender(conn) not in senders for conn in segment.by_conn)
        if not stays and is_first:
            return None
        piece = files.Piece(segment.number, segment.number, 0)
        if senders:
            return self._thin(piece, [segment], senders, following, segment_bytes)
        log = self._folder / piece.name
        os.link(files.index_path(segment.log), files.index_path(log))
        os.link(segment.log, log)
        return self._look(HeldFile(log, piece.last, piece))

    def _thin(
        self,
        piece: files.Piece,
        sources: list[HeldFile],
        senders: frozenset[Hashable],
        following: Path,
        spare: int,
    ) -> HeldFile:
        """Write a piece of files, without what some have sent.

        Raises:
            OSError: it cannot be written, or the disk has too little room besides.
        """
        info = os.statvfs(self._folder)
        if info.f_bavail * info.f_frsize < sum(each.plain_size for each in sources) + spare:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder))

        def keeps(conn: int) -> bool:
            return self._sender(conn) not in senders

        with contextlib.ExitStack() as stack:
            opened = [
                Source(stack.enter_context(each.open()), keeps, each.holds) for each in sources
            ]
            oldest_ns = min(each.holds.first_ns for each in sources)
            synced = time.time_ns() - oldest_ns > self._unsynced_seconds * 1e9
            thin(
                self._folder,
                piece,
                opened,
                segment_header(following),
                packed=self._compresses,
                synced=synced,
            )
        self._made.add(piece.name)
        return self._look(HeldFile(self._folder / piece.name, piece.last, piece))

    def _join(self, most: int) -> None:
        """Make one piece of two, where there are more than so many."""
        pieces, following = self._tidies
        while len(pieces) > most:
            # What goes for its age goes as a whole.
            may = [
                other.holds.last_ns - one.holds.first_ns <= self._most_span_ns
                and one.plain_size + other.plain_size <= self._most_bytes
                for one, other in pairwise(pieces)
            ]
            if not any(may):
                return
            place = best_pair([each.size for each in pieces], may)
            pair = pieces[place : place + 2]
            first, last = (each.piece for each in pair)
            assert first is not None
            assert last is not None
            behind = pieces[place + 2].log if place + 2 < len(pieces) else following
            joined = files.Piece(first.first, last.last, 0)
            pieces[place : place + 2] = [self._thin(joined, pair, frozenset(), behind, 0)]
            self._remove(pair)

    def _pack_one(self) -> None:
        """Compress the newest piece whose segment had not been compressed when it went."""
        pieces, following = self._tidies
        for place in reversed(range(len(pieces))):
            each = pieces[place]
            if each.size < each.sent or each.log.name in self._made:
                continue
            assert each.piece is not None
            piece = each.piece._replace(version=each.piece.version + 1)
            behind = pieces[place + 1].log if place + 1 < len(pieces) else following
            pieces[place] = self._thin(piece, [each], frozenset(), behind, 0)
            self._remove([each])
            return

    def _remove(self, pieces: list[HeldFile]) -> None:
        for each in pieces:
            each.log.unlink(missing_ok=True)
            files.index_path(each.log).unlink(missing_ok=True)
