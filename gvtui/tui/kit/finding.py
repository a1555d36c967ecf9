"""What panes share that search a text in their entries: the prompt, the entry found, the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widget import Widget

from gvtui.decode.escape import escape
from gvtui.tui.kit.asking import Mistake, Question
from gvtui.tui.kit.cells import fit, width_of
from gvtui.tui.kit.seeking import Asks, Seek

if TYPE_CHECKING:
    from gvtui.tui.kit.cells import Part

_SEEK_PAUSE = 0.02
"""Seconds between two steps of a search, in which keys are handled."""


class FindingWidget(Widget):
    """A widget with a cursor on one of its entries that goes to those that have a text."""

    SOUGHT_IN = "text in the list"
    """What the empty prompt says."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        """The index of the selected entry."""
        self._seek: Seek | None = None
        self._wanted: tuple[int, int, bool] | None = None
        """The place and the direction from which an entry found is wanted, and whether it may be
        the one at the place; None if none is."""
        self._sought_before = ""
        self._is_seeking = False
        self.is_asking = False
        """Whether the prompt asks for the text to search for in this widget."""

    def count(self) -> int:
        """How many entries there are."""
        raise NotImplementedError

    def full(self, place: int) -> str:
        """The words of an entry, not cut to the width: those that a search looks at."""
        raise NotImplementedError

    def select(self, place: int) -> None:
        """Move the cursor to an entry, and scroll to it."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw what has changed; a search goes on with it, by `go_on_seeking`."""
        raise NotImplementedError

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor has its sign: the keys move it, or a text that is typed does."""
        return self.has_focus or self.is_asking

    def ask_for_text(self) -> None:
        """Ask for a text; the first entry that has it is selected while the user types."""
        before = self.cursor

        def typed(text: str) -> None:
            if text != self.sought:
                self.seek(text, before)
                if not text:
                    self.select(before)

        def done(text: str) -> Mistake | None:
            self.is_asking = False
            if text:
                typed(text)
            elif self._sought_before:
                self.seek(self._sought_before, before + 1)
            self._sought_before = self.sought
            return None

        def cancelled() -> None:
            self.is_asking = False
            self.end_search()
            self.select(before)

        self.is_asking = True
        hint = self._sought_before or self.SOUGHT_IN
        cast("Asks", self.app).ask(
            Question("/", done, value=self.sought, hint=hint, typed=typed, cancelled=cancelled)
        )

    def go_to_next(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) entry that has the text."""
        if self.sought:
            self.seek_next(direction)
        elif self._sought_before:
            self.seek(self._sought_before, self.cursor + 1)
        else:
            self.ask_for_text()

    def end_search_or_leave(self) -> None:
        """End the search; without one, leave the pane."""
        if not self.end_search():
            cast("Asks", self.app).run_command("screen.back")

    @property
    def sought(self) -> str:
        """The text that is searched for; "" while none is."""
        return self._seek.text if self._seek is not None else ""

    def seek(self, text: str, start: int) -> None:
        """Search for a text, and select the first entry at `start` or below that has it."""
        self._seek = Seek(text, self.count, self.full) if text else None
        self._wanted = (start, 1, True) if text else None
        self.redraw()
        self.refresh()

    def seek_next(self, direction: int) -> None:
        """Select the next (1) or previous (-1) entry that has the text."""
        if self._seek is not None:
            self._wanted = (self.cursor, direction, False)
            self._seek.restart()
            self.redraw()

    def seek_anew(self) -> None:
        """Search all entries again, as there are others now."""
        if self._seek is not None:
            self._seek.restart()

    def end_search(self) -> bool:
        """End the search; False if there is none."""
        was_searching = self._seek is not None
        self._seek = self._wanted = None
        self.redraw()
        return was_searching

    def go_on_seeking(self) -> None:
        """Search for a moment; select what is wanted, or go on soon."""
        seek = self._seek
        if seek is None:
            return
        seek.renew()
        if not seek.advance():
            if not self._is_seeking:
                self._is_seeking = True
                self.set_timer(_SEEK_PAUSE, self._seek_on)
        elif self._wanted is not None:
            start, direction, is_first = self._wanted
            self._wanted = None
            place = seek.step(start, direction, is_first=is_first)
            if place is not None:
                self.select(place)

    def _seek_on(self) -> None:
        self._is_seeking = False
        self.redraw()

    def seek_lines(self, width: int) -> list[list[Part]]:
        """What is searched for, and how many entries have it, as no line or one."""
        if self._seek is None:
            return []
        said = self._seek.said(self.cursor)
        text = f"/ {escape(self._seek.text)}"
        room = max(0, width - width_of(said) - 3)
        return [[(fit(text, min(room, width_of(text))), ""), (f"   {said}", "")]]
