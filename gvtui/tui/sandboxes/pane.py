"""The sandboxes pane: which are connected, how much they send, and how much they dropped."""

from __future__ import annotations

import os.path
import shlex
from typing import TYPE_CHECKING, ClassVar

from gvtui.decode.endings import ending_words
from gvtui.decode.ids import cut_name, short_id
from gvtui.query.filter.fields import CONTAINER
from gvtui.query.filter.write import equals
from gvtui.trace.claims import APART
from gvtui.trace.connection import Sums
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import Part, fit, short_count, spark, width_of
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.signs import CURSOR_MARK, DROP_SIGN, LOST_SIGN
from gvtui.tui.model.rowtext import word
from gvtui.tui.sandboxes.order import Ordered
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from gvtui.trace.connection import Sandbox
    from gvtui.tui.viewer import Viewer

_SPARK = 8
_TITLE = "Sandboxes"
_CHOSEN = "▐"
_LEAST_ID, _LEAST_NAME = 6, 6
"""Cells of a part of an ID, and of a name, that still tell something."""
_SUMMED_UP = "", -1
"""What is selected when the cursor is on the entry of what is summed up."""


class SandboxList(ListPane):
    """One entry for each sandbox, the connected ones first; further connections share the entry."""

    PREFIX = "sandboxes"
    LOOKS = (
        "heading", "id", "command", "good", "gone", "faint", "number", "spark", "alarm", "cursor",
        "chosen", "mark",
    )  # fmt: skip
    ENTRY_LINES = 2
    part: ClassVar = "sidebar"
    prefix, heading = "sandboxes", "Screen"
    home, tab, where = "sandboxes", "", "in the sandboxes"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="sandboxes")
        self._viewer, self._model = viewer, viewer.model
        self._ordered = Ordered(self._model)
        self._sandboxes: list[Sandbox] = []
        self._earlier = Sums()
        self._selected: tuple[str, int] | None = None
        """The container ID and a connection of what the cursor is on; None before it was used."""

    def news(self) -> None:
        """Draw the sandboxes if anything about them has changed."""
        self._sandboxes = self._ordered.take()
        self._earlier = self._model.trace.connections.earlier
        self._find_cursor()
        self.redraw()

    def _find_cursor(self) -> None:
        """Put the cursor back on its sandbox after the order has changed."""
        if self._selected is None or self._is_selected(self.cursor):
            return
        places = range(len(self._sandboxes) + 1)
        place = next(filter(self._is_selected, places), None)
        if place is not None:
            if self.has_focus:
                self._top = max(0, self._top + place - self.cursor)
            self.cursor = place
        self._note_cursor()

    def _is_selected(self, place: int) -> bool:
        if self._selected is None or self._selected == _SUMMED_UP:
            return self._selected is not None and place == len(self._sandboxes)
        if place >= len(self._sandboxes):
            return False
        container_id, conn = self._selected
        sandbox = self._sandboxes[place]
        if container_id:
            return sandbox.container_id == container_id
        return any(each.conn == conn for each in sandbox.connections)

    def _note_cursor(self) -> None:
        place = min(self.cursor, self.count() - 1)
        self._selected = None if place < 0 else _SUMMED_UP
        if 0 <= place < len(self._sandboxes):
            sandbox = self._sandboxes[place]
            self._selected = sandbox.container_id, sandbox.latest.conn

    def on_focus(self) -> None:
        """Show the cursor, and have it stay on its sandbox from now on."""
        if self._selected is None:
            self._note_cursor()
        self.show_cursor()
        self.redraw()

    def count(self) -> int:
        """How many entries there are: one for each sandbox, and one for all before them."""
        return len(self._sandboxes) + bool(self._earlier.connections)

    def headings(self) -> list[list[Part]]:
        """The number of sandboxes, or a note that there are none."""
        count = f"{len(self._sandboxes):,}" if self._sandboxes else ""
        order = f"  {self._ordered.words}" if len(self._sandboxes) > 1 else ""
        gap = " " * max(0, self.width - width_of(_TITLE + order) - width_of(count) - 1)
        title: list[Part] = [(f"{_TITLE}{gap}{count}", "heading")]
        if order:
            title = [(_TITLE, "heading"), (order, "faint"), (f"{gap}{count}", "heading")]
        return [title] if count else [title, [], [(" none has connected yet", "faint")]]

    def mark(self, place: int) -> tuple[str, str | None]:
        """The cursor sign while the pane has the focus, and a style if the stream shows only
        this."""
        if self.shows_cursor and place == self.cursor:
            return CURSOR_MARK, "cursor"
        is_chosen = place < len(self._sandboxes) and self._is_chosen(self._sandboxes[place])
        return (_CHOSEN, "chosen") if is_chosen else (" ", None)

    def entry(self, place: int) -> list[tuple[list[Part], str]]:
        """The sandbox's command and ID, and the counts of its messages."""
        if place >= len(self._sandboxes):
            return [(line, "") for line in earlier_lines(self._earlier, self.width + 1)]
        lines = self._entry(self._sandboxes[place], self._model.now_ns, self.width + 1)
        chosen = "chosen" if self._is_chosen(self._sandboxes[place]) else ""
        return [(line, chosen) for line in lines]

    def _entry(self, sandbox: Sandbox, now: int, width: int) -> tuple[list[Part], list[Part]]:
        latest = sandbox.latest
        connected = sandbox.connected
        gone = self._model.monitor_gone
        lively = connected and self._model.is_live and not gone
        chart = " " + spark(latest.per_second(now, _SPARK), _SPARK) if lively else ""
        room = max(0, width - 4 - width_of(chart))
        name, beside = self._called(sandbox, room)
        beside += " " * bool(beside)
        room = max(0, room - width_of(name) - 1 - width_of(beside))
        disputed = disputed_words(sandbox)
        first: list[Part] = [
            (f"{_sign(connected, gone)} ", "good" if connected and not gone else "gone"),
            (f"{name} ", "id"),
            (beside, "faint"),
            (fit(disputed, room), "alarm")
            if disputed
            else (fit(command_of(sandbox), room), "command"),
            (chart, "spark"),
        ]
        second: list[Part] = [("  ", "")]
        state = "connected" if lively else "open"
        if not connected:
            state = ending_words(self._model.trace.connections.lives.of(latest.conn))
        if connected and gone:
            state = "monitor gone"
        second.append((state, "alarm" if gone else "good" if connected else "gone"))
        if sandbox.count > 1:
            second.append((f" #{short_count(sandbox.count)}", "faint"))
        told = self._ordered.told(sandbox, now)
        second.append((f"  {told}" if told else "", "faint"))
        rate = f"  {short_count(latest.rate(now))}/s" if lively else ""
        count, dropped = short_count(sandbox.messages), ""
        if sandbox.dropped:
            dropped = f"  {DROP_SIGN} {short_count(sandbox.dropped)}"
        left = width - 1 - sum(width_of(text) for text, _ in second)
        numbers = f"  {count} {noun_for(sandbox.messages, 'msg')}{rate}"
        if width_of(numbers + dropped) > left:
            numbers = f"  {count}{rate}"
        if told and width_of(numbers + dropped) > left:
            numbers = ""
        if dropped and width_of(numbers + dropped) + len(" dropped") <= left:
            dropped += " dropped"
        return first, [*second, (numbers, "number"), (dropped, "alarm")]

    def full(self, place: int) -> str:
        """All that the entry tells: name, whole ID, whole command, state and counts."""
        if place >= len(self._sandboxes):
            return super().full(place)
        sandbox = self._sandboxes[place]
        connections = self._model.trace.connections
        names = connections.names(sandbox.latest.conn, sandbox.container_id)
        known = (names.label, sandbox.container_id, " ".join(args_of(sandbox)))
        told = (disputed_words(sandbox), super().full(place))
        return "  ".join(filter(None, (*map(word, known), *told)))

    def _called(self, sandbox: Sandbox, room: int) -> tuple[str, str]:
        """What a sandbox is called, and beside a name as much of its ID as there is room for."""
        conn, connections = sandbox.latest.conn, self._model.trace.connections
        names = connections.names(conn, sandbox.container_id)
        short = word(short_id(sandbox.container_id))
        if not names.label:
            return short or f"connection {conn}", ""
        name = word(names.label)
        if connections.naming.is_shared(names.label):
            return cut_name(name, max(room - width_of(short) - 1, _LEAST_NAME)), short
        name = cut_name(name, room)
        left = room - width_of(name) - 2
        return name, short[:left] if left >= _LEAST_ID else ""

    def _is_chosen(self, sandbox: Sandbox) -> bool:
        chip = self._model.chips.in_slot(CONTAINER)
        return chip is not None and chip.expression == equals(CONTAINER, sandbox.container_id)

    def moved(self) -> None:
        """Have the Points pane aim at the sandbox at the cursor."""
        self._note_cursor()
        if self.cursor < len(self._sandboxes):
            container_id = self._sandboxes[self.cursor].container_id
            if container_id and self._model.is_live:
                self._viewer.run_command(f"points.aim {shlex.quote(container_id)}")

    def clicked(self, x: int, again: bool) -> None:
        """Choose the sandbox under the mouse."""
        self.choose()

    @command("Sort by name, rate, drops, age, last seen", "s", footer="sort")
    def sort(self) -> None:
        """Sort the sandboxes by what comes next: the first order is that of their coming."""
        self._ordered.next_order()
        self._sort_anew()

    @command("Reverse the sort order", "S")
    def reverse(self) -> None:
        """Reverse the sort order."""
        self._ordered.reverse()
        self._sort_anew()

    def _sort_anew(self) -> None:
        self.news()
        self.show_cursor()
        self.redraw()

    @command("Only this sandbox; again: all", "enter")
    def choose(self) -> None:
        """Narrow the stream to the sandbox at the cursor, or widen it again."""
        if self.cursor >= len(self._sandboxes):
            if self._earlier.connections:
                self._viewer.tell(
                    "These are not told apart any more, but their rows are: filter by container.id."
                )
        else:
            container_id = self._sandboxes[self.cursor].container_id
            if container_id:
                self._viewer.narrow(CONTAINER, container_id)
            else:
                self._viewer.tell("The container ID of this sandbox is not known yet.", "warning")


