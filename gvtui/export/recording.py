"""Copies the chosen rows of a trace into a new recording, all at once or as the trace grows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gvtui.export.copying import RowCopying
from gvtui.export.recordingsink import RecordingSink
from gvtui.limits import AS_THEY_COME
from gvtui.trace.summary import ConnectionCounts
from gvtui.trace.writer import TraceWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gvtui.export.selection import Selection
    from gvtui.monitor.ledger import Tells
    from gvtui.trace.bookmarks import Bookmark
    from gvtui.trace.losses import Losses
    from gvtui.trace.reader import Trace


def writer_for(
    trace: Trace,
    out: Path,
    *,
    from_first: bool = True,
    conns: Sequence[int] = (),
    from_ns: int = 0,
    to_ns: int = 0,
) -> TraceWriter:
    """Make a new recording for rows of a trace.

    Args:
        trace: the trace.
        out: the new file.
        from_first: whether the trace's first row is among them: what was dropped before it is then
            told too.
        conns: the connections whose rows alone are written; empty for those of all.
        from_ns: rows received at this Unix time or later are written; 0 for all.
        to_ns: rows received before this time are written; 0 for all.

    Raises:
        TraceError: the file is there already, or cannot be made.
    """
    return TraceWriter(
        out,
        architecture=trace.architecture,
        limits=replace(AS_THEY_COME, drops_a_second=trace.drops_a_second),
        before=drops_before(trace, conns=conns) if from_first else None,
        host=trace.host,
        let_go=trace.let_go.copied(conns=conns, from_ns=from_ns, to_ns=to_ns),
    )


def drops_before(trace: Trace, shift: int = 0, conns: Sequence[int] = ()) -> ConnectionCounts:
    """What was dropped before the first row, as the trace's header tells it, of some connections or
    of all; connections get numbers higher by `shift`."""
    drops = ConnectionCounts.read(trace.oldest_head().get("before")).drops_alone(shift)
    if not conns:
        return drops
    return ConnectionCounts(
        {
            conn + shift: drops.by_conn[conn + shift]
            for conn in conns
            if conn + shift in drops.by_conn
        }
    )


class RecordingExport:
    """Copies the chosen messages, byte for byte, into a new recording; see `RowCopying`."""

    def __init__(
        self,
        selection: Selection,
        out: Path,
        control: Tells | None = None,
        bookmarks: Mapping[int, Bookmark] | None = None,
    ) -> None:
        """Make the recording.

        Args:
            selection: which rows of which trace.
            out: the file, which must not exist.
            control: is told of faults; see `RecordingSink`.
            bookmarks: those of the trace; see `RowCopying`.

        Raises:
            TraceError: the file is there already, or cannot be made.
        """
        self._selection = selection
        self._sink = RecordingSink(writer_for(selection.trace, out, conns=selection.conns), control)
        self._copying = RowCopying(selection, self._sink, bookmarks=bookmarks)
        trace = selection.trace
        if 0 < trace.first_row < trace.end_row:
            # A flight recorder has let go of the rows that told who stood.
            self._copying.retell(trace.first_row, trace.row(trace.first_row).recv_ns)

    @property
    def messages(self) -> int:
        """Messages written so far, less those that were lost."""
        return self._sink.messages

    @property
    def losses(self) -> Losses:
        """What could not be written, or was removed."""
        return self._sink.losses

    @property
    def bookmarked(self) -> list[Bookmark]:
        """The bookmarks of rows that were written."""
        return self._copying.bookmarked

    def ready(self, start: int, stop: int, now: float) -> int:
        """How far the rows from `start` to before `stop` may be copied; see `Selection.ready`."""
        return self._selection.ready(start, stop, now)

    def copy(self, start: int, stop: int) -> None:
        """Write what was chosen of the rows from `start` to before `stop`."""
        self._copying.copy(start, stop)
        self._sink.flush()

    def look(self) -> None:
        """Begin the recording anew if its file was removed, and note what was lost; to be called
        now and then where there is a `control`."""
        self._sink.look()

    def close(self) -> None:
        """Finish the recording."""
        self._copying.finish()
        self._sink.close()
