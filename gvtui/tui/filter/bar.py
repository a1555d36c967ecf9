"""The filter bar: the chips of the filters in force, and how many rows pass them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gvtui.tui.command.bindings import Pane
from gvtui.tui.command.command import command
from gvtui.tui.filter.commands import Filtering
from gvtui.tui.kit.cells import Part, fit, width_of
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.model.rowtext import word
from gvtui.tui.model.who import chip_words
from gvtui.words import noun_for

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Size
    from textual.strip import Strip

    from gvtui.tui.viewer import Viewer

_MAX_LINES = 3
_MAX_CHIP = 60
_REMOVE = "×"
_HINTS = (
    ("filter.pid", "this process"),
    ("filter.name", "this name"),
    ("filter.enter", "enter"),
    ("filter.exit", "exit"),
    ("filter.add", "type one"),
)


class _Spot(NamedTuple):
    """The position at which a chip is drawn."""

    line: int
    start: int
    text: str


class FilterBar(Pane, LineWidget, can_focus=True):
    """One to three lines, with the chips on the left and the count on the right."""

    PREFIX = "chips"
    LOOKS = ("chip", "off", "selected", "faint", "count", "progress")
    prefix, heading = "chips", "Filter"
    home, where = "filterbar", "in the filters"
    ALLOW_SELECT = False

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="filterbar")
        self._viewer, self._model = viewer, viewer.model
        self._filters = viewer.feature(Filtering)
        self._selected = 0
        self._said: tuple[object, ...] = ()

    def news(self) -> None:
        """Draw the chips and the count if they have changed."""
        model = self._model
        chips = tuple((chip_words(model, chip), chip.enabled) for chip in model.chips)
        said = (chips, model.chips.suspended, self._count())
        if said != self._said:
            moved = not self._said or self._said[:2] != said[:2]
            self._said = said
            self._selected = max(0, min(self._selected, len(chips) - 1))
            self.refresh(layout=moved)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line, or as many as the chips need."""
        spots = self._spots(width)
        return min(_MAX_LINES, spots[-1].line + 1) if spots else 1

    def _count(self) -> str:
        model, view = self._model, self._model.view
        doubled = model.doubles.left_out
        if not model.filtered and not doubled and view.complete:
            return ""
        shown = f"{view.count:,} of {view.total:,}"
        if not view.complete:
            return f"filtering {view.progress:.0%}   {shown}"
        if model.whole_calls:
            # An exit that is one row with its enter does not count as hidden.
            rows = f"{shown} {noun_for(view.total, 'row')}"
            return f"{rows} · {doubled:,} doubled hidden" if doubled else rows
        hidden = view.total - view.count
        if not model.filtered:
            return f"{shown} · {doubled:,} doubled hidden"
        return f"{shown} · {hidden:,} hidden" + f", {doubled:,} doubled" * bool(doubled)

    def _spots(self, width: int) -> list[_Spot]:
        model = self._model
        room = width - width_of(self._count()) - 3
        spots: list[_Spot] = []
        line, start = 0, 1
        for chip in model.chips:
            on = chip.enabled and not model.chips.suspended
            words = word(chip_words(model, chip))
            if width_of(words) > _MAX_CHIP:
                words = fit(words, _MAX_CHIP)
            text = f" {'●' if on else '○'} {words} {_REMOVE} "
            if start > 1 and start + width_of(text) > room and line < _MAX_LINES - 1:
                line, start, room = line + 1, 1, width - 1
            spots.append(_Spot(line, start, text))
            start += width_of(text) + 1
        return spots

    def render_line(self, y: int) -> Strip:
        """One line of chips."""
        width = self.size.width
        chips = self._model.chips
        parts: list[Part]
        if not len(chips):
            if y:
                return self.strip([], width)
            count = self._count()
            hint = self._hint(width - width_of(count) - 4 if count else width)
            if count:
                hint = fit(hint, width - width_of(count) - 4) + "   "
            parts = [(hint, "faint"), (count, self._count_look())]
            return self.strip(parts, width)
        parts = []
        taken = 0
        for place, spot in enumerate(self._spots(width)):
            if spot.line != y:
                continue
            on = chips[place].enabled and not chips.suspended
            look = "selected" if self.has_focus and place == self._selected else ""
            parts += [
                (" " * (spot.start - taken), ""),
                (spot.text, look or ("chip" if on else "off")),
            ]
            taken = spot.start + width_of(spot.text)
        if y == 0:
            count = self._count()
            gap = width - taken - width_of(count) - 1
            if gap < 1:
                parts = [
                    (fit("".join(text for text, _ in parts), width - width_of(count) - 2), "chip")
                ]
                gap = 1
            parts += [(" " * gap, ""), (count, self._count_look())]
        return self.strip(parts, width)

    def _count_look(self) -> str:
        return "count" if self._model.view.complete else "progress"

    def _hint(self, room: int) -> str:
        """What keys filter by, as many of them as fit into so many cells."""
        said, gap = " no filter", "     "
        if width_of(said) > room:
            return ""
        for line, words in _HINTS:
            more = f"{gap}{self._viewer.commands.keys_of(line)} {words}"
            if width_of(said) + width_of(more) > room:
                break
            said, gap = said + more, "   "
        return said

    def _place_at(self, x: int, y: int) -> tuple[int, bool] | None:
        """The chip at a position on the screen, and whether its × is there."""
        for place, spot in enumerate(self._spots(self.size.width)):
            end = spot.start + width_of(spot.text)
            if spot.line == y and spot.start <= x < end:
                return place, x >= end - 3
        return None

    def on_click(self, event: events.Click) -> None:
        """Switch the clicked chip, or remove it by its ×."""
        found = self._place_at(event.x, event.y)
        if found is not None:
            place, removes = found
            (self._filters.remove_at if removes else self._filters.toggle_at)(place)

    def on_focus(self) -> None:
        """Highlight the selected chip."""
        self.refresh()

    def on_blur(self) -> None:
        """Stop highlighting the selected chip."""
        self.refresh()

    @command("Switch this filter off and on", "space")
    def toggle(self) -> None:
        """Switch the selected chip off, or on again."""
        self._filters.toggle_at(self._selected)

    @command("Change this filter", "enter")
    def edit(self) -> None:
        """Open the prompt with the selected chip's expression."""
        if len(self._model.chips):
            self._filters.edit(self._selected)

    @command("Remove this filter", "delete,backspace")
    def remove_this(self) -> None:
        """Remove the selected chip."""
        self._filters.remove_at(self._selected)

    @command("The filter to the left", "left,h", -1)
    @command("The filter to the right", "right,l", 1)
    def move(self, step: int) -> None:
        """Select another chip."""
        last = max(0, len(self._model.chips) - 1)
        self._selected = max(0, min(self._selected + step, last))
        self.refresh()
