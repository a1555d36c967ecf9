"""Counts what passes the filters in force, while the tree of processes shows only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.analysis import Paced

if TYPE_CHECKING:
    from gvtui.query.analysis import Analysis
    from gvtui.query.numbers.statistics import Statistics
    from gvtui.tui.model.model import Model


class Passing:
    """The calls and errors that pass the filters in force, by process."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._held: tuple[Analysis, tuple[object, ...], Statistics] | None = None

    def now(self) -> dict[int, tuple[int, int]] | None:
        """Calls and errors by the numbers of processes, as far as they are counted; None without a
        filter."""
        analysis, condition = self._model.analysis, self._model.condition
        if condition is None:
            self.end()
            return None
        held = self._held
        if held is None or held[0] is not analysis or held[1] != condition.identity:
            self.end()
            counted = analysis.statistics(condition)
            held = self._held = (analysis, condition.identity, counted)
        if analysis.follower is None:
            analysis.follower = Paced(held[2].advance)
        columns = held[2].process_columns()
        counts = zip(columns["calls"].tolist(), columns["errors"].tolist(), strict=True)
        return dict(zip(columns["key"].tolist(), counts, strict=True))

    def end(self) -> None:
        """Count no more."""
        if self._held is not None:
            self._held[0].follower = None
        self._held = None
