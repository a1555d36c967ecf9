"""What the screen shows: the trace, the filters in force, the rows they leave, and the clock."""

from __future__ import annotations

import time
from time import thread_time
from typing import TYPE_CHECKING

from gvtui.query.analysis import ANALYSIS_SECONDS, Analysis
from gvtui.query.filter.compile import Filter, compile_filter
from gvtui.query.filter.write import conjunction
from gvtui.query.folded import call_view
from gvtui.query.processes.rows import filter_words, row_filter
from gvtui.query.view import RowView
from gvtui.trace.bookmarks import Marks
from gvtui.tui.model.chips import Chips
from gvtui.tui.model.rowtext import RowTexts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from gvtui.trace.connection import Sandbox
    from gvtui.trace.reader import Trace
    from gvtui.tui.model.chips import Chip
    from gvtui.tui.options import LiveOptions


_TAKING_SECONDS = 0.02
"""Time for taking in new rows in one go."""

_LEAST_SECONDS = 0.002
"""Time for the analysis even where filtering took all that there was."""


class Model:
    """The state that panes draw. Only the app and its actions change it."""

    def __init__(
        self,
        trace: Trace,
        *,
        live: LiveOptions | None = None,
        zone: tzinfo | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.live = live
        """How the sandboxes are watched; None for a recording."""
        self.zone = zone
        """Time zone of the times shown; None is the local one."""
        self.chips = Chips()
        self.generation = 0
        """Goes up when the view was made anew: positions of before mean nothing then."""
        self.whole_calls = False
        """Whether a call is one row, not two."""
        self.monitor_gone = False
        """Whether nothing can come any more though sandboxes may still run."""
        self.monitor_silent = False
        """Whether the monitor lives and says nothing, so that nothing comes."""
        self._clock = clock
        self._take(trace)

    def _take(self, trace: Trace) -> None:
        self.trace = trace
        self.analysis = Analysis(trace)
        self.condition: Filter | None = None
        """The filters in force as one; None lets every row pass."""
        self.view = RowView(trace, None)
        self.texts = RowTexts(trace, self.analysis.pairs)
        self.marks = Marks(trace)
        self.cursor: int | None = None
        """Row id of the selected row."""
        self.following = self.is_live or self.trace.limit is not None
        """Whether the newest rows are shown; a recording that is all there begins at its start."""
        self.first_row_ever = trace.first_row
        """The oldest row there was when the viewer began; those before `trace.first_row` are gone."""
        self._base_ns = 0

    def replace_trace(self, trace: Trace) -> None:
        """Show another trace, with the same filters."""
        self._take(trace)
        self.apply_chips()

    def settle(self) -> None:
        """Look whether the index of the recording is made; then show all of it, at the same row.

        Raises:
            TraceError: it could not be made: there is no more than is shown.
        """
        former, cursor = self.trace, self.cursor
        settled = former.settled()
        if settled is not None:
            settled.refresh(_TAKING_SECONDS)
            self.replace_trace(settled)
            self.cursor = cursor if cursor is not None and cursor < settled.end_row else None
            former.close()

    @property
    def is_live(self) -> bool:
        """Whether rows may still come from sandboxes."""
        return self.live is not None

    def refresh(self, budget_seconds: float) -> bool:
        """Take in new rows and look at them for about the budget; True if anything changed."""
        began = thread_time()
        grew = self.trace.refresh(_TAKING_SECONDS)
        if not self._base_ns and self.trace.end_row > self.trace.first_row:
            self._base_ns = self._first_time()
        changed = self.view.advance(budget_seconds) or grew
        left = max(budget_seconds - (thread_time() - began), _LEAST_SECONDS)
        return self.analysis.advance(min(left, ANALYSIS_SECONDS), is_idle=not changed) or changed

    def _first_time(self) -> int:
        rows = self.trace.rows(self.trace.first_row, self.trace.first_row + 64)
        for row in rows:
            when = int(row["time_ns"]) or int(row["recv_ns"])
            if when:
                return when
        return 0

    @property
    def base_ns(self) -> int:
        """The time of the first row that has one; 0 while there is none."""
        return self._base_ns

    @property
    def now_ns(self) -> int:
        """Now: by the clock when live, by the newest row in a recording."""
        if self.is_live:
            return self._clock()
        newest = self.trace.rows(self.trace.end_row - 64, self.trace.end_row)
        if not len(newest):
            return 0
        recv = int(newest["recv_ns"].max())
        return (recv or int(newest["time_ns"].max())) + 1_000_000_000

    @property
    def clock_ns(self) -> int:
        """Now; in a recording the time that it has come to."""
        return self._clock() if self.is_live else self.analysis.timeline.end_ns

    @property
    def sandboxes(self) -> list[Sandbox]:
        """The sandboxes that have connected, in the order they came."""
        return self.trace.connections.sandboxes()

    @property
    def rate(self) -> float:
        """Messages a second over all connections."""
        now = self.now_ns
        return sum(conn.rate(now) for conn in self.trace.connections.values() if conn.connected)

    def check(self, expression: str) -> Filter:
        """Compile a filter without applying it.

        Raises:
            FilterError: it is none.
        """
        return compile_filter(expression, self.analysis.context, zone=self.zone)

    def process_of(self, row_id: int) -> tuple[str, str]:
        """The filter for the process of a message, and in words which process that is.

        Both are "" where the process id is not collected.

        Raises:
            IndexError: the row is not held any more.
        """
        processes = self.analysis.processes
        expression = row_filter(self.trace, processes, row_id)
        if not expression:
            return "", ""
        name = self.trace.process_name(row_id)
        return expression, filter_words(processes.tree, expression, name=name, zone=self.zone)

    def chip_words(self, chip: Chip) -> str:
        """What a chip says."""
        words = chip.label or filter_words(
            self.analysis.processes.tree, chip.expression, zone=self.zone
        )
        return words or chip.expression

    def apply_chips(self) -> None:
        """Make the view anew from the chips that are on."""
        parts = self.chips.active()
        self.condition = self.check(conjunction(parts)) if parts else None
        if self.whole_calls:
            self.view = call_view(self.trace, self.condition, self.analysis.pairs)
        else:
            self.view = RowView(self.trace, self.condition)
        self.generation += 1

    @property
    def filtered(self) -> bool:
        """Whether any filter is in force."""
        return bool(self.chips.active())
