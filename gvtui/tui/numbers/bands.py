"""The histogram of call durations; Enter on a band shows its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import fit, short_count
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.times import took_text
from gvtui.tui.model.chips import Chip
from gvtui.tui.model.rowtext import word

if TYPE_CHECKING:
    from gvtui.query.numbers.durations import Band
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

LATENCY = "evt.latency"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SPAN, _COUNT = 17, 6


class NumbersBands(ListPane):
    """The histogram, with one line for each band of durations."""

    PREFIX = "bands"
    LOOKS = ("heading", "faint", "span", "bar", "number", "mark", "cursor")
    prefix, heading = "bands", "In the numbers"
    home, tab, where = "numbers-bands", "numbers", "in the histogram"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="numbers-bands")
        self._viewer = viewer
        self._bands: list[Band] = []
        self._subject = ""
        self._filter = ""

    def take(self, bands: list[Band], subject: str, filter_text: str) -> None:
        """Show a histogram.

        Args:
            bands: the histogram's bands.
            subject: the system call or process whose calls are counted; "" for all calls.
            filter_text: the filter for the subject's rows.
        """
        # At the first band is whoever has picked none: what is counted later may come before it.
        low = self._bands[self.cursor].low_ns if 0 < self.cursor < len(self._bands) else None
        if subject != self._subject:
            low = None
        self._bands, self._subject, self._filter = bands, subject, filter_text
        places = [place for place, band in enumerate(bands) if band.low_ns == low]
        self.cursor = places[0] if places else 0
        self.redraw()

    def count(self) -> int:
        """How many bands there are."""
        return len(self._bands)

    def headings(self) -> list[list[Part]]:
        """The subject of the histogram."""
        words = f"how long {word(self._subject) or 'calls'} took"
        if not self._bands:
            return [[(words, "heading")], [("no durations are known", "faint")]]
        return [[(words, "heading")]]

    def line(self, place: int) -> tuple[list[Part], str]:
        """A band."""
        band = self._bands[place]
        highest = max(other.count for other in self._bands)
        if band.high_ns is None:
            span = f"from {_edge(band.low_ns)}"
        else:
            span = f"{_edge(band.low_ns):>6} – {_edge(band.high_ns)}"
        room = max(1, self.width - _SPAN - _COUNT - 2)
        eighths = round(band.count / highest * room * 8)
        if band.count:
            eighths = max(1, eighths)
        bar = _EIGHTHS[8] * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
        return [
            (fit(span, _SPAN), "span"),
            (fit(bar, room), "bar"),
            (" " + fit(short_count(band.count), _COUNT, right=True), "number"),
        ], ""

    def clicked(self, x: int, again: bool) -> None:
        """Open the clicked band if it was already selected."""
        if again:
            self.rows()

    @command("Only the calls with these durations", "enter", footer="these calls")
    def rows(self) -> None:
        """Show the calls in the selected band."""
        if self.cursor < len(self._bands):
            parts = [self._filter, self._bands[self.cursor].filter_text]
            self._viewer.show_rows(Chip(" and ".join(filter(None, parts)), LATENCY))


def _edge(span_ns: int) -> str:
    return took_text(span_ns) if span_ns < 10**9 else f"{span_ns // 10**9} s"
