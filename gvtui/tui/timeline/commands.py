"""Commands of the timeline, which divides the trace into as many time spans as it has cells."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import SPARKS
from gvtui.tui.kit.signs import DROP_SIGN
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.numbers.timeline import Bucket, Timeline

_MANY_ERRORS, _SOME_ERRORS = 0.25, 0.05
"""The share of failed calls among a bucket's messages from which it is coloured."""


class Cell(NamedTuple):
    """One cell of the timeline: a span of time."""

    mark: str
    look: str
    row: int
    """The id of the first row of its span."""


class Along(Feature):
    """Keeps the cells of the timeline, and goes to their rows."""

    prefix, heading = "timeline", "Moving"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.cells: list[Cell] = []
        self.ends: tuple[int, int] | None = None
        """The indices of the cells with the first and the last row on the screen."""

    def fit(self, width: int) -> bool:
        """Divide the trace into `width` cells again; True if anything has changed."""
        cells = _cells(self.model.analysis.timeline, width)
        ends = _window(cells, self.viewer.window)
        changed = cells != self.cells or ends != self.ends
        self.cells, self.ends = cells, ends
        return changed

    def go(self, place: int) -> None:
        """Go to the rows of a cell."""
        if self.cells:
            cell = self.cells[min(max(place, 0), len(self.cells) - 1)]
            self.viewer.go_to(cell.row)
            self.viewer.show_pane("stream")

    @command("Back along the timeline", "left_square_bracket", -1)
    @command("On along the timeline", "right_square_bracket", 1)
    def step(self, cells: int) -> None:
        """Go by so many cells with rows to the left or right of the rows on the screen."""
        if not self.cells or self.ends is None:
            return
        place = self.ends[0] if cells < 0 else self.ends[1]
        here = self.cells[place].row
        while 0 <= place + cells < len(self.cells):
            place += cells
            if self.cells[place].row != here:
                break
        self.go(place)


def _cells(timeline: Timeline, width: int) -> list[Cell]:
    buckets = timeline.buckets(width) if width else []
    if not buckets:
        return []
    highest = max(bucket.rate for bucket in buckets) or 1.0
    marks = [Cell(*_mark(bucket, highest), bucket.first_row) for bucket in buckets]
    # A short trace has fewer buckets than cells, so a bucket fills several cells.
    return [marks[place * len(marks) // width] for place in range(width)]


def _mark(bucket: Bucket, highest: float) -> tuple[str, str]:
    if bucket.dropped:
        return DROP_SIGN, "drop"
    if not bucket.rows:
        return " ", "bar"
    mark = SPARKS[min(len(SPARKS) - 1, round(bucket.rate / highest * (len(SPARKS) - 1)))]
    share = bucket.errors / bucket.rows
    return mark, "many" if share >= _MANY_ERRORS else "some" if share >= _SOME_ERRORS else "bar"


def _window(cells: Sequence[Cell], shown: tuple[int, int] | None) -> tuple[int, int] | None:
    """The indices of the cells with the first and the last row on the screen."""
    if not cells or shown is None:
        return None
    first, last = (bisect_right(cells, row, key=lambda cell: cell.row) - 1 for row in shown)
    return max(0, first), max(0, last)
