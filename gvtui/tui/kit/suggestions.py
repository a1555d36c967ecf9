"""The list of suggestions under the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from gvtui.decode.escape import escape
from gvtui.tui.kit.cells import fit, width_of
from gvtui.tui.kit.lines import LineWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip

    from gvtui.query.filter.complete import Completion

LINES = 8
"""How many suggestions are on the screen at most."""

_MAX_TEXT, _MAX_NOTE = 48, 60


class Suggestions(LineWidget):
    """A list of suggestions, one of which may be highlighted; hidden while empty."""

    PREFIX = "suggest"
    LOOKS = ("text", "note", "picked", "more")
    ALLOW_SELECT = False

    class Clicked(Message):
        """A suggestion was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__(id="prompt-suggestions")
        self._items: Sequence[Completion] = ()
        self._lines: list[tuple[str, str]] = []
        self._top = 0
        self._text_width = 0
        self.picked: int | None = None
        """The index of the suggestion highlighted with the arrow keys; None for none."""

    @property
    def items(self) -> Sequence[Completion]:
        """The suggestions."""
        return self._items

    def offer(self, items: Sequence[Completion], column: int) -> None:
        """Show suggestions whose texts begin at a column; an empty list hides the widget."""
        self._items = items
        self._lines = [
            (escape(item.text, _MAX_TEXT), escape(item.note, _MAX_NOTE)) for item in items
        ]
        self._top, self.picked = 0, None
        self.set_class(bool(items), "open")
        if items:
            self._text_width = max(width_of(text) for text, _ in self._lines)
            width = self._text_width + max(width_of(note) for _, note in self._lines) + 4
            left = self.parent.region.x if isinstance(self.parent, Widget) else 0
            room = max(1, self.app.size.width - left)
            self.styles.width = min(width, room)
            self.styles.height = min(LINES, len(items))
            self.styles.offset = (max(0, min(column - 1, room - width)), 0)
            self.refresh(layout=True)

    def move(self, step: int) -> None:
        """Highlight the next or previous suggestion; before the first, none."""
        place = (-1 if self.picked is None else self.picked) + step
        self.picked = min(place, len(self._items) - 1) if place >= 0 else None
        if self.picked is None:
            self._top = 0
        else:
            self._top = max(min(self._top, self.picked), self.picked - LINES + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A suggestion's text and its description."""
        width, place = self.size.width, self._top + y
        if place >= len(self._lines):
            return self.strip([], width)
        text, note = self._lines[place]
        picked = place == self.picked
        left = len(self._lines) - place - 1
        more = f" +{left} " if left and y == LINES - 1 else ""
        text = f" {fit(text, self._text_width)}  "
        note = fit(note, max(0, width - width_of(text) - width_of(more)))
        parts = [
            (text, "picked" if picked else "text"),
            (note, "picked" if picked else "note"),
            (more, "more"),
        ]
        return self.strip(parts, width)

    def on_click(self, event: events.Click) -> None:
        """Insert the suggestion under the mouse."""
        event.stop()
        place = self._top + event.y
        if place < len(self._items):
            self.post_message(self.Clicked(place))