def earlier_lines(earlier: Sums, width: int) -> tuple[list[Part], list[Part]]:
    """What is said of sandboxes that are summed up."""
    words = counted(earlier.connections, "earlier connection")
    dropped = f"  {DROP_SIGN} {short_count(earlier.dropped)}" if earlier.dropped else ""
    numbers = f"  {short_count(earlier.messages)} {noun_for(earlier.messages, 'msg')}"
    return (
        [("○ ", "gone"), (fit(words, max(0, width - 4)), "id")],
        [("  ", ""), ("summed up", "gone"), (numbers, "number"), (dropped, "alarm")],
    )


def _sign(connected: bool, monitor_gone: bool) -> str:
    if not connected:
        return "○"
    return LOST_SIGN if monitor_gone else "●"


def disputed_words(sandbox: Sandbox) -> str:
    """That a sandbox says it is another one, which is connected too; "" if it does not."""
    names = [name for each in sandbox.connections for name in each.disputed]
    if not names:
        return ""
    if sandbox.container_id.startswith(APART):
        # Its name says already what it says it is.
        return "not believed"
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"says it is {short_id(word(names[0]))}{more}"


def command_of(sandbox: Sandbox) -> str:
    """The command of a sandbox, if known, without the program's folder."""
    args = args_of(sandbox)
    return word(" ".join([os.path.basename(args[0]), *args[1:8]])) if args else ""


def args_of(sandbox: Sandbox) -> list[str]:
    """The arguments of a sandbox's command; none if it is not known."""
    # Of later sessions, none tells what the container runs: it has started before them.
    told = (each.args for each in reversed(sandbox.connections))
    return list(next(filter(None, told), []))
