"""Commands that go to the next or previous row of a kind: a drop, an alarm, an error, an exec, a
bookmark."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from gvtui.query.landmarks import Landmark, Landmarks, LandmarkSeeker
from gvtui.trace.playback import AllRows
from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature, Item, Viewer

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEP_SECONDS = 0.01
"""How many seconds one step may take; a longer step would delay keys."""
_PAUSE = 0.005
"""Seconds between two steps, in which keys are handled."""

_WORDS = {
    Landmark.DROP: "dropped points",
    Landmark.ALARM: "alarms",
    Landmark.ERROR: "failed calls",
    Landmark.EXEC: "programs that started",
    Landmark.CALL: "calls",
    Landmark.ROW: "rows",
    Landmark.EVENT: "events",
}

_DESPITE_FILTERS = (Landmark.DROP, Landmark.ALARM)
"""What one goes to although the filters hide it."""


@dataclass(slots=True)
class _Sought:
    """What is looked for."""

    kind: Landmark
    seeker: LandmarkSeeker
    direction: int
    generation: int
    cursor: int | None
    """The row that was selected: once another is, nobody waits any more."""
    held: int | None = None
    """A row that was found, of which it is not known yet whether filters hide it."""


class ToLandmarks(Feature):
    """Goes to the next or previous landmark from the selected row."""

    prefix, heading = "timeline", "Moving"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._sought: _Sought | None = None
        self._went: tuple[int, int | None] | None = None
        """The row that was gone to last, and the one selected then: filters may hide the first."""

    def status(self) -> Iterable[Item]:
        """That something is looked for."""
        if self._sought is None:
            return []
        words = f"looking for {_WORDS[self._sought.kind]}"
        return [Item(words, "looking", "paused")]

    @command("Go to the previous dropped points", "left_curly_bracket", -1)
    @command("Go to the next dropped points", "right_curly_bracket", 1)
    def drop(self, direction: int) -> None:
        """Go to the nearest row before or after the selected one that tells of dropped points."""
        trace = self.model.trace
        if not trace.connections.dropped and not trace.is_behind and trace.limit is None:
            is_least = trace.connections.may_lack_drops(self.model.moments.now_ns)
            said = (
                "No sandbox has told of dropped points." if is_least else "No points were dropped."
            )
            self.viewer.tell(said)
            return
        self._seek(Landmark.DROP, direction)

    @command("Go to the previous alarm: loss, refusal, clock, claim", "shift+f9", "alarm", -1)
    @command("Go to the next alarm: loss, refusal, clock, claim", "f9", "alarm", 1)
    @command("Go to the previous failed call", "left_parenthesis", "error", -1)
    @command("Go to the next failed call", "right_parenthesis", "error", 1)
    @command("Go to the previous start of a program", "shift+f5", "exec", -1)
    @command("Go to the next start of a program", "f5", "exec", 1)
    @command("Go to the call before", "shift+f6", "call", -1)
    @command("Go to the next call", "f6", "call", 1)
    @command("Go to the previous event", "shift+f7", "event", -1)
    @command("Go to the next event", "f7", "event", 1)
    @command("Go to the row before; moves where a recording stands", "shift+f8", "row", -1)
    @command("Go to the next row; moves where a recording stands", "f8", "row", 1)
    def to(
        self, what: Literal["alarm", "error", "exec", "call", "event", "row"], direction: int
    ) -> None:
        """Go to the nearest row of a kind before or after the selected one, of those shown; to an
        alarm also if filters hide it."""
        self._seek(Landmark(what), direction)

    @command("Go to the previous bookmark", "shift+f4", -1)
    @command("Go to the next bookmark", "f4", 1)
    def bookmark(self, direction: int) -> None:
        """Go to the nearest bookmark before or after the selected row."""
        rows = [each.row for each in self.model.bookmarks]
        place = (
            bisect_right(rows, self._here) if direction > 0 else bisect_left(rows, self._here) - 1
        )
        if 0 <= place < len(rows):
            self._sought = None
            self._go(rows[place])
        else:
            way = "after" if direction > 0 else "before"
            self.viewer.tell(f"There are no bookmarks {way} this row.")

    @property
    def _here(self) -> int:
        """The id of the row to go on from."""
        model = self.model
        if self._went is not None and model.cursor == self._went[1]:
            return self._went[0]
        if model.cursor is None:
            return model.trace.first_row - 1
        return model.cursor

    def _seek(self, kind: Landmark, direction: int) -> None:
        model = self.model
        skip = model.analysis.timeline.past_dropless if kind is Landmark.DROP else None
        rows = AllRows(model.trace)
        landmarks = Landmarks(rows, kind, model.analysis.pairs)
        seeker = LandmarkSeeker(rows, landmarks, self._here, direction, skip=skip)
        is_looking = self._sought is not None
        self._sought = _Sought(kind, seeker, direction, model.generation, model.cursor)
        if not is_looking:
            self._look()

    def _look(self) -> None:
        """Look for a moment, and go on later."""
        model, sought = self.model, self._sought
        if sought is None:
            return
        if sought.generation != model.generation or (
            sought.cursor != model.cursor and not model.following
        ):
            self._sought = None
            return
        deadline = perf_counter() + _STEP_SECONDS
        while (left := deadline - perf_counter()) > 0:
            row = sought.held if sought.held is not None else sought.seeker.next(left)
            sought.held = row
            if row is None or self._is_undecided(row, deadline):
                break
            shown = self._shown(row)
            is_held_back = row >= model.trace.end_row
            if sought.kind in _DESPITE_FILTERS or shown is not None or is_held_back:
                self._sought = None
                self._go(row if shown is None else shown)
                return
            sought.held = None
        if sought.held is None and sought.seeker.is_done:
            self._sought = None
            self.viewer.tell(self._none_words(sought))
            return
        self.viewer.after(_PAUSE, self._look)

    def _none_words(self, sought: _Sought) -> str:
        """That there is nothing of the kind."""
        model = self.model
        way = "after" if sought.direction > 0 else "before"
        among = ""
        if sought.kind not in _DESPITE_FILTERS and model.filtered:
            among = " among the rows shown"
        elif sought.kind is Landmark.ALARM and model.trace.limit is not None:
            among = "; who claims another's container is known up to where the recording stands"
        return f"There are no {_WORDS[sought.kind]} {way} this row{among}."

    def _is_undecided(self, row: int, deadline: float) -> bool:
        """Whether the filters have not come to a row yet."""
        model = self.model
        if row >= model.trace.end_row and model.filtered and self.viewer.replay is not None:
            # Whether a row passes is known only once the recording stands at it.
            self.viewer.replay.go_to(row)
            while model.trace.is_behind and perf_counter() < deadline:
                model.refresh(_STEP_SECONDS)
            if row >= model.trace.end_row:
                return True
            model.view.advance(_STEP_SECONDS)
        view = model.view
        return not view.complete and view.position_of(row) >= view.count

    def _shown(self, row: int) -> int | None:
        """The row that shows another: the enter of its call, where calls are one row; None if
        filters hide it, or a decoded row repeats it, which is found on its own."""
        model = self.model
        if model.doubles.twin(row, model.view) is not None:
            return None
        shown = model.stand_in(row)
        return shown if shown in model.view else None

    def _go(self, row: int) -> None:
        """Select a row; if filters hide it, the next one."""
        model = self.model
        self.viewer.show_pane("stream")
        self.viewer.go_to(row)
        self._went = row, model.cursor
        if model.cursor != model.stand_in(row):
            self.viewer.tell(
                f"Row {row:,} is hidden by the filters; this is the next one.", "warning"
            )
