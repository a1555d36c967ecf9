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
        share = share_of(replay.start_ns, replay.now_ns, replay.end_ns)
        done = round(share * width)
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
        gone, whole = max(0, now - replay.start_ns), max(0, replay.end_ns - replay.start_ns)
        when = f"{day} {clock} {zone_text(now, zone)}".strip()
        span = f"{duration(gone)} of {duration(whole)}"
        speed = replay.speed_words + (" again and again" if replay.is_looping else "")
        for words in ((when, f"{span}   {speed}"), (clock, f"{span}   {speed}"), (clock, speed)):
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
            when = replay.start_ns + (replay.end_ns - replay.start_ns) * place // max(1, width - 1)
            self._viewer.go_to(replay.trace.row_at_time(when))


def share_of(start: int, now: int, end: int) -> float:
    """How far a time is from one to another, from 0 to 1."""
    return min(1.0, max(0.0, (now - start) / (end - start))) if end > start else 1.0
