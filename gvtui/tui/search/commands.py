"""Commands that search text in the rows: start, next match, previous match, end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Mistake, Question
from gvtui.tui.search.match import MAX_TEXT, CallWords
from gvtui.tui.search.search import SEARCH_SECONDS, Search
from gvtui.tui.stream.commands import Rows
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.trace.reader import Trace
    from gvtui.tui.stream.columns import RowLook

_PAUSE = 0.005
"""Seconds between two steps of a search, in which keys are handled."""
_WATCH = 0.1
"""Seconds between two checks for new rows."""


class Searching(Feature):
    """Starts a search, goes to matches, ends the search."""

    prefix, heading = "search", "Moving"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.said: Callable[[Search | None, int | None], None] = lambda search, row_id: None
        """Called with the search and the selected row id; with None when the search has ended."""
        self.search: Search | None = None
        self._words: tuple[Trace | None, CallWords] = (None, CallWords())
        self._wanted: tuple[int, int] | None = None
        """The row and the direction from which the next match is wanted; None if none is."""
        self._is_first = False
        """Whether the first match of a new text is wanted."""
        self._is_searching = False
        self._searched_before = ""
        self._place_before: tuple[int | None, bool] = (None, False)

    @command("Search text in the rows", "slash", footer="search")
    def ask(self) -> None:
        """Ask for a text; its first match is shown while the user types."""
        model = self.model
        self._place_before = (model.cursor, model.following)

        def done(text: str) -> Mistake | None:
            if text:
                self._begin(text)
            elif self._searched_before:
                self.next(1)
            return None

        value = self.search.text if self.search is not None else ""
        hint = self._searched_before or "text in the rows; upper case counts if there is any"
        self.viewer.ask(
            Question(
                "/", done, value=value, hint=hint, typed=self._begin, cancelled=self._cancelled
            )
        )

    def _cancelled(self) -> None:
        self.end()
        self._go_back()

    def _go_back(self) -> None:
        """Go back to the row that was selected when the prompt opened."""
        cursor, following = self._place_before
        if following:
            self.viewer.follow()
        elif cursor is not None and cursor != self.model.cursor:
            self.viewer.jump(cursor)

    def _begin(self, text: str) -> None:
        """Search for a text from the row that was selected when the prompt opened."""
        text = text[:MAX_TEXT]
        if self.search is not None and text == self.search.text and not self.search.is_stale:
            return
        if not text:
            self.end()
            return
        self._searched_before = text
        before = self._place_before[0]
        start = self._row_here if before is None else before
        self._start(text, start)
        self._wanted, self._is_first = (start - 1, 1), True
        self._search_more()

    @property
    def _look(self) -> RowLook:
        return self.viewer.feature(Rows).look

    @property
    def _row_here(self) -> int:
        """The id of the selected row."""
        model = self.model
        return model.trace.first_row if model.cursor is None else model.cursor

    def _start(self, text: str, start: int) -> Search:
        model = self.model
        if self._words[0] is not model.trace:
            self._words = (model.trace, CallWords())
        self.search = search = Search(model, self._look, text, start, self._words[1])
        self._look.highlight = search.pattern
        self.viewer.redraw_rows()
        return search

    @command("The next row that has the text", "full_stop,f3", 1)
    @command("The previous row that has the text", "comma,shift+f3", -1)
    def next(self, direction: int) -> None:
        """Go to the next or previous row that has the text."""
        if self.search is None:
            if not self._searched_before:
                self.ask()
                return
            self._start(self._searched_before, self._row_here)
        self._wanted, self._is_first = (self._row_here, direction), False
        self._search_more()

    def entered(self) -> bool:
        """Enter on a row goes to the next match, during a search."""
        if self.search is None:
            return False
        self.next(1)
        return True

    def escaped(self) -> bool:
        """Esc in the stream ends the search."""
        was_searching = self.search is not None
        self.end()
        return was_searching

    def end(self) -> None:
        """End the search."""
        self.search = None
        self._wanted = None
        if self._look.highlight is not None:
            self._look.highlight = None
            self.viewer.redraw_rows()
        self.said(None, None)

    def _search_more(self) -> None:
        """Search for a moment, and schedule the next step."""
        search = self.search
        if search is None:
            return
        if search.is_stale:
            search = self._start(search.text, self._row_here)
        direction = self._wanted[1] if self._wanted is not None else 1
        search.advance(SEARCH_SECONDS, direction)
        self._go_where_wanted(search)
        self.said(search, self.model.cursor)
        if not self._is_searching:
            self._is_searching = True
            self.viewer.after(_WATCH if search.complete else _PAUSE, self._go_on)

    def _go_on(self) -> None:
        self._is_searching = False
        self._search_more()

    def _go_where_wanted(self, search: Search) -> None:
        if self._wanted is None:
            return
        here, direction = self._wanted
        row_id = search.step(here, direction)
        if row_id is not None:
            self._wanted, self._is_first = None, False
            if row_id != self.model.cursor or self.model.following:
                self.viewer.jump(row_id)
        elif search.complete:
            self._wanted = None
            if self._is_first:
                self._go_back()
