"""The numbers pane: statistics over the rows that pass the filters, updated as rows arrive."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.containers import Container

from gvtui.query.analysis import Paced
from gvtui.tui.numbers.bands import NumbersBands
from gvtui.tui.numbers.table import NumbersTable

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from gvtui.query.analysis import Analysis
    from gvtui.query.numbers.statistics import Statistics
    from gvtui.tui.viewer import Viewer

_KEPT = 4
"""For how many filters and kinds of tables the statistics are cached, so that going back is instant."""
_CALM_SECONDS = 0.25


class NumbersPane(Container):
    """A table of statistics, and beside or below it the histogram of durations."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="numbers")
        self._viewer, self._model = viewer, viewer.model
        self._table = NumbersTable(viewer)
        self._bands = NumbersBands(viewer)
        self._analysis: Analysis | None = None
        self._kept: dict[tuple[object, ...], Statistics] = {}
        self._statistics: Statistics | None = None
        self._shown: tuple[object, ...] | None = None
        self._drawn_at = 0.0

    def compose(self) -> ComposeResult:
        """The table and the histogram."""
        yield self._table
        yield self._bands

    def news(self) -> None:
        """Update the statistics for new rows and changed filters, and draw them now and then."""
        model, analysis = self._model, self._model.analysis
        analysis.wants_processes = True
        if analysis is not self._analysis:
            self._analysis = analysis
            self._kept = {}
        statistics = self._for_filter()
        if statistics is not self._statistics or analysis.follower is None:
            self._statistics = statistics
            analysis.follower = Paced(statistics.advance)
            self._drawn_at = 0.0
        shown = (id(statistics), statistics.position, self._viewer.remedy())
        is_calm = time.monotonic() - self._drawn_at >= _CALM_SECONDS
        if is_calm and (shown != self._shown or not model.is_live):
            self._shown, self._drawn_at = shown, time.monotonic()
            self._draw()

    def _for_filter(self) -> Statistics:
        """The statistics of the filters in force."""
        analysis, condition = self._model.analysis, self._model.condition
        # To count by descriptor too takes longer.
        by_descriptor = self._table.needs_descriptors
        asked = (condition.identity if condition is not None else (), by_descriptor)
        statistics = self._kept.pop(asked, None)
        if statistics is None:
            statistics = analysis.statistics(condition, by_descriptor=by_descriptor)
        self._kept[asked] = statistics
        for old in list(self._kept)[:-_KEPT]:
            del self._kept[old]
        return statistics

    def _draw(self) -> None:
        if self._statistics is not None:
            self._table.take(self._statistics)
            self._draw_bands()

    def _draw_bands(self) -> None:
        if self._statistics is None:
            return
        syscall = self._table.selected_syscall
        text = self._table.selected_filter if syscall is not None else ""
        self._bands.take(self._statistics.histogram(syscall), syscall or "", text)

    def on_numbers_table_selected(self, message: NumbersTable.Selected) -> None:
        """Show the durations of the selected line."""
        message.stop()
        counts = self._statistics is not None and self._statistics.counts_descriptors
        if counts != self._table.needs_descriptors:
            self.news()
        self._draw_bands()

    def on_hide(self) -> None:
        """Stop counting while the pane is hidden."""
        if self._analysis is not None:
            self._analysis.follower = None
