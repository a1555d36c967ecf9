"""The stream pane: rows of the trace with a cursor; draws only the rows on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gvtui.agent.started import start_words
from gvtui.tui.command.bindings import Pane
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import fit
from gvtui.tui.kit.fitting import FittedWidget
from gvtui.tui.stream import empty
from gvtui.tui.stream.commands import Rows
from gvtui.tui.stream.painter import STYLES, Painter

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events
    from textual.screen import Screen
    from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp

    from gvtui.tui.viewer import Viewer

_WHEEL_ROWS = 3
_SHIFT_STEP = 8
_AGE_STEP_NS = 250_000_000
"""After how many nanoseconds the ages of running calls are drawn again."""
_HEADING = 1
"""How many lines are above the first row."""


class StreamView(Pane, FittedWidget, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of the model's view, with a cursor.

    The scroll position is kept as row ids, not as indices in the view, so that the rows on the
    screen stay in place while the view is being filtered or loses old rows. The scrollbar is set by
    hand and `virtual_size` never changes, so that new rows need no layout.
    """

    prefix, heading = "stream", "Moving"
    home, tab = "stream", "stream"
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"stream--{name}" for name in STYLES}

    class CursorMoved(Message):
        """Another row is selected."""

    class FollowChanged(Message):
        """Following was paused or resumed."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="stream")
        self._viewer, self._model = viewer, viewer.model
        model = viewer.model
        self._painter = Painter(model, viewer.feature(Rows).look)
        self._top = 0
        """The index in the view of the first row on the screen."""
        self._top_id: int | None = None
        self._shown: list[int] = []
        """The ids of the rows on the screen."""
        self._above: int | None = None
        """The id of the row above the first one on the screen."""
        self._generation = model.generation
        self._settling = False
        """Whether the cursor's position is not known yet, because the view is being filtered."""
        self._width = 0
        self._anchor: int | None = None
        """The id of the row that the user last selected; filters may have moved the cursor away."""
        self._styled = False
        """Whether the painter has the stylesheet's present styles."""
        self._painted: tuple[object, ...] = ()
        self._start = start_words("session.json")
        self._advice: list[empty.AdviceLine] = []
        self._paused_at = model.trace.end_row
        """The id after the trace's last row when following was paused."""

    @property
    def page(self) -> int:
        """How many rows fit on the screen."""
        return max(1, self.size.height - _HEADING)

    @property
    def window(self) -> tuple[int, int] | None:
        """The ids of the first and last row on the screen; None while there are none."""
        return (self._shown[0], self._shown[-1]) if self._shown else None

    @property
    def new_rows(self) -> int:
        """How many rows have entered the view since following was paused."""
        if self._model.following:
            return 0
        view = self._model.view
        return view.count - self._place_of(self._paused_at)

    def on_mount(self) -> None:
        """Show the first rows."""
        # Every layout sets the scrollbar from `virtual_size`, which is meaningless here.
        self.screen.screen_layout_refresh_signal.subscribe(self, self._after_layout, immediate=True)
        self.news()

    def fit(self) -> None:
        """Fit the rows to the present size."""
        self.news()

    def notify_style_update(self) -> None:
        """Resolve the styles again after a change."""
        super().notify_style_update()
        self._styled = False

    def _find_style(self, name: str) -> Style:
        own = self.get_component_rich_style(f"stream--{name}", partial=True)
        return own if name == "cursor" else self.rich_style + own

    def news(self) -> None:
        """Draw the model's changes, if any are on the screen."""
        model, view = self._model, self._model.view
        if self._generation != model.generation:
            self._generation = model.generation
            self._settling = True
        if self._settling:
            self._settle()
        elif not model.following and model.cursor is not None:
            # The twin of a raw row, when it comes, takes its place.
            now = model.stand_in(model.cursor)
            if now != model.cursor:
                self._select_id(now)
                self._anchor = now
        last = max(0, view.count - self.page)
        if model.following:
            self._top = last
            self._select_id(view[view.count - 1] if view.count else None)
        elif model.cursor is None and view.count:
            self._top = 0
            self._select_id(view[0])
            self._anchor = view[0]
            self._hold_top()
        elif self._top_id is not None:
            self._top = min(self._place_of(self._top_id), last)
        self._show()

    def _settle(self) -> None:
        """Find the cursor's position in a rebuilt view: its row, or the next one."""
        view = self._model.view
        self._settling = not view.complete
        if self._model.following or self._anchor is None or not view.count:
            return
        place = min(self._place_of(self._model.stand_in(self._anchor)), view.count - 1)
        self._select_id(view[place])
        self._top = max(0, place - self.page // 2)
        self._hold_top()

    def redraw(self) -> None:
        """Draw all rows again, because their look has changed."""
        self._painted = ()
        self._show()

    def _show(self) -> None:
        self.fits()
        view, model = self._model.view, self._model
        self._width = self.scrollable_content_region.width
        self._painter.prepare(self._width)
        self._shown = view.slice(self._top, self._top + self.page).tolist()
        self._above = view[self._top - 1] if 0 < self._top < view.count else None
        self._advice = [] if self._shown else empty.lines(self._viewer, self._start)
        painted = (
            self._top if not self._shown else self._shown[0],
            len(self._shown),
            self._above,
            model.cursor,
            self._generation,
            self.size,
            self._width,
            self._advice,
            self._progress(),
        )
        self._sync_scrollbar()
        if painted != self._painted:
            self._painted = painted
            self._painter.changing = False
            self.refresh()

    def _progress(self) -> tuple[int, int, int, bool]:
        """The values that rows which are not final depend on."""
        if not self._painter.changing or not self._shown:
            return 0, 0, 0, False
        model = self._model
        pairs, is_behind = model.analysis.pairs, model.analysis.is_behind
        position = pairs.position
        paired = min(max(position, self._shown[0]), self._shown[-1] + 1)
        # What ends a shown call may lie below: the outcomes of execs as they become known, the
        # rest when all is read.
        outcomes = pairs.execs.outcomes.changes()
        return paired, model.moments.clock_ns // _AGE_STEP_NS, outcomes, is_behind

    def _after_layout(self, screen: Screen[object]) -> None:
        self._sync_scrollbar()

    def _sync_scrollbar(self) -> None:
        if self.show_vertical_scrollbar:
            bar = self.vertical_scrollbar
            bar.window_virtual_size = max(self._model.view.count, 1)
            bar.window_size = self.page
            bar.position = self._top

    def render_line(self, y: int) -> Strip:
        """One line: the heading, a row, or nothing."""
        if not self._styled:
            self._styled = True
            self._painter.restyle(self._find_style)
        if y < _HEADING:
            return self._painter.heading(self._shown[0] if self._shown else None)
        place = y - _HEADING
        if place >= len(self._shown):
            return self._blank(place)
        row_id = self._shown[place]
        above = self._shown[place - 1] if place else self._above
        return self._painter.row(row_id, above, row_id == self._model.cursor)

    def _blank(self, place: int) -> Strip:
        width = self._width
        if 1 <= place <= len(self._advice):
            line = self._advice[place - 1]
            style = "name" if line.is_command else "faint"
            return Strip([Segment(fit("  " + line.text, width), self._find_style(style))], width)
        return Strip.blank(width, self.rich_style)

    def _place_of(self, row_id: int) -> int:
        """How many rows of the view are older than `row_id`."""
        return self._model.view.position_of(row_id)

    def _hold_top(self) -> None:
        view = self._model.view
        self._top_id = view[self._top] if self._top < view.count else None

    def _select_id(self, row_id: int | None) -> None:
        if row_id != self._model.cursor:
            self._model.cursor = row_id
            self.post_message(self.CursorMoved())

    def pause(self) -> None:
        """Stop following; the rows on the screen stay in place."""
        if self._model.following:
            self._model.following = False
            self._paused_at = self._model.trace.end_row
            self._anchor = self._model.cursor
            self.post_message(self.FollowChanged())
        self._settling = False
        self._hold_top()

    def follow(self) -> None:
        """Show the newest rows from now on."""
        if not self._model.following:
            self._model.following = True
            self.post_message(self.FollowChanged())
        self.news()

    def select(self, place: int) -> None:
        """Move the cursor to an index of the view, and scroll if needed."""
        view = self._model.view
        if not view.count:
            return
        place = min(max(place, 0), view.count - 1)
        if place < self._top:
            self._top = place
        elif place >= self._top + self.page:
            self._top = place - self.page + 1
        self.pause()
        self._select_id(view[place])
        self._anchor = view[place]
        self._show()

    def jump(self, row_id: int) -> None:
        """Select a row or what stands for it, or else the next one in the view, and scroll it to
        the middle."""
        place = self._place_of(self._model.stand_in(row_id))
        self._top = max(0, min(place - self.page // 2, self._model.view.count - self.page))
        self.select(place)

    def scroll_rows(self, top: int) -> None:
        """Scroll an index of the view to the top; the cursor stays on its row."""
        self._top = min(max(top, 0), max(0, self._model.view.count - self.page))
        self.pause()
        self._show()

    @property
    def _cursor_place(self) -> int:
        cursor = self._model.cursor
        return self._top if cursor is None else self._place_of(cursor)

    @command("Go to the newest row and follow", "end,G", heading="Following")
    def newest(self) -> None:
        """Go to the newest row and follow."""
        self.follow()

    @command("Up one row; pauses following", "up,k", -1)
    @command("Down one row", "down,j", 1)
    def move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.select(self._cursor_place + rows)

    @command("Up one screen", "pageup", -1)
    @command("Down one screen", "pagedown", 1)
    def move_page(self, pages: int) -> None:
        """Move the cursor by screens."""
        self._scroll_by(pages * max(1, self.page - 1))

    @command("Up half a screen", "ctrl+u", -1)
    @command("Down half a screen", "ctrl+d", 1)
    def move_half(self, halves: int) -> None:
        """Move the cursor by half screens."""
        self._scroll_by(halves * max(1, self.page // 2))

    def _scroll_by(self, step: int) -> None:
        """Scroll the rows and move the cursor with them."""
        if self._cursor_place + step < self._model.view.count:
            self._top = max(0, min(self._top + step, self._model.view.count - self.page))
        self.select(self._cursor_place + step)

    @command("Go to the oldest row", "home,g")
    def oldest(self) -> None:
        """Select the oldest row."""
        self.select(0)

    @command("Show the arguments further left", "left,h", -1)
    @command("Show the arguments further right", "right,l", 1)
    def shift(self, steps: int) -> None:
        """Scroll the arguments sideways."""
        self._painter.shift = max(0, self._painter.shift + steps * _SHIFT_STEP)
        self.redraw()

    @command("Go to the next match; without a search, to the details", "enter")
    def enter(self) -> None:
        """Go to the next match of a search, or to the details."""
        self._viewer.entered()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down; the cursor stays on its row."""
        event.stop()
        event.prevent_default()
        if not self._model.following:
            self.scroll_rows(self._top + _WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up, which pauses following."""
        event.stop()
        event.prevent_default()
        self.scroll_rows(self._top - _WHEEL_ROWS)

    def on_scroll_to(self, message: ScrollTo) -> None:
        """Scroll when the scrollbar is dragged."""
        message.stop()
        message.prevent_default()
        if message.y is not None:
            self.scroll_rows(round(message.y))

    def on_scroll_up(self, message: ScrollUp) -> None:
        """Scroll up by a page when the scrollbar is clicked above its handle."""
        message.stop()
        message.prevent_default()
        self.scroll_rows(self._top - self.page)

    def on_scroll_down(self, message: ScrollDown) -> None:
        """Scroll down by a page when the scrollbar is clicked below its handle."""
        message.stop()
        message.prevent_default()
        self.scroll_rows(self._top + self.page)

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        place = event.y - _HEADING
        if 0 <= place < len(self._shown):
            self.select(self._top + place)
