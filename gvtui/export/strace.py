"""Exports system calls as text, one line each, as `strace -f -ttt` writes them.

`110   1795455436.533277 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3`: the thread, when the call began
in seconds since 1970, and the call. A call has one line, where it returns; one that has not returned,
or whose exit is not in the trace, has its line where it began and ends in `<unfinished ...>`. As soon
as the trace has more than one sandbox, the sandbox stands in front of the thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.decode.ids import SHORT_ID, called, cut_name
from gvtui.decode.render import strace_line
from gvtui.trace.marks import LostMark, read_mark
from gvtui.trace.row import Direction, Flag, Kind
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.selection import Chunk, Selection
    from gvtui.trace.row import Row
    from gvtui.wire.messages import Decoded

_MICROSECOND_NS = 1000
_SECOND_US = 1_000_000


class StraceExport:
    """Writes the chosen rows of a trace as strace writes calls."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    def lines(self, start: int, stop: int) -> Iterator[str]:
        """Lines, without their ends, of the rows from `start` to before `stop`."""
        self._selection.look_ahead()
        for chunk in self._selection.chunks(start, stop):
            for row_id in chunk.row_ids():
                line = self._line(row_id, chunk)
                if line is not None:
                    yield line

    def _line(self, row_id: int, chunk: Chunk) -> str | None:
        trace, pairs = self._selection.trace, self._selection.pairs
        row = trace.row(row_id)
        if row.kind == Kind.DROP:
            return f"{self._head(row_id, row)}--- {row.result} points dropped ---"
        if row.kind == Kind.MARK:
            mark = read_mark(trace.details(row_id))
            is_loss = isinstance(mark, LostMark)
            return f"{self._head(row_id, row)}--- {escape(mark.text)} ---" if is_loss else None
        if row.kind != Kind.MESSAGE:
            return None
        partner = pairs.partner(row_id)
        is_enter = row.direction == Direction.ENTER
        if is_enter and partner is not None and self._is_chosen(partner, chunk):
            # The call has its line where it returns.
            return None
        enter: Decoded | None = None
        began = row
        try:
            if row.direction == Direction.EXIT and partner is not None:
                began = trace.row(partner)
                enter = trace.decoded(partner)
            decoded = trace.decoded(row_id)
        except WireError as error:
            what = "truncated" if row.flags & Flag.TRUNCATED else "malformed"
            return f"{self._head(row_id, row)}--- {what} message: {error} ---"
        outcome = pairs.execs.outcome(row_id)
        line = strace_line(decoded, architecture=trace.architecture, enter=enter, outcome=outcome)
        return self._head(row_id, began) + line

    def _is_chosen(self, row_id: int, chunk: Chunk) -> bool:
        if not self._selection.is_filtered:
            return True
        place = row_id - chunk.start
        if chunk.chosen is not None and 0 <= place < len(chunk.chosen):
            return bool(chunk.chosen[place])
        return self._selection.includes(row_id)

    def _head(self, row_id: int, began: Row) -> str:
        seconds, micros = divmod(began.when_ns // _MICROSECOND_NS, _SECOND_US)
        head = f"{began.tid:<5} {seconds}.{micros:06} "
        trace = self._selection.trace
        if trace.connections.are_of_many:
            number = f"#{began.conn}" if began.conn else ""
            name = called(trace.connections, began.conn, trace.container_of(row_id))
            shown = escape(cut_name(name, SHORT_ID)) or number
            return f"{shown:<{SHORT_ID}} {head}"
        return head
