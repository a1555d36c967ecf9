"""The Points pane: the tree of trace points, those that are traced and those that are staged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gvtui.tui.command.command import command
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.seeking import stepped
from gvtui.tui.kit.signs import CURSOR_MARK
from gvtui.tui.points.apply import Applying
from gvtui.tui.points.commands import LARGE
from gvtui.tui.points.painter import PointsPainter, box_spots
from gvtui.tui.points.presets import Presets
from gvtui.tui.points.survey import Targets
from gvtui.tui.points.tree import LineKind, PointLine

if TYPE_CHECKING:
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.points.state import PointsState
    from gvtui.tui.viewer import Viewer


class PointsPane(ListPane):
    """The tree of points. A narrow pane and a large one share one state."""

    PREFIX = "points"
    LOOKS = (
        "heading", "name", "group", "field", "on", "off", "faint", "number", "good", "bad",
        "alarm", "added", "removed", "staged", "bar", "cursor", "mark",
    )  # fmt: skip
    prefix, heading = "points", "What is traced"
    home, tab, where = LARGE, LARGE, ""

    def __init__(self, viewer: Viewer, *, large: bool = False) -> None:
        super().__init__(id=LARGE if large else "points", classes="points")
        self._viewer = viewer
        self._targets = viewer.feature(Targets)
        self._painter = PointsPainter(self.state, viewer.commands.keys_of, large=large)
        self._shown: tuple[object, ...] = ()
        self._seen: str | None = None
        """The key of the line last scrolled to; None makes the pane scroll to the cursor."""

    @property
    def state(self) -> PointsState:
        """The state that both panes show."""
        return self._targets.state

    def news(self) -> None:
        """Draw what has changed."""
        if self._look() == self._shown:
            # A layout without a new size may have set it from `virtual_size`.
            self._sync_scrollbar()
            return
        self.redraw()
        if self.state.cursor != self._seen:
            # Something outside the pane has moved the cursor, such as a key in the stream.
            self._seen = self.state.cursor
            self.show_cursor()
            self.redraw()
        self._shown = self._look()
        # `redraw` does not compare the cursor sign.
        self.refresh()

    def redraw(self) -> None:
        """Draw the lines on the screen, with the cursor of the state."""
        self.cursor = self.state.place()
        super().redraw()

    def _look(self) -> tuple[object, ...]:
        """All values that the drawing depends on."""
        state = self.state
        return (
            state.version, state.cursor, self._top, self.size, self.shows_cursor,
            state.counts, state.rates,
        )  # fmt: skip

    def count(self) -> int:
        """How many lines are visible in the opened tree."""
        return len(self.state.lines())

    def line(self, place: int) -> tuple[list[Part], str]:
        """A group, a call, or a field."""
        return self._painter.line(self.state.lines()[place], self.width), ""

    def headings(self) -> list[list[Part]]:
        """Staged changes, the target, the last outcome, the search."""
        return self._painter.heading(self.width)

    def footings(self) -> list[list[Part]]:
        """A hint for the line at the cursor."""
        return self._painter.footing(self.width, self.has_focus)

    def mark(self, place: int) -> tuple[str, str | None]:
        """The cursor sign, while the pane has the focus."""
        at_cursor = self.shows_cursor and place == self.cursor
        return (CURSOR_MARK, "cursor") if at_cursor else (" ", None)

    def moved(self) -> None:
        """Store the key of the selected line in the state."""
        lines = self.state.lines()
        if self.cursor < len(lines):
            self.state.cursor = self._seen = lines[self.cursor].key

    def fit(self) -> None:
        """Lay the lines out again."""
        super().fit()
        self._keep_in_sight()

    def on_focus(self) -> None:
        """Scroll to the cursor, and show the hint on its line."""
        self._keep_in_sight()

    def on_blur(self) -> None:
        """Draw the hint of a pane without the focus."""
        self.news()

    def _keep_in_sight(self) -> None:
        """Draw the pane with the cursor on the screen."""
        if self.has_focus:
            self._seen = None
        self._shown = ()
        self.news()

    @command("Close this line; if it is closed, go to its parent", "left,h")
    def close(self) -> None:
        """Close the selected line, or go to its parent."""
        line = self.state.at_cursor()
        if line is None:
            return
        if line.is_open and not (self.state.pattern and line.kind is LineKind.GROUP):
            self.state.open(line, False)
        elif line.parent:
            self.state.cursor = line.parent
        self._keep_in_sight()

    @command("Open this line: its calls, its fields", "right,l")
    def open(self) -> None:
        """Open the selected line."""
        line = self.state.at_cursor()
        if line is not None:
            self.state.open(line, True)
            self._keep_in_sight()

    @command("Open or close this line", "enter")
    def unfold(self) -> None:
        """Open or close the selected line."""
        line = self.state.at_cursor()
        if line is not None:
            self.state.open(line)
            self._keep_in_sight()

    @command("Open or close all lines", "asterisk")
    def unfold_all(self) -> None:
        """Open all lines, or close all if all are open."""
        self.state.open_all()
        self._keep_in_sight()

    @command("Switch this point, field or group", "space", footer="on/off")
    @command("Switch its enter side", "e", "E", footer="enter")
    @command("Switch its exit side", "x", "X", footer="exit")
    def switch(self, side: Literal["", "E", "X"] = "") -> None:
        """Stage the point, field or group at the cursor to be switched."""
        line = self.state.at_cursor()
        if line is not None:
            self._switch(line, side)

    def _switch(self, line: PointLine, side: str) -> None:
        if self.state.refusal:
            self._targets.may_stage()
        elif line.kind is LineKind.FIELDS:
            self.state.open(line)
        else:
            self.state.toggle(line, side)
        self._keep_in_sight()

    @command("Group by component, or by purpose of the calls", "ctrl+o", footer="group")
    def group(self) -> None:
        """Group by component, or by purpose of the calls."""
        state = self.state
        line = state.at_cursor()
        state.grouping = "purpose" if state.grouping == "component" else "component"
        state.changed()
        if line is not None and line.kind is LineKind.CALL:
            state.reveal(line.names[0])
        self._keep_in_sight()

    @command("Only the points that are on; again: all", "O")
    def only_on(self) -> None:
        """Show only the points that are on, or all."""
        self.state.only_on = not self.state.only_on
        self.state.changed()
        self._keep_in_sight()

    @command("The next sandbox", "c", footer="sandbox")
    def target(self) -> None:
        """Show the next sandbox."""
        self.state.next_target()
        self._keep_in_sight()

    @command("What applying changes, as JSON", "v", footer="changes")
    def preview(self) -> None:
        """Show what applying would change."""
        self._viewer.feature(Applying).preview()

    @command("Stage a preset or a saved session", "L", footer="presets")
    @command("Stage one with what is staged already", "plus", "add")
    def load(self, how: Literal["replace", "add"] = "replace") -> None:
        """Choose a preset or a saved session to stage."""
        self._viewer.feature(Presets).load(how)

    @command("Save the staged session under a name", "S")
    def save(self) -> None:
        """Ask for a name, and save the staged session."""
        self._viewer.feature(Presets).save()

    @command("Choose if programs wait for the monitor or points are lost", "T")
    def tuning(self) -> None:
        """Stage the next tuning of the remote sink."""
        self._viewer.feature(Presets).tuning()

    @command("Show all output of runsc on the last change", "I")
    def said(self) -> None:
        """Show all output of runsc on the last change."""
        self._viewer.feature(Applying).said()

    @command("Explain how containers start with the session file", "i")
    def install(self) -> None:
        """Show how containers are started with the session file."""
        self._viewer.feature(Applying).install()

    @property
    def sought(self) -> str:
        """The pattern of the points that are shown; "" while all are."""
        return self.state.pattern

    def seek(self, text: str, start: int) -> None:
        """Show only the points whose name, purpose or field has the text."""
        self.state.pattern = text
        self.state.changed()
        found = self.state.found()
        if text and found:
            self.state.cursor = self.state.lines()[found[0]].key
        self._keep_in_sight()

    def seek_next(self, direction: int) -> None:
        """Select the next (1) or previous (-1) of the points found."""
        place = stepped(self.state.found(), self.cursor, direction)
        if place is not None:
            self.select(place)

    def end_search(self) -> bool:
        """Show all points again; False if all are shown."""
        was_searching = bool(self.state.pattern)
        self.state.pattern = ""
        self.state.changed()
        self._keep_in_sight()
        return was_searching

    def heading_clicked(self, x: int, y: int) -> None:
        """Show the next target when the target is clicked."""
        if y == 1:
            self.target()

    def clicked(self, x: int, again: bool) -> None:
        """Switch the clicked box; a click beside the boxes opens the line."""
        line = self.state.at_cursor()
        if line is None:
            return
        start = 1
        for text, _, side in box_spots(self.state, line):
            if side is not None and start <= x < start + len(text):
                self._switch(line, side)
                return
            start += len(text)
        if x < start or line.kind in (LineKind.GROUP, LineKind.FIELDS):
            self.state.open(line)
        self._keep_in_sight()


def make_small(viewer: Viewer) -> PointsPane:
    """The pane in the sidebar."""
    return PointsPane(viewer)


def make_large(viewer: Viewer) -> PointsPane:
    """The pane as a tab."""
    return PointsPane(viewer, large=True)
