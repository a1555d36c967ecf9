"""The Points pane: the tree of trace points, those that are traced and those that are staged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gvtui.tui.command.command import command
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.signs import CURSOR_MARK
from gvtui.tui.points.apply import Applying
from gvtui.tui.points.commands import LARGE
from gvtui.tui.points.painter import PointsPainter, box_spots
from gvtui.tui.points.presets import Presets
from gvtui.tui.points.survey import Targets
from gvtui.tui.points.tree import LineKind, PointLine

if TYPE_CHECKING:
    from textual import events

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
        self._searching = False
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
            state.version, state.cursor, self._top, self.size, self.has_focus, self._searching,
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
        return self._painter.heading(self.width, self._searching)

    def footings(self) -> list[list[Part]]:
        """A hint for the line at the cursor."""
        return self._painter.footing(self.width, self._searching, self.has_focus)

    def mark(self, place: int) -> tuple[str, str | None]:
        """The cursor sign, while the pane has the focus."""
        at_cursor = self.has_focus and place == self.cursor
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
        """End a search that is being typed."""
        self._searching = False
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

    @command("Find points by name, purpose or field", "slash", footer="find")
    def find(self) -> None:
        """Start a search, which reads letters from now on."""
        self._searching = True
        self._keep_in_sight()

    @command("Show all points; then leave the pane", "escape")
    def leave(self) -> None:
        """Show all points again; then leave the pane."""
        if self.state.pattern:
            self._find("")
        else:
            self._viewer.run_command("screen.back")

    def _find(self, pattern: str) -> None:
        self.state.pattern = pattern
        self.state.changed()
        lines = self.state.lines()
        calls = (line for line in lines if line.kind is LineKind.CALL)
        first = next(calls, None)
        if pattern and first is not None:
            self.state.cursor = first.key
        self._keep_in_sight()

    def on_key(self, event: events.Key) -> None:
        """During a search, add letters to the pattern."""
        if not self._searching:
            return
        if event.key in ("up", "down"):
            self._searching = False
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self._searching = False
        elif event.key == "escape":
            self._searching = False
            self.state.pattern = ""
            self.state.changed()
        elif event.key == "backspace":
            self._find(self.state.pattern[:-1])
            return
        elif event.is_printable and event.character:
            self._find(self.state.pattern + event.character)
            return
        self._keep_in_sight()

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
