"""The base of list panes: a heading, and lines with a cursor, scrolling and the mouse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual.scroll_view import ScrollView

from gvtui.tui.command.bindings import Pane
from gvtui.tui.command.command import command
from gvtui.tui.kit.finding import FindingWidget
from gvtui.tui.kit.fitting import FittedWidget
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.kit.signs import CURSOR_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.screen import Screen
    from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
    from textual.strip import Strip

    from gvtui.tui.kit.cells import Part

_WHEEL_LINES = 3
_GAP = re.compile(" {2,}")


class ListPane(
    Pane,
    FittedWidget,
    FindingWidget,
    LineWidget,
    ScrollView,
    can_focus=True,
    inherit_bindings=False,
):
    """Shows a subclass's entries, of one line or several; draws only those on the screen.

    The scrollbar is set by hand and `virtual_size` never changes, so that new entries need no
    layout.
    """

    PREFIX = "list"
    LOOKS: ClassVar[tuple[str, ...]] = ("sought",)
    prefix, heading = "list", "Moving"
    home, tab, where = "processes", "processes", "in the lists"
    ALLOW_SELECT = False
    ENTRY_LINES: ClassVar[int] = 1
    """How many lines an entry has."""

    def __init__(self, *, id: str, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._top = 0
        self._drawn: list[tuple[list[Part], str]] = []
        self._headings: list[list[Part]] = []
        self._footings: list[list[Part]] = []

    def count(self) -> int:
        """How many entries there are."""
        raise NotImplementedError

    def line(self, place: int) -> tuple[list[Part], str]:
        """The words of a one-line entry, after its sign, and the style under them."""
        raise NotImplementedError

    def entry(self, place: int) -> list[tuple[list[Part], str]]:
        """The `ENTRY_LINES` lines of an entry, each as `line` gives it."""
        return [self.line(place)]

    def mark(self, place: int) -> tuple[str, str | None]:
        """The sign in front of an entry, and the style under it; None for the line's own style."""
        if place != self.cursor:
            return " ", None
        return (CURSOR_MARK if self.shows_cursor else " "), "cursor"

    def headings(self) -> list[list[Part]]:
        """The lines above the list."""
        raise NotImplementedError

    def footings(self) -> list[list[Part]]:
        """The lines below the list."""
        return []

    def full(self, place: int) -> str:
        """The words of an entry, not cut to the width: those that a search looks at."""
        lines = ["".join(text for text, _ in parts) for parts, _ in self.entry(place)]
        return _GAP.sub("  ", "  ".join(lines)).strip()

    def moved(self) -> None:
        """Called when the user has moved the cursor."""

    def keep_cursor(self, keys: Iterable[object], wanted: object) -> bool:
        """Put the cursor back on its entry after the entries have changed; the lines around it stay.

        Args:
            keys: for each entry what it is about.
            wanted: what the cursor was on.

        Returns:
            Whether there is such an entry.
        """
        place = next((place for place, key in enumerate(keys) if key == wanted), None)
        if place is not None:
            self._top += place - self.cursor
            self.cursor = place
        return place is not None

    def on_mount(self) -> None:
        """Set the scrollbar after every layout."""
        # Every layout sets the scrollbar from `virtual_size`, which is meaningless here.
        self.screen.screen_layout_refresh_signal.subscribe(self, self._after_layout, immediate=True)

    def _after_layout(self, screen: Screen[object]) -> None:
        self._sync_scrollbar()

    def _sync_scrollbar(self) -> None:
        if self.show_vertical_scrollbar:
            bar = self.vertical_scrollbar
            bar.window_virtual_size = max(self.count(), 1)
            bar.window_size = self.page
            bar.position = self._top

    @property
    def page(self) -> int:
        """How many entries fit on the screen."""
        room = self.size.height - len(self._headings) - len(self._footings)
        return max(1, room // self.ENTRY_LINES)

    @property
    def width(self) -> int:
        """How many cells a line's words may take."""
        return max(0, self.scrollable_content_region.width - 1)

    def redraw(self) -> None:
        """Draw the lines on the screen if any of them has changed."""
        self.fits()
        before = (self._headings, self._footings, self._drawn)
        count = self.count()
        self.cursor = max(0, min(self.cursor, count - 1))
        self.go_on_seeking()
        self._headings = self.headings()
        self._footings = [*self.footings(), *self.seek_lines(self.width)]
        page = self.page
        self._top = max(0, min(self._top, count - page))
        shown = range(self._top, min(self._top + page, count))
        self._drawn = [line for place in shown for line in self.entry(place)]
        self._sync_scrollbar()
        if before != (self._headings, self._footings, self._drawn):
            self.refresh()

    def words(self) -> str:
        """The selected entry as one line of text, as wide as the screen shows it."""
        if not 0 <= self.cursor < self.count():
            return ""
        return ListPane.full(self, self.cursor)

    def show_cursor(self) -> None:
        """Scroll so that the selected entry is on the screen."""
        self._top = max(min(self._top, self.cursor), self.cursor - self.page + 1)

    def fit(self) -> None:
        """Set the scrollbar and draw the lines for the present size."""
        self.redraw()
        self.show_cursor()
        self.redraw()

    def on_focus(self) -> None:
        """Draw the cursor in the colour of the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor dimmed, without the focus."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A heading, a line of an entry, a footing, or nothing."""
        width = self.scrollable_content_region.width
        if y < len(self._headings):
            return self.strip([(" ", ""), *self._headings[y]], width)
        from_end = self.size.height - y
        if from_end <= len(self._footings):
            ground = "list--sought" if from_end == 1 and self._seek is not None else "bar"
            return self.strip([(" ", ""), *self._footings[-from_end]], width, ground=ground)
        line = y - len(self._headings)
        if line >= len(self._drawn):
            return self.strip([], width)
        parts, ground = self._drawn[line]
        sign, own = self.mark(self._top + line // self.ENTRY_LINES)
        return self.strip([(sign, "mark"), *parts], width, ground=ground if own is None else own)

    def select(self, place: int) -> None:
        """Move the cursor to an entry, and scroll to it."""
        self.cursor = max(0, min(place, self.count() - 1))
        self.show_cursor()
        self.moved()
        self.redraw()
        self.refresh()

    def scroll_lines(self, top: int) -> None:
        """Scroll an entry to the top; the cursor stays on its entry."""
        self._top = top
        self.redraw()

    @command("Up one line", "up,k", -1)
    @command("Down one line", "down,j", 1)
    def move(self, lines: int) -> None:
        """Move the cursor by lines."""
        self.select(self.cursor + lines)

    @command("Up one screen of lines", "pageup", -1)
    @command("Down one screen of lines", "pagedown", 1)
    def move_page(self, pages: int) -> None:
        """Move the cursor by screens."""
        self.select(self.cursor + pages * max(1, self.page - 1))

    @command("Up half a screen of lines", "ctrl+u", -1)
    @command("Down half a screen of lines", "ctrl+d", 1)
    def move_half(self, halves: int) -> None:
        """Move the cursor by half screens."""
        self.select(self.cursor + halves * max(1, self.page // 2))

    @command("The first line", "home,g")
    def first(self) -> None:
        """Select the first line."""
        self.select(0)

    @command("The last line", "end,G")
    def last(self) -> None:
        """Select the last line."""
        self.select(self.count() - 1)

    @command("Search text", "slash", footer="search")
    def find(self) -> None:
        """Ask for a text; the first entry that has it is selected while the user types."""
        self.ask_for_text()

    @command("The next entry that has the text", "full_stop,f3", 1)
    @command("The previous entry that has the text", "comma,shift+f3", -1)
    def find_next(self, direction: int) -> None:
        """Go to the next or previous entry that has the text."""
        self.go_to_next(direction)

    @command("End the search; without one, back by one level", "escape")
    def leave(self) -> None:
        """End the search; without one, leave the pane."""
        self.end_search_or_leave()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        event.prevent_default()
        self.scroll_lines(self._top + _WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up."""
        event.stop()
        event.prevent_default()
        self.scroll_lines(self._top - _WHEEL_LINES)

    def on_scroll_to(self, message: ScrollTo) -> None:
        """Scroll when the scrollbar is dragged."""
        message.stop()
        message.prevent_default()
        if message.y is not None:
            self.scroll_lines(round(message.y))

    def on_scroll_up(self, message: ScrollUp) -> None:
        """Scroll up by a page when the scrollbar is clicked above its handle."""
        message.stop()
        message.prevent_default()
        self.scroll_lines(self._top - self.page)

    def on_scroll_down(self, message: ScrollDown) -> None:
        """Scroll down by a page when the scrollbar is clicked below its handle."""
        message.stop()
        message.prevent_default()
        self.scroll_lines(self._top + self.page)

    def on_click(self, event: events.Click) -> None:
        """Select the entry under the mouse; open it if it is already selected."""
        line = event.y - len(self._headings)
        place = line // self.ENTRY_LINES
        if line < 0:
            self.heading_clicked(event.x - 1, event.y)
        elif line < len(self._drawn):
            was_there = self.cursor == place + self._top
            self.select(place + self._top)
            self.clicked(event.x - 1, was_there)

    def heading_clicked(self, x: int, y: int) -> None:
        """Called when a heading is clicked."""

    def clicked(self, x: int, again: bool) -> None:
        """Called when an entry is clicked; `again` if it was already selected."""
