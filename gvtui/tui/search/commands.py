"""Keys that search text in the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.tui.filter.drill import DrillActions
from gvtui.tui.kit.asking import Problem, Question
from gvtui.tui.search.bar import SearchBar
from gvtui.tui.search.match import MAX_TEXT, CallWords
from gvtui.tui.search.search import SEARCH_SECONDS, Search

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace

_PAUSE = 0.005
"""Seconds between two slices of a search, in which keys are heard."""
_WATCH = 0.1
"""Seconds between two looks for rows that have come."""


class SearchActions(DrillActions):
    """Search on, search back, end."""

    def __init__(self, trace: Trace, **options: Any) -> None:  # noqa: ANN401
        """See `ViewerBase`."""
        super().__init__(trace, **options)
        self.searchbar = SearchBar()
        self.search: Search | None = None
        self._words: tuple[Trace | None, CallWords] = (None, CallWords())
        self._wanted: tuple[int, int] | None = None
        """The row from which, and the direction in which, the next match is wanted."""
        self._is_first = False
        """Whether it is the text's first match that is wanted."""
        self._is_searching = False
        self._searched_before = ""
        self._place_before: tuple[int | None, bool] = (None, False)

    def action_search(self) -> None:
        """Ask what to look for; what is found shows while it is typed."""
        model = self.model
        self._place_before = (model.cursor, model.following)

        def done(text: str) -> Problem | None:
            if text:
                self._begin(text)
            elif self._searched_before:
                self.action_search_next(1)
            return None

        value = self.search.text if self.search is not None else ""
        hint = self._searched_before or "text in the rows; upper case counts if there is any"
        self.prompt.ask(
            Question(
                "/", done, value=value, hint=hint, typed=self._begin, cancelled=self._cancelled
            )
        )

    def _cancelled(self) -> None:
        self.action_search_end()
        self._go_back()

    def _go_back(self) -> None:
        """Be where the reader was when the search was asked for."""
        cursor, following = self._place_before
        if following:
            self.stream.follow()
        elif cursor is not None and cursor != self.model.cursor:
            self.stream.jump(cursor)

    def _begin(self, text: str) -> None:
        """Search for a text from where the reader was when it was asked for."""
        text = text[:MAX_TEXT]
        if self.search is not None and text == self.search.text and not self.search.is_stale:
            return
        if not text:
            self.action_search_end()
            return
        self._searched_before = text
        before = self._place_before[0]
        start = self._row_here if before is None else before
        self._start(text, start)
        self._wanted, self._is_first = (start - 1, 1), True
        self._search_more()

    @property
    def _row_here(self) -> int:
        """The row at the cursor."""
        model = self.model
        return model.trace.first_row if model.cursor is None else model.cursor

    def _start(self, text: str, start: int) -> Search:
        model = self.model
        if self._words[0] is not model.trace:
            self._words = (model.trace, CallWords())
        self.search = search = Search(model, text, start, self._words[1])
        model.highlight = search.pattern
        self.stream.redraw()
        return search

    def action_search_next(self, direction: int) -> None:
        """Go to the next row that has the text, or to the one before."""
        if self.search is None:
            if not self._searched_before:
                self.action_search()
                return
            self._start(self._searched_before, self._row_here)
        self._wanted, self._is_first = (self._row_here, direction), False
        self._search_more()

    def on_stream_view_entered(self) -> None:
        """Enter: go to the next match; without a search, to the fields of the selected row."""
        if self.search is not None:
            self.action_search_next(1)
        elif not self.screen_stack[0].has_class("no-detail"):
            self.screen_stack[0].query_one("#detail").focus()

    def on_stream_view_left(self) -> None:
        """Esc: search no more."""
        self.action_search_end()

    def action_search_end(self) -> None:
        """Search no more."""
        self.search = None
        self._wanted = None
        if self.model.highlight is not None:
            self.model.highlight = None
            self.stream.redraw()
        self.searchbar.say(None, None)

    def _search_more(self) -> None:
        """Search for a moment, and see to it that it goes on."""
        search = self.search
        if search is None:
            return
        if search.is_stale:
            search = self._start(search.text, self._row_here)
        direction = self._wanted[1] if self._wanted is not None else 1
        search.advance(SEARCH_SECONDS, direction)
        self._go_where_wanted(search)
        self.searchbar.say(search, self.model.cursor)
        if not self._is_searching:
            self._is_searching = True
            self.after(_WATCH if search.complete else _PAUSE, self._go_on)

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
                self.stream.jump(row_id)
        elif search.complete:
            self._wanted = None
            if self._is_first:
                self._go_back()
