"""From a number or a process to the rows behind it, and back to where one was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.widgets import ContentSwitcher

from gvtui.tui.live.commands import TraceActions

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace
    from gvtui.tui.drilled import Drilled
    from gvtui.tui.model.chips import Chip
    from gvtui.tui.timeline.strip import TimelineStrip

_MAX_DEPTH = 100
_ANALYSIS_INTERVAL = 1 / 50


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one was before drilling."""

    chips: tuple[Chip, ...]
    suspended: bool
    tab: str
    cursor: int | None
    following: bool


class DrillActions(TraceActions):
    """Drill and go back; whole calls; jumps along the timeline."""

    timeline: TimelineStrip
    """The strip under the status line."""

    def __init__(self, trace: Trace, **options: Any) -> None:  # noqa: ANN401
        """See `ViewerBase`."""
        super().__init__(trace, **options)
        self._places: list[_Place] = []

    def on_mount(self) -> None:
        """Work on what the analysis is behind with, in more than the time that updates spare."""
        self.every(_ANALYSIS_INTERVAL, self._analyse)

    def _analyse(self) -> None:
        if self.model.analysis.is_behind:
            self.model.analysis.advance()

    def on_drilled(self, message: Drilled) -> None:
        """Add the filter and show the stream."""
        self._places.append(self._here())
        del self._places[:-_MAX_DEPTH]
        self.model.chips.put(message.expression, message.slot)
        self.apply_chips()
        if message.row is not None and message.row >= 0:
            self.stream.jump(message.row)
        self.action_tab("stream")

    def _here(self) -> _Place:
        model = self.model
        tab = self.screen_stack[0].query_one("#tabs", ContentSwitcher).current or "stream"
        return _Place(tuple(model.chips), model.chips.suspended, tab, model.cursor, model.following)

    def action_drill_back(self) -> None:
        """Go back to where one drilled from, with the filters of then."""
        if not self._places:
            self.tell("There is nowhere to go back to: Enter on a number or a process leads here.")
            return
        place = self._places.pop()
        self.model.chips.restore(place.chips, suspended=place.suspended)
        self.apply_chips()
        if place.following:
            self.stream.follow()
        elif place.cursor is not None:
            self.stream.jump(place.cursor)
        self.action_tab(place.tab)

    def action_calls(self) -> None:
        """Show each call as one row, or as its enter and its exit again."""
        model = self.model
        model.whole_calls = not model.whole_calls
        cursor = model.cursor
        self.apply_chips()
        if model.whole_calls:
            if cursor is not None and not model.following:
                # Only of an exit does the partner stand before it.
                enter = model.analysis.pairs.partner(cursor)
                self.stream.jump(enter if enter is not None and enter < cursor else cursor)
            if "thread_id" in model.analysis.pairs.missing_fields:
                offer = " F stages it, a applies." if model.calls_lack else ""
                self.tell(
                    f"Calls without thread_id cannot be paired: have the session collect it.{offer}",
                    "warning",
                )

    def action_timeline(self, cells: int) -> None:
        """Go along the timeline."""
        self.timeline.step(cells)

    def action_drop(self, direction: int) -> None:
        """Go to where points were dropped."""
        if not self.model.trace.connections.dropped:
            self.tell("No points were dropped.")
        self.timeline.step_drop(direction)

    def on_timeline_strip_picked(self, message: TimelineStrip.Picked) -> None:
        """Go to a place on the timeline."""
        self.stream.jump(message.row_id)
        self.action_tab("stream")
