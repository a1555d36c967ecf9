"""The details of the selected row: its content scrolls, a cursor goes over its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gvtui.tui.command.bindings import Pane
from gvtui.tui.command.command import command
from gvtui.tui.detail import hexdump
from gvtui.tui.detail.commands import Details
from gvtui.tui.detail.content import NO_FIELD, Content, grounds
from gvtui.tui.kit.cells import Part, fit, width_of
from gvtui.tui.kit.finding import FindingWidget
from gvtui.tui.kit.fitting import FittedWidget
from gvtui.tui.kit.lines import LineWidget

if TYPE_CHECKING:
    from textual import events

    from gvtui.decode.fields import FieldView
    from gvtui.tui.detail.content import Line
    from gvtui.tui.viewer import Viewer


class DetailView(
    Pane,
    FittedWidget,
    FindingWidget,
    LineWidget,
    ScrollView,
    can_focus=True,
    inherit_bindings=False,
):
    """A heading, then fields, then bytes if wanted; only the lines on the screen are made."""

    PREFIX = "detail"
    LOOKS = (
        "heading",
        "bar",
        "field",
        "value",
        "raw",
        "context",
        "faint",
        "alarm",
        "cursor",
        "sought",
    )
    prefix, heading = "detail", "In the details"
    home = "detail"
    part: ClassVar = "detail"
    ALLOW_SELECT = False
    SOUGHT_IN = "text in the details"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="detail")
        self._model = viewer.model
        self._details = viewer.feature(Details)
        self._shown: tuple[object, ...] = ()
        """What the content on the screen follows from."""
        self.content = Content(viewer.model, 0, shows_bytes=False)
        self._picked = 0
        """The index of the field at the cursor, which is visible while the pane has the focus."""
        self._found: int | None = None
        """What a search has found that is no field, as `Content.entries` has it."""
        self._had_bytes = False

    def news(self) -> None:
        """Show the selected row if it has changed; nothing is looked up for it while hidden."""
        if not self.display:
            # What was hidden is laid out before it is painted.
            self._fitted = None
            return
        self.fits()
        width, shows_bytes = self.scrollable_content_region.width, self._details.shows_bytes
        known = self._details.known()
        now = grounds(self._model, width, shows_bytes=shows_bytes, known=known)
        if now == self._shown:
            return
        same_row = self._shown[:1] == now[:1]
        self._shown = now
        path = self.picked.path if self.picked is not None else ""
        content = self.content = Content(self._model, width, shows_bytes=shows_bytes, known=known)
        self.virtual_size = Size(width, 1 + content.height + hexdump.height(content.data))
        self.refresh()
        # The cursor stays on its field from row to row, so that values can be compared.
        paths = [side.view.path for side in content.views]
        self._picked = paths.index(path) if path in paths else 0
        self._found = None
        self._note_cursor()
        self.seek_anew()
        self.go_on_seeking()
        if not same_row:
            self.scroll_to(y=0, animate=False)
            if self.has_focus:
                self._show_picked()
        if shows_bytes and not self._had_bytes and content.data:
            self.scroll_to(y=content.height, animate=False)
        self._had_bytes = shows_bytes

    def fit(self) -> None:
        """Lay the fields out again."""
        self.news()

    def render_line(self, y: int) -> Strip:
        """Draw a line; the heading stays in place and the lines below it scroll."""
        width, content = self.scrollable_content_region.width, self.content
        if y == 0:
            return self.strip(_whole_parts(content.heading, width), width, ground="bar")
        if self.sought and y == self.size.height - 1:
            return self.strip([(" ", ""), *self.seek_lines(width - 1)[0]], width, ground="sought")
        place = y - 1 + round(self.scroll_y)
        if place < content.height:
            return Strip.join(self._one_line(*column) for column in content.columns(place))
        return self.strip(hexdump.line(content.data, place - content.height - 1), width)

    def _one_line(self, line: Line, width: int) -> Strip:
        parts, owner = line
        at_cursor = self.shows_cursor and owner == self._owner
        return self.strip(parts, width, ground="cursor" if at_cursor else "")

    @property
    def _owner(self) -> int:
        """Whose lines the cursor is on."""
        return self._picked if self._found is None else self._found

    def _note_cursor(self) -> None:
        """Note which of all entries the cursor is on."""
        owners = [owner for owner, _ in self.content.entries]
        self.cursor = owners.index(self._owner) if self._owner in owners else 0

    def count(self) -> int:
        """How many fields there are, and what else is told of the row."""
        return len(self.content.entries)

    def full(self, place: int) -> str:
        """The words of an entry, not wrapped."""
        return self.content.entries[place][1]

    def select(self, place: int) -> None:
        """Go to an entry, a field or not."""
        if not self.content.entries:
            return
        self.cursor = max(0, min(place, self.count() - 1))
        owner = self.content.entries[self.cursor][0]
        if owner >= 0:
            self._picked, self._found = owner, None
        else:
            self._found = owner
        self._show_picked()

    def redraw(self) -> None:
        """Draw the lines anew, and go on searching."""
        self.go_on_seeking()
        self.refresh()

    @property
    def picked(self) -> FieldView | None:
        """The field at the cursor; None if the row has none."""
        return (
            self.content.views[self._picked].view
            if self._picked < len(self.content.views)
            else None
        )

    def _show_picked(self) -> None:
        """Scroll to the field at the cursor."""
        places = self.content.places_of(self._owner)
        if places:
            room = max(1, self.size.height - 1 - bool(self.sought))
            top = min(max(round(self.scroll_y), places[-1] - room + 1), places[0])
            self.scroll_to(y=top, animate=False)
        self.refresh()

    @command("The field above", "up,k", -1)
    @command("The field below", "down,j", 1)
    def move(self, step: int) -> None:
        """Go to another field."""
        self._go(self._picked + step)

    @command("The first field", "home,g")
    def first(self) -> None:
        """Go to the first field."""
        self._go(0)

    @command("The last field", "end,G")
    def last(self) -> None:
        """Go to the last field."""
        self._go(len(self.content.views) - 1)

    @command("Up one screen of fields", "pageup", -1)
    @command("Down one screen of fields", "pagedown", 1)
    def move_page(self, pages: int) -> None:
        """Go on by as many fields as the screen has lines."""
        self._go(self._picked + pages * max(1, self.size.height - 2))

    @command("Up half a screen of fields", "ctrl+u", -1)
    @command("Down half a screen of fields", "ctrl+d", 1)
    def move_half(self, halves: int) -> None:
        """Move the cursor by half a screen."""
        self._go(self._picked + halves * max(1, (self.size.height - 1) // 2))

    def _go(self, place: int) -> None:
        self._picked, self._found = max(0, min(place, len(self.content.views) - 1)), None
        self._note_cursor()
        self._show_picked()

    @command("Search text in the details", "slash", footer="search")
    def find(self) -> None:
        """Ask for a text; the first line that has it is selected while the user types."""
        self.ask_for_text()

    @command("The next line that has the text", "full_stop,f3", 1)
    @command("The previous line that has the text", "comma,shift+f3", -1)
    def find_next(self, direction: int) -> None:
        """Go to the next or previous line that has the text."""
        self.go_to_next(direction)

    @command("End the search; without one, back by one level", "escape")
    def leave(self) -> None:
        """End the search; without one, leave the details."""
        self.end_search_or_leave()

    @command("Choose what to do with this field", "enter", "menu", footer="use")
    @command("Filter to this", "plus,equals_sign", "only", footer="only this")
    @command("Filter this out", "minus", "without", footer="not this")
    @command("Show it as a column; again: remove it", "vertical_line", "column", footer="column")
    def use(self, what: Literal["menu", "only", "without", "column"]) -> None:
        """Filter by the field at the cursor, or show it as a column."""
        if self.picked is not None:
            row_id = self.content.views[self._picked].row_id
            self._details.use(row_id, self.picked, what)

    def on_focus(self) -> None:
        """Show the cursor."""
        self._show_picked()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked field; a click on the field at the cursor opens its
        menu."""
        place = event.y - 1 + round(self.scroll_y)
        owner = self.content.owner_at(event.x, place) if event.y > 0 else NO_FIELD
        if owner < 0:
            return
        again = owner == self._picked and event.chain > 1
        self._picked, self._found = owner, None
        self._note_cursor()
        self.refresh()
        if again or event.button != 1:
            self.use("menu")


def _whole_parts(parts: list[Part], width: int) -> list[Part]:
    """The first parts that fit the width whole; the very first one may be cut."""
    shown = [(fit(text, min(width, width_of(text))), look) for text, look in parts[:1]]
    for part in parts[1:]:
        if sum(width_of(text) for text, _ in (*shown, part)) > width:
            break
        shown.append(part)
    return shown
