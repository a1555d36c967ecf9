"""Reads a trace, whether live, a recording, or a save file of gVisor's."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs

from gvtui.trace.architecture import Told
from gvtui.trace.at_once import open_at_once, open_settled
from gvtui.trace.batches import FORMAT
from gvtui.trace.collecting import collect
from gvtui.trace.connections import Connections
from gvtui.trace.containers import container_of
from gvtui.trace.details import list_in, pack_details, unpack_details
from gvtui.trace.host import host_in
from gvtui.trace.letgo import LetGo
from gvtui.trace.lostrows import LostRows
from gvtui.trace.opening import TraceFiles, open_parts
from gvtui.trace.payloads import payload_start
from gvtui.trace.ports import PortOrder
from gvtui.trace.records import DamagedError, TraceError
from gvtui.trace.row import LOST_STRING, ROW_DTYPE, Row
from gvtui.trace.rowreader import RowReader
from gvtui.trace.segments import Segments
from gvtui.trace.sharing import Share
from gvtui.trace.strings import LOST_TEXT
from gvtui.trace.summary import ConnectionCounts
from gvtui.wire.header import WireError
from gvtui.wire.messages import Decoded, decode

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.bytesource import ByteSource
    from gvtui.trace.rebuild import Progress
    from gvtui.trace.segments import CompressedPart
    from gvtui.trace.thinned import ThinnedMark

_NOTHING = (b"", pack_details({}))
"""The payloads of records without details."""

_TELLING = 1 << 16
"""How many rows are read in one step to find the architecture."""

_TAKEN_AT_ONCE = 1 << 15
"""Rows taken in at once."""
_FIRST_SECONDS = 0.05
"""For how long rows are taken in before the first of them are shown."""


class Trace(RowReader):
    """A trace, finished or growing. It owns its file descriptors until `close`."""

    def __init__(self, path: Path, parts: TraceFiles) -> None:
        """Take over the open files of a trace; callers use `open`."""
        folder = path if path.is_dir() else None
        super().__init__(Segments(parts.segments, folder), parts.strings)
        self.path = path
        self._told = Told(parts.architecture)
        self.is_save_file = parts.is_save_file
        self.drops_a_second = parts.drops_a_second
        """The points a second that a sandbox could claim to have dropped when it was recorded."""
        self.damaged_bytes = parts.damaged_bytes
        """How many bytes of the log could not be read, such as a torn end."""
        # `refresh` takes the rows in.
        self.end_row = self.first_row
        self.connections = Connections()
        self.lost = LostRows()
        """What came and is in no row, as far as the trace tells."""
        self.limit: int | None = None
        """Rows from this id on are held back while a recording is played; None for no limit."""
        self._folder = folder
        self._scratch = parts.scratch
        self.index_files = parts.pair
        """The index of a recording, where it stands; None for anything else."""
        self.settling = parts.settling
        """Checks the index, or makes it, meanwhile: not all rows are shown yet. None if all are."""
        self._ports = PortOrder(self)
        self._tell_architecture()

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        progress: Progress | None = None,
        limit: int | None = None,
        at_once: bool = False,
        newest: int | None = None,
    ) -> Trace:
        """Open a recording, a save file of gVisor's, or a flight recorder's folder.

        An index that is missing, stale or damaged, or that others may have written, is rebuilt:
        beside the recording, or in the user's cache if others may write there too.

        Args:
            path: the file or folder.
            progress: called with bytes done and bytes in all if it takes long.
            limit: hold back rows from this id on.
            at_once: do not wait until the index of a large recording is checked, or made: rows
                come as `refresh` finds them, and `settled` says what to show at the end.

            newest: of a flight recorder read only the newest segments, together at most so many
                bytes, but at least one.

        Raises:
            TraceError: the path is not a trace, or cannot be read.
        """
        path = Path(path)
        try:
            parts = open_at_once(path) if at_once else None
            trace = cls(path, parts or open_parts(path, progress, newest))
        except OSError as error:
            # Of a folder, the file that is wrong.
            named = error.filename or path
            raise TraceError(f"cannot read {named}: {error.strerror or error}") from error
        trace.limit = limit
        if trace.first_row and trace._folder is not None:
            trace._carry()
        else:
            trace._carry_drops()
        trace.refresh(_FIRST_SECONDS if at_once else None)
        return trace

    def settled(self) -> Trace | None:
        """Look how far the index is.

        Returns:
            The same recording with the index that was made; None while there is none.

        Raises:
            TraceError: it could not be made.
        """
        settling = self.settling
        if settling is None:
            return None
        settling.poll()
        if not settling.is_done:
            return None
        if settling.problem:
            self.settling = None
            settling.close()
            raise TraceError(f"the index of {self.path} cannot be made: {settling.problem}")
        if settling.made is None:
            self.settling = None
            settling.close()
            return None
        try:
            return Trace(self.path, open_settled(self.path, settling.made))
        except OSError as error:
            raise TraceError(f"cannot read {self.path}: {error.strerror or error}") from error

    @property
    def read_share(self) -> float:
        """How much of what there is has been taken in, from 0 to 1."""
        there = self._segments.end_row - self.first_row
        share = (self.end_row - self.first_row) / there if there > 0 else 1.0
        settling = self.settling
        return min(share, settling.progress) if settling is not None else min(share, 1.0)

    @property
    def is_behind(self) -> bool:
        """Whether there are rows that have not been taken in yet."""
        limit = self._segments.end_row if self.limit is None else self.limit
        return self.settling is not None or self.end_row < min(limit, self.available_rows)

    @property
    def architecture(self) -> str:
        """`x86_64`, `arm64`, or `UNKNOWN_ARCHITECTURE` if neither header nor messages tell it.

        The messages have precedence over the header, which names the recording machine.
        """
        return self._told.architecture

    def _tell_architecture(self) -> None:
        # Rows held back count too, so that a played recording has the same names from the start.
        for segment in self._segments:
            for start in range(segment.first_row, segment.end_row, _TELLING):
                if self._told.is_settled:
                    return
                self._told.take(self._segments.read(start, min(start + _TELLING, segment.end_row)))

    @property
    def size_bytes(self) -> int:
        """The size of log, index and strings on disk, in bytes."""
        return self._segments.size_bytes + os.fstat(self._strings.fileno()).st_size

    @property
    def side_folders(self) -> list[Path]:
        """Folders for files with data derived from the rows, best first: the trace's, or the
        cache."""
        beside = self._folder or self.path.parent
        return [beside, Path(platformdirs.user_cache_path("gvtui"))]

    @property
    def is_folder(self) -> bool:
        """Whether it is a flight recorder's folder, where segments come and go."""
        return self._folder is not None

    def beginning(self) -> list[list[int]]:
        """What tells its first rows from those of another trace; see `Segments.beginning`."""
        return self._segments.beginning()

    @property
    def available_rows(self) -> int:
        """The id after the newest row on disk, including those held back by `limit`."""
        return self._segments.end_row

    def refresh(self, seconds: float | None = None) -> bool:
        """Pick up what was appended; True if rows came, or old ones went.

        Args:
            seconds: for about how long; the rest waits for the next time. None for all.
        """
        before = (self.first_row, self.end_row)
        self._segments.refresh()
        # Strings after rows, so that every string of the rows found has been read.
        self._strings.refresh()
        end = self._segments.end_row
        self.first_row = self._segments.first_row
        if self.limit is not None:
            # A flight recorder may let go all rows that are shown.
            self.limit = max(self.limit, self.first_row)
            end = min(end, self.limit)
        if self.settling is not None:
            end = min(end, self.first_row + self.settling.rows)
        if self.end_row < self.first_row:
            self._carry()
        deadline = None if seconds is None else time.perf_counter() + seconds
        while self.end_row < end:
            start = max(self.end_row, self.first_row)
            self.end_row = min(start + _TAKEN_AT_ONCE, end)
            rows = self.rows(start, self.end_row)
            collect(self.connections, self, start, rows)
            self.lost.update(self, start, rows)
            if not self._told.is_settled:
                self._told.take(rows)
            if deadline is not None and time.perf_counter() >= deadline:
                break
        return before != (self.first_row, self.end_row)

    def oldest_head(self) -> dict[str, Any]:
        """What the header of the oldest log says, see `Segments.head`; empty where nothing of it can
        be read."""
        return self._segments.head()

    @property
    def thinned(self) -> list[ThinnedMark]:
        """What a flight recorder, or the one that this is a copy of, has let go since its oldest
        row, of sandboxes that held too much; oldest first. Rows that are held back count for none."""
        return self._segments.thinned(self.available_rows if self.limit is None else self.limit)

    @property
    def let_go(self) -> LetGo:
        """All that has been let go, by this flight recorder or by the one that this is a copy of, as
        the header of a copy is to tell it."""
        return LetGo(self.thinned, self._segments.gone_before())

    @property
    def told_before(self) -> list[ThinnedMark]:
        """See `Segments.told_before`."""
        return self._segments.told_before()

    @property
    def thinned_pieces(self) -> dict[int, ThinnedMark]:
        """See `Segments.thinned_pieces`."""
        return self._segments.thinned_pieces()

    @property
    def host(self) -> dict[str, str]:
        """The machine that received the messages, as `gvtui.trace.host` tells it."""
        return host_in(self.oldest_head())

    def held_rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """The rows from `start` to before `stop`, those that are held back too; dtype
        `ROW_DTYPE`."""
        return self._segments.read(max(start, self.first_row), min(stop, self.available_rows))

    def held_from(self) -> tuple[int, int] | None:
        """Where the first row that is held back lies: the number of its segment, and where in the
        log the payload of its record begins; None if no row is held back."""
        if self.limit is None or self.limit >= self.available_rows:
            return None
        index = max(self.limit, self.first_row)
        row = Row(*self.held_rows(index, index + 1)[0].item())
        return self._segments.of(index).number, payload_start(row)

    def go_back(self, limit: int) -> None:
        """Hold back all rows from an id on, and forget what was taken in: `refresh` takes in anew
        what is before it."""
        self.limit = limit
        self.end_row = self.first_row
        self.connections = Connections()
        self.lost = LostRows()
        if self.first_row and self._folder is not None:
            self._carry()
        else:
            self._carry_drops()

    def take_up(self, row: int, connections: Connections, lost: LostRows) -> None:
        """Go on behind rows that somebody else has taken in.

        Args:
            row: the row behind them.
            connections: what is known of connections from them, and from no others.
            lost: what they tell of losses.
        """
        self.end_row, self.connections, self.lost = row, connections, lost

    def _carry(self) -> None:
        """Take over the counts of rows that a flight recorder has let go before they were read."""
        segment, head = self._segments.oldest, self.oldest_head()
        if "connections" not in head:
            return
        first = np.zeros(1, ROW_DTYPE)
        if segment.rows:
            segment.read(segment.first_row, first)
        when = int(first["recv_ns"][0])
        before = ConnectionCounts.read(head.get("before"))
        self.connections.believe(before)
        self.connections.carry(before, list_in(head, "connections"), segment.first_row, when)

    def _carry_drops(self) -> None:
        """Take over the drops of connections that closed before the files were made anew."""
        for shift, head in self._segments.oldest.heads():
            before = ConnectionCounts.read(head.get("before"))
            drops = before.drops_alone(shift)
            self.connections.believe(drops)
            if not before.total().messages:
                self.connections.carry_drops(drops)

    def share(self) -> Share:
        """What another process needs to read the rows that are there now."""
        return Share(self._segments, self._strings, self.architecture)

    def decoded(self, index: int) -> Decoded:
        """The decoded message of a row.

        Raises:
            IndexError: the row is not there.
            WireError: the message is malformed; `damage` counts it if it was not so when received.
        """
        payload = self.payload(index)
        try:
            decoded = decode(payload)
        except WireError:
            self.note_unreadable(index)
            raise
        return self._ports.read(index, decoded)

    def note_unreadable(self, index: int) -> None:
        """Note an unreadable message, which is damaged if its row says that it was readable."""
        row = self.row(index)
        if not row.flags:
            self.damage.note(self._segments.of(index).number, payload_start(row))

    def details(self, index: int) -> dict[str, Any]:
        """The details of an opened, closed or mark row; empty if its record is damaged."""
        try:
            payload = self.payload(index)
        except DamagedError:
            return {}
        details = unpack_details(payload)
        if not details and payload not in _NOTHING:
            self.note_unreadable(index)
        return details

    def process_name(self, index: int) -> str:
        """A row's whole process name, even if it is no interned string; an ellipsis if unknown."""
        row = self.row(index)
        if row.process != LOST_STRING:
            return self.string(row.process)
        try:
            message = self.decoded(index).message
        except WireError:
            return LOST_TEXT
        text: str = message.context_data.process_name  # type: ignore[union-attr]
        return text

    def container_of(self, index: int) -> str:
        """The container ID of a row, from its message or else its connection; "" if unknown.

        Raises:
            IndexError: the row is not there.
        """
        return container_of(self, index)

    def row_at_time(self, time_ns: int) -> int:
        """The id of the first row received at or after a time; `available_rows` if there is
        none."""
        return self._segments.row_at_time(time_ns)

    @property
    def formats(self) -> set[int]:
        """The formats of its logs; `SAVE_FILE` for one of gVisor's."""
        return self._segments.formats

    @property
    def has_checksums(self) -> bool:
        """Whether a changed byte shows, wherever it is."""
        return self.formats == {FORMAT}

    @property
    def compressed(self) -> CompressedPart:
        """Which part of it is compressed."""
        return self._segments.compressed

    @property
    def segment_numbers(self) -> list[int]:
        """The numbers of the segments held, oldest first; 1 for a recording."""
        return self._segments.numbers

    def log_extents(self) -> list[tuple[ByteSource, int]]:
        """The logs of the trace: each opened anew, for the caller to close, and the size in bytes up
        to its last row's record."""
        return self._segments.log_extents()

    def close(self) -> None:
        """Close all files, and remove an index in a temporary folder."""
        if self.settling is not None:
            self.settling.close()
        self._segments.close()
        self._strings.close()
        if self._scratch is not None:
            self._scratch.cleanup()
