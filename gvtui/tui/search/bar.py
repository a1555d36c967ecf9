"""The search bar: the text searched for, and how many rows contain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.kit.cells import Part, fit
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.model.rowtext import word
from gvtui.tui.search.commands import Searching

if TYPE_CHECKING:
    from textual.strip import Strip

    from gvtui.tui.search.search import Search
    from gvtui.tui.viewer import Viewer

_ROOMY = 80


class SearchBar(LineWidget):
    """One line during a search, else none."""

    PREFIX = "search"
    LOOKS = ("text", "count", "progress", "none", "faint")
    ALLOW_SELECT = False

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="searchbar")
        self._viewer = viewer
        viewer.feature(Searching).said = self.say
        self._said: tuple[str, str, str] | None = None

    def say(self, search: Search | None, row_id: int | None) -> None:
        """Show the progress of a search and the number of a row in it; None hides the line."""
        said = None
        if search is not None:
            look = "count" if search.complete else "progress"
            if search.complete and not search.count:
                look = "none"
            said = (word(search.text), count_text(search, row_id), look)
        if said != self._said:
            self._said = said
            self.set_class(said is not None, "open")
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        if self._said is None or y:
            return self.strip([], width)
        text, count, look = self._said
        room = max(8, width - len(count) - 6)
        parts: list[Part] = [(" / ", "faint")]
        shown = text if len(text) <= room else fit(text, room)
        parts += [(shown, "text"), ("   ", ""), (count, look)]
        if width >= _ROOMY:
            taken = sum(len(part) for part, _ in parts)
            keys = self._keys()
            parts += [(" " * max(3, width - taken - len(keys) - 1), ""), (keys, "faint")]
        return self.strip(parts, width)

    def _keys(self) -> str:
        keys_of = self._viewer.commands.keys_of
        enter, leave = keys_of("stream.enter"), keys_of("screen.back")
        on, back = keys_of("search.next 1"), keys_of("search.next -1")
        return f"{enter} {on} next   {back} back   {leave} ends"


def count_text(search: Search, row_id: int | None) -> str:
    """`3 of 1,204`, with `…` while it is still being counted."""
    if search.complete and not search.count:
        return "nothing found"
    number = search.number_of(row_id) if row_id is not None else None
    total = f"{search.count:,}"
    if not search.complete:
        percent = f"{min(search.progress, 0.99):.0%}"
        return f"{number:,} of {total}… {percent}" if number else f"… of {total}… {percent}"
    return f"{number:,} of {total}" if number else f"{total} found"
