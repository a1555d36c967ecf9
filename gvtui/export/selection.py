"""The rows that an export writes: those that pass a filter, taken up as the trace grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.query.analysis import Analysis
from gvtui.query.calls.exec_outcomes import BINARY_SECONDS
from gvtui.query.filter.compile import compile_filter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from gvtui.trace.reader import Trace

CHUNK = 1 << 14
"""Rows filtered at once."""

PATIENCE_SECONDS = 0.5
"""How long a row is held back for what may yet be known of it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows, and which of them were chosen."""

    start: int
    rows: npt.NDArray[np.void]
    chosen: npt.NDArray[np.bool_] | None
    """None if all are."""

    def row_ids(self) -> list[int]:
        """Ids of the chosen rows."""
        if self.chosen is None:
            return list(range(self.start, self.start + len(self.rows)))
        ids: list[int] = (self.chosen.nonzero()[0] + self.start).tolist()
        return ids


class Selection:
    """Rows of a trace that pass a filter. The trace stays the caller's."""

    def __init__(
        self, trace: Trace, filter_text: str = "", *, analysis: Analysis | None = None
    ) -> None:
        """Choose rows.

        Args:
            trace: where from.
            filter_text: a condition; empty chooses all rows.
            analysis: one that somebody else goes on with, such as the viewer: what it knows is
                used, and nothing is looked ahead for. Without it, the selection has its own.

        Raises:
            FilterError: the text is no filter.
        """
        self.trace = trace
        self._looks_ahead = analysis is None
        analysis = analysis or Analysis(trace)
        self.pairs = analysis.pairs
        """Which enter belongs to which exit, as far as `look_ahead` has read."""
        self._context = analysis.context
        self.filter_text = filter_text.strip()
        """The condition; "" for none."""
        self._filter = compile_filter(filter_text, self._context) if filter_text.strip() else None
        self._waits_for = -1
        self._waits_since = 0.0

    @property
    def is_filtered(self) -> bool:
        """Whether there is a condition at all."""
        return self._filter is not None

    def look_ahead(self) -> None:
        """Pair all rows that are there now."""
        while self._looks_ahead and self.pairs.advance():
            pass
        self.look_ahead_at_execs()

    def look_ahead_at_execs(self) -> None:
        """Find what became of execs, as far as the rows that are there now tell."""
        while self._looks_ahead and self.pairs.execs.advance():
            pass

    def ready(self, start: int, stop: int, now: float) -> int:
        """How far the rows from `start` to before `stop` may be written, in a trace that grows.

        What became of an exec is told by the next message of its thread, or by a note of its
        sandbox's binary: a row is held back for that, but not for long.

        Args:
            start: the first row to be written.
            stop: the row behind the last.
            now: seconds of a clock.
        """
        self.look_ahead_at_execs()
        execs = self.pairs.execs
        waiting = (
            (execs.first_unnoted(start), BINARY_SECONDS),
            (execs.first_open(start), PATIENCE_SECONDS),
        )
        near = ((row, most) for row, most in waiting if row is not None and row < stop)
        held, patience = next(near, (stop, 0.0))
        if held != self._waits_for:
            self._waits_for, self._waits_since = held, now
        return stop if now - self._waits_since >= patience else held

    def includes(self, row_id: int) -> bool:
        """Whether a row is chosen."""
        return self._filter is None or self._filter.matches(self.trace, row_id)

    def chunks(self, start: int, stop: int) -> Iterator[Chunk]:
        """The rows from `start` to before `stop`, as far as they are held."""
        self.look_ahead_at_execs()
        while self._filter is not None and self._filter.asks_context and self._context.advance():
            pass
        start = max(start, self.trace.first_row)
        while start < stop:
            rows = self.trace.rows(start, min(start + CHUNK, stop))
            if not len(rows):
                return
            chosen = self._filter.mask(self.trace, rows, start) if self._filter else None
            yield Chunk(start, rows, chosen)
            start += len(rows)

    def row_ids(self, start: int, stop: int) -> Iterator[int]:
        """Ids of the chosen rows from `start` to before `stop`."""
        for chunk in self.chunks(start, stop):
            yield from chunk.row_ids()
