"""Drilling: goes from a number or a process to its rows, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from gvtui.tui.model.chips import Chip

_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class _Place:
    """The tab, filters and cursor before drilling."""

    chips: tuple[Chip, ...]
    suspended: bool
    pane: str
    cursor: int | None
    following: bool


class Drilling(Feature):
    """Shows the rows behind a line of another pane, and goes back to it."""

    prefix, heading = "filter", "Moving"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._places: list[_Place] = []
        self._filters_then: tuple[Chip, ...] = ()
        """The filters in force directly after drilling."""

    def show(self, chip: Chip, row: int | None = None) -> None:
        """Add a filter and show the stream; see `Viewer.show_rows`."""
        self._places.append(self._here())
        del self._places[:-_MAX_DEPTH]
        self.model.chips.add(chip)
        self._filters_then = tuple(self.model.chips)
        self.viewer.refilter()
        if row is not None and row >= 0:
            self.viewer.jump(row)
        self.viewer.show_pane("stream")

    def _here(self) -> _Place:
        model = self.model
        return _Place(
            tuple(model.chips),
            model.chips.suspended,
            self.viewer.pane,
            model.cursor,
            model.following,
        )

    def escaped(self) -> bool:
        """Esc in the stream goes back, unless the filters have changed since."""
        if not self._places or tuple(self.model.chips) != self._filters_then:
            return False
        self.back()
        return True

    @command("Back to what led here, with its filters", "r")
    def back(self) -> None:
        """Go back to the tab, filters and cursor of before."""
        if not self._places:
            keys_of = self.viewer.commands.keys_of
            number, process = keys_of("numbers.rows"), keys_of("processes.only")
            ways = f"{number} on a number"
            ways += f" or {process} on a process" if process != number else " or a process"
            self.viewer.tell(f"There is nowhere to go back to: {ways} leads here.")
            return
        place = self._places.pop()
        self.model.chips.restore(place.chips, suspended=place.suspended)
        self._filters_then = place.chips
        self.viewer.refilter()
        if place.following:
            self.viewer.follow()
        elif place.cursor is not None:
            self.viewer.jump(place.cursor)
        self.viewer.show_pane(place.pane)
