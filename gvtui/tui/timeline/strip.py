"""The whole trace in one line: how much came when, where it failed, and where points were lost."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from gvtui.tui.kit.cells import SPARKS
from gvtui.tui.kit.lines import LineWidget, Part
from gvtui.tui.model.rowtext import DROP_SIGN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.strip import Strip

    from gvtui.query.numbers.timeline import Bucket, Timeline
    from gvtui.tui.model.model import Model

WINDOW_SIGN = "┃"
"""Marks what the stream shows."""

_MANY_ERRORS, _SOME_ERRORS = 0.25, 0.05
"""Share of messages in a bucket that tell of a failed call."""
_LEFT = 1


class _Cell(NamedTuple):
    """One cell of the strip: a span of time."""

    mark: str
    look: str
    row: int
    """The first row of its span."""


class TimelineStrip(LineWidget):
    """Bars for the rate, coloured by the share of errors; signs for drops and what is on screen."""

    PREFIX = "timeline"
    LOOKS = ("bar", "some", "many", "drop", "window", "faint")
    ALLOW_SELECT = False

    class Picked(Message):
        """The stream is to go to a row."""

        def __init__(self, row_id: int) -> None:
            super().__init__()
            self.row_id = row_id

    def __init__(self, model: Model, shown: Callable[[], tuple[int, int] | None]) -> None:
        """Make the strip; `shown` gives the first and last row id that the stream shows."""
        super().__init__(id="timeline")
        self._model = model
        self._shown = shown
        self._cells: list[_Cell] = []
        self._ends: tuple[int, int] | None = None

    @property
    def _room(self) -> int:
        return max(0, self.size.width - 2 * _LEFT)

    def news(self) -> None:
        """Draw what has changed."""
        timeline = self._model.analysis.timeline
        cells = _cells(timeline, self._room)
        ends = _window(cells, self._shown())
        if cells != self._cells or ends != self._ends:
            self._cells, self._ends = cells, ends
            self.refresh()

    def on_resize(self) -> None:
        """Fit the strip to the new width."""
        self.news()

    def render_line(self, y: int) -> Strip:
        """The strip."""
        width = self.size.width
        if y or not self._cells:
            words = " no rows yet" if not y else ""
            return self.strip([(words, "faint")], width)
        first, last = self._ends or (-1, -1)
        parts: list[Part] = [(" " * _LEFT, "")]
        for place, cell in enumerate(self._cells):
            if place in (first, last):
                parts.append((WINDOW_SIGN, "window"))
            else:
                parts.append((cell.mark, cell.look))
        return self.strip(parts, width)

    def on_click(self, event: events.Click) -> None:
        """Go to the time under the mouse."""
        if self._cells:
            place = min(max(event.x - _LEFT, 0), len(self._cells) - 1)
            self.post_message(self.Picked(self._cells[place].row))

    def step(self, cells: int) -> None:
        """Go so many cells that hold rows to the left or right of what is on screen."""
        if not self._cells or self._ends is None:
            return
        place = self._ends[0] if cells < 0 else self._ends[1]
        here = self._cells[place].row
        while 0 <= place + cells < len(self._cells):
            place += cells
            if self._cells[place].row != here:
                break
        self.post_message(self.Picked(self._cells[place].row))

    def step_drop(self, direction: int) -> None:
        """Go to where points were dropped last before, or next after, what is on screen."""
        if self._ends is None:
            return
        places = (
            range(self._ends[0] - 1, -1, -1)
            if direction < 0
            else range(self._ends[1] + 1, len(self._cells))
        )
        for place in places:
            if self._cells[place].look == "drop":
                self.post_message(self.Picked(self._cells[place].row))
                return


def _cells(timeline: Timeline, width: int) -> list[_Cell]:
    buckets = timeline.buckets(width) if width else []
    if not buckets:
        return []
    highest = max(bucket.rate for bucket in buckets) or 1.0
    marks = [_Cell(*_mark(bucket, highest), bucket.first_row) for bucket in buckets]
    # A short trace has fewer buckets than there are cells: each then takes several.
    return [marks[place * len(marks) // width] for place in range(width)]


def _mark(bucket: Bucket, highest: float) -> tuple[str, str]:
    if bucket.dropped:
        return DROP_SIGN, "drop"
    if not bucket.rows:
        return " ", "bar"
    mark = SPARKS[min(len(SPARKS) - 1, round(bucket.rate / highest * (len(SPARKS) - 1)))]
    share = bucket.errors / bucket.rows
    return mark, "many" if share >= _MANY_ERRORS else "some" if share >= _SOME_ERRORS else "bar"


def _window(cells: Sequence[_Cell], shown: tuple[int, int] | None) -> tuple[int, int] | None:
    """The cells of the first and last row shown."""
    if not cells or shown is None:
        return None
    first, last = (bisect_right(cells, row, key=lambda cell: cell.row) - 1 for row in shown)
    return max(0, first), max(0, last)
