"""The sandboxes: who is connected or gone, how much they send, and what they dropped."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, ClassVar

from gvtui.decode.ids import short_id
from gvtui.query.filter.fields import CONTAINER
from gvtui.query.filter.write import equals
from gvtui.tui.command.bindings import Pane
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import Part, fit, short_count, spark, width_of
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.kit.signs import DROP_SIGN, LOST_SIGN
from gvtui.tui.model.rowtext import word

if TYPE_CHECKING:
    from textual import events
    from textual.strip import Strip

    from gvtui.trace.connections import Sandbox
    from gvtui.tui.viewer import Viewer

_LINES = 2
"""Lines that a sandbox takes."""
_SPARK = 8
_HEADING = 1


class SandboxList(Pane, LineWidget, can_focus=True):
    """One entry for each sandbox, in the order they came; successive connections count as one."""

    PREFIX = "sandboxes"
    LOOKS = (
        "heading", "id", "command", "good", "gone", "faint", "number", "spark", "alarm", "cursor",
        "chosen",
    )  # fmt: skip
    prefix, heading = "sandboxes", "Screen"
    part: ClassVar = "sidebar"
    home, where = "sandboxes", "in the sandboxes"
    ALLOW_SELECT = False

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="sandboxes")
        self._viewer, self._model = viewer, viewer.model
        self._cursor = 0
        self._top = 0
        self._entries: list[tuple[list[Part], list[Part]]] = []
        self._sandboxes: list[Sandbox] = []

    def news(self) -> None:
        """Draw the sandboxes if anything about them has changed."""
        self._sandboxes = self._model.sandboxes
        self._cursor = max(0, min(self._cursor, len(self._sandboxes) - 1))
        now = self._model.now_ns
        width = self.size.width
        entries = [self._entry(sandbox, now, width) for sandbox in self._sandboxes]
        if entries != self._entries:
            self._entries = entries
            self.refresh()

    def on_resize(self) -> None:
        """Lay the entries out again."""
        self.news()

    def _entry(self, sandbox: Sandbox, now: int, width: int) -> tuple[list[Part], list[Part]]:
        latest = sandbox.latest
        connected = sandbox.connected
        short = short_id(word(sandbox.container_id)) or f"connection {latest.conn}"
        gone = self._model.monitor_gone
        lively = connected and self._model.is_live and not gone
        chart = " " + spark(latest.per_second(now, _SPARK), _SPARK) if lively else ""
        room = max(0, width - 4 - width_of(short) - 1 - width_of(chart))
        first: list[Part] = [
            (f"{_sign(connected, gone)} ", "good" if connected and not gone else "gone"),
            (short + " ", "id"),
            (fit(command_of(sandbox), room), "command"),
            (chart, "spark"),
        ]
        second: list[Part] = [("  ", "")]
        state = "connected" if lively else "open" if connected else "gone"
        if connected and gone:
            state = "monitor gone"
        second.append((state, "alarm" if gone else "good" if connected else "gone"))
        if len(sandbox.connections) > 1:
            second.append((f" #{len(sandbox.connections)}", "faint"))
        rate = f"  {short_count(latest.rate(now))}/s" if lively else ""
        count, dropped = short_count(sandbox.messages), ""
        if sandbox.dropped:
            dropped = f"  {DROP_SIGN} {short_count(sandbox.dropped)}"
        left = width - 1 - sum(width_of(text) for text, _ in second)
        numbers = f"  {count} msgs{rate}"
        if width_of(numbers + dropped) > left:
            numbers = f"  {count}{rate}"
        if dropped and width_of(numbers + dropped) + len(" dropped") <= left:
            dropped += " dropped"
        return first, [*second, (numbers, "number"), (dropped, "alarm")]

    def _is_chosen(self, sandbox: Sandbox) -> bool:
        chip = self._model.chips.in_slot(CONTAINER)
        return chip is not None and chip.expression == equals(CONTAINER, sandbox.container_id)

    def render_line(self, y: int) -> Strip:
        """The heading, or one of an entry's two lines."""
        width = self.size.width
        if y < _HEADING:
            count = f"{len(self._entries)} " if self._entries else ""
            title = " Sandboxes"
            gap = " " * max(0, width - width_of(title) - width_of(count))
            return self.strip([(title + gap + count, "heading")], width)
        place, line = divmod(y - _HEADING, _LINES)
        place += self._top
        if place >= len(self._entries):
            if not self._entries and y == _HEADING + 1:
                return self.strip([("  none has connected yet", "faint")], width)
            return self.strip([], width)
        at_cursor = self.has_focus and place == self._cursor
        chosen = self._is_chosen(self._sandboxes[place])
        mark = "▌" if at_cursor else "▐" if chosen else " "
        ground = "cursor" if at_cursor else "chosen" if chosen else ""
        return self.strip([(mark, "good"), *self._entries[place][line]], width, ground=ground)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the sandbox under the mouse."""
        place = self._top + (event.y - _HEADING) // _LINES
        if event.y >= _HEADING and place < len(self._entries):
            self._cursor = place
            self.choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the list."""
        event.stop()
        self._scroll(self._top + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the list."""
        event.stop()
        self._scroll(self._top - 1)

    @property
    def _page(self) -> int:
        return max(1, (self.size.height - _HEADING) // _LINES)

    def _scroll(self, top: int) -> None:
        self._top = max(0, min(top, len(self._entries) - self._page))
        self.refresh()

    @command("Up one sandbox", "up", -1)
    @command("Down one sandbox", "down", 1)
    def move(self, step: int) -> None:
        """Move the cursor."""
        self._cursor = max(0, min(self._cursor + step, len(self._entries) - 1))
        self._scroll(max(min(self._top, self._cursor), self._cursor - self._page + 1))

    @command("Only this sandbox; again: all", "enter")
    def choose(self) -> None:
        """Narrow the stream to the sandbox at the cursor, or widen it again."""
        if self._cursor < len(self._sandboxes):
            container_id = self._sandboxes[self._cursor].container_id
            if container_id:
                self._viewer.narrow(CONTAINER, container_id)
            else:
                self._viewer.tell("This sandbox has not said which container it is.", "warning")


def _sign(connected: bool, monitor_gone: bool) -> str:
    if not connected:
        return "○"
    return LOST_SIGN if monitor_gone else "●"


def command_of(sandbox: Sandbox) -> str:
    """What a sandbox runs, as far as is known, without the program's folder."""
    args = sandbox.latest.args
    if args:
        return word(" ".join([os.path.basename(args[0]), *args[1:8]]))
    peer = sandbox.latest.command
    return word(os.path.basename(peer[0])) if peer else ""
