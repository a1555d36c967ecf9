"""The bar of a recording that is played: where in it all panes stand, in words and as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.times import duration, zone_text
from gvtui.tui.kit.cells import width_of
from gvtui.tui.kit.fitting import FittedWidget
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.kit.times import clock_text, full_day_text

if TYPE_CHECKING:
    from textual import events
    from textual.strip import Strip

    from gvtui.trace.playback import ReplayClock
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

_DONE, _LEFT = "━", "─"
_LEAST = 12
"""The least width of the line in cells; words give way to it."""


class PlayBar(FittedWidget, LineWidget):
    """One line, while a recording is shown as of a row; a click goes to another time."""

    PREFIX = "playbar"
    LOOKS = ("sign", "time", "done", "left", "words")
    ALLOW_SELECT = False

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="playbar")
        self._viewer = viewer
        self._drawn: tuple[object, ...] = ()
        self.display = False

    def news(self) -> None:
        """Draw what has changed."""
        self.fits()
        replay = self._viewer.replay
        is_on = replay is not None and replay.is_on
        if self.display != is_on:
            self.display = is_on
        drawn = tuple(self._parts()) if is_on else ()
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh()

    def fit(self) -> None:
        """Fit the line to the present width."""
        self.news()

    def render_line(self, y: int) -> Strip:
        """The line."""
        return self.strip(self._parts() if not y else [], self.size.width)

    def _parts(self) -> list[Part]:
        replay = self._viewer.replay
        if replay is None:
            return []
        before, after, width = self._words(replay)
        done = round(replay.share * width)
        return [
            *before,
            (_DONE * done, "done"),
            (_LEFT * (width - done), "left"),
            *after,
        ]

    def _words(self, replay: ReplayClock) -> tuple[list[Part], list[Part], int]:
        """The words before and after the line, and its width."""
        zone, now = self._viewer.model.zone, replay.now_ns
        sign = "▶" if replay.is_playing else "‖"
        clock, day = clock_text(now, zone, 0), full_day_text(now, zone)
        gone, whole = replay.gone_ns, replay.whole_ns
        when = f"{day} {clock} {zone_text(now, zone)}".strip()
        speed = replay.speed_words + (" again and again" if replay.is_looping else "")
        span = speed
        if gone is not None and whole is not None:
            span = f"{duration(gone)} of {duration(whole)}   {speed}"
        for words in ((when, span), (clock, span), (clock, speed)):
            before: list[Part] = [(f" {sign} ", "sign"), (f"{words[0]}  ", "time")]
            after: list[Part] = [(f"  {words[1]} ", "words")]
            taken = sum(width_of(text) for text, _ in (*before, *after))
            if self.size.width - taken >= _LEAST:
                break
        return before, after, max(0, self.size.width - taken)

    def on_click(self, event: events.Click) -> None:
        """Go to the time under the mouse."""
        replay = self._viewer.replay
        if replay is None or not replay.is_on:
            return
        before, _, width = self._words(replay)
        place = event.x - sum(width_of(text) for text, _ in before)
        if 0 <= place < width:
            self._viewer.go_to(replay.row_at(place / max(1, width - 1)))
