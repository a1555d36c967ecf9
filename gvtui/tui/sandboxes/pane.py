"""The sandboxes pane: which are connected, how much they send, and how much they dropped."""

from __future__ import annotations

import os.path
import shlex
from typing import TYPE_CHECKING, ClassVar

from gvtui.decode.endings import ending_words
from gvtui.decode.ids import cut_name, short_id
from gvtui.query.filter.field import CONTAINER
from gvtui.query.filter.write import equals
from gvtui.trace.claims import APART
from gvtui.trace.connection import ConnectionSums
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import Part, fit, short_count, spark, width_of
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.signs import CURSOR_MARK, LOST_SIGN
from gvtui.tui.model.rowtext import word
from gvtui.tui.model.thinned import whole_words
from gvtui.tui.sandboxes.drops import drops_words
from gvtui.tui.sandboxes.folding import SHORT_MINUTES, SandboxFold, SandboxKind, args_of
from gvtui.tui.sandboxes.foldline import fold_lines, full_words
from gvtui.tui.sandboxes.order import Ordered
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from gvtui.trace.connection import Sandbox
    from gvtui.tui.sandboxes.folding import ListEntry
    from gvtui.tui.viewer import Viewer

_SPARK = 8
_TITLE = "Sandboxes"
_CHOSEN = "▐"
_LEAST_ID, _LEAST_NAME = 6, 6
"""Cells of a part of an ID, and of a name, that still tell something."""
_INSIDE = "  "
"""In front of the sandboxes of an open fold."""
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
        self._entries: list[ListEntry] = []
        self._earlier = ConnectionSums()
        self._selected: tuple[str, int] | SandboxKind | None = None
        """The container ID and a connection of what the cursor is on, or the kind of its fold; None
        before it was used."""

    def news(self) -> None:
        """Draw the sandboxes if anything about them has changed."""
        self._entries = self._ordered.entries()
        self._earlier = self._model.trace.connections.earlier
        self._find_cursor()
        self.redraw()

    def _find_cursor(self) -> None:
        """Put the cursor back on its sandbox after the order has changed."""
        if self._selected is None or self._is_selected(self.cursor):
            return
        places = range(len(self._entries) + 1)
        found = (*filter(self._is_selected, places), *filter(self._holds_selected, places))
        if found:
            if self.has_focus:
                self._top = max(0, self._top + found[0] - self.cursor)
            self.cursor = found[0]
        self._note_cursor()

    def _is_selected(self, place: int) -> bool:
        if self._selected is None or self._selected == _SUMMED_UP:
            return self._selected is not None and place == len(self._entries)
        if place >= len(self._entries):
            return False
        sandbox, fold = self._entries[place]
        if sandbox is None or isinstance(self._selected, SandboxKind):
            return sandbox is None and fold is not None and fold.kind == self._selected
        return self._is_selected_sandbox(sandbox)

    def _is_selected_sandbox(self, sandbox: Sandbox) -> bool:
        if self._selected is None or isinstance(self._selected, SandboxKind):
            return False
        container_id, conn = self._selected
        if container_id:
            return sandbox.container_id == container_id
        return any(each.conn == conn for each in sandbox.connections)

    def _holds_selected(self, place: int) -> bool:
        """Whether a fold has the sandbox that the cursor was on."""
        fold = self._fold_at(place)
        return fold is not None and any(map(self._is_selected_sandbox, fold.sandboxes))

    def _sandbox_at(self, place: int) -> Sandbox | None:
        """The sandbox of an entry; None for a fold, and for what is summed up."""
        return self._entries[place].sandbox if 0 <= place < len(self._entries) else None

    def _fold_at(self, place: int) -> SandboxFold | None:
        """The fold that an entry stands for; None for a sandbox."""
        is_sandbox = self._sandbox_at(place) is not None
        is_entry = not is_sandbox and 0 <= place < len(self._entries)
        return self._entries[place].fold if is_entry else None

    def _note_cursor(self) -> None:
        place = min(self.cursor, self.count() - 1)
        sandbox, fold = self._sandbox_at(place), self._fold_at(place)
        if sandbox is not None:
            self._selected = sandbox.container_id, sandbox.latest.conn
        else:
            self._selected = fold.kind if fold is not None else _SUMMED_UP
        if place < 0:
            self._selected = None

    def on_focus(self) -> None:
        """Show the cursor, and have it stay on its sandbox from now on."""
        if self._selected is None:
            self._note_cursor()
        self.show_cursor()
        self.redraw()

    def count(self) -> int:
        """How many entries there are: sandboxes, folds, and one for all before them."""
        return len(self._entries) + bool(self._earlier.connections)

    def headings(self) -> list[list[Part]]:
        """The number of sandboxes, or a note that there are none."""
        sandboxes = len(self._ordered.take())
        count = f"{sandboxes:,}" if sandboxes else ""
        order = f"  {self._ordered.words}" if sandboxes > 1 else ""
        order = fit(order, min(width_of(order), self.width - width_of(_TITLE + count) - 2))
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
        return (_CHOSEN, "chosen") if self._shows_only(place) else (" ", None)

    def entry(self, place: int) -> list[tuple[list[Part], str]]:
        """The sandbox's command and ID, and the counts of its messages; of a fold, its sums."""
        if place >= len(self._entries):
            return [(line, "") for line in earlier_lines(self._earlier, self.width + 1)]
        sandbox, fold = self._entries[place]
        if sandbox is not None:
            inside = "" if fold is None else _INSIDE
            lines = self._entry(sandbox, self._model.moments.now_ns, self.width + 1 - len(inside))
            lines = [(inside, ""), *lines[0]], [(inside, ""), *lines[1]]
        else:
            assert fold is not None
            endings = fold.endings(self._model.trace.connections)
            is_open = self._ordered.folding.is_open(fold.kind)
            lines = fold_lines(fold, endings, self.width + 1, is_open=is_open)
        chosen = "chosen" if self._shows_only(place) else ""
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
        count = short_count(sandbox.messages)
        dropped = drops_words(sandbox.dropped, is_least=sandbox.may_lack_drops(now))
        left = width - 1 - sum(width_of(text) for text, _ in second)
        # A number that is cut is another number: what does not fit whole is left out.
        ways = [f"  {count} {noun_for(sandbox.messages, 'msg')}{rate}", f"  {count}{rate}"]
        ways += [] if told else [f"  {count}"]
        numbers = next((each for each in ways if width_of(each + dropped) <= left), "")
        if dropped and width_of(numbers + dropped) + len(" dropped") <= left:
            dropped += " dropped"
        return first, [*second, (numbers, "number"), (dropped, "alarm")]

    def full(self, place: int) -> str:
        """All that the entry tells: name, whole ID, whole command, state and counts."""
        sandbox, fold = self._sandbox_at(place), self._fold_at(place)
        if fold is not None:
            words = full_words(fold, fold.endings(self._model.trace.connections))
            return "  ".join((words, *map(self._known, fold.sandboxes)))
        if sandbox is None:
            return super().full(place)
        whole = whole_words(self._model, sandbox)
        told = (self._known(sandbox), disputed_words(sandbox), super().full(place), whole)
        return "  ".join(filter(None, told))

    def _known(self, sandbox: Sandbox) -> str:
        """Name, whole ID and whole command."""
        names = self._model.trace.connections.names(sandbox.latest.conn, sandbox.container_id)
        known = (names.label, sandbox.container_id, " ".join(args_of(sandbox)))
        return "  ".join(word(text) for text in known if text)

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

    def _shows_only(self, place: int) -> bool:
        """Whether the stream shows only an entry's rows, or only some of a closed fold's."""
        sandbox, fold = self._sandbox_at(place), self._fold_at(place)
        if fold is not None and not self._ordered.folding.is_open(fold.kind):
            return any(map(self._is_chosen, fold.sandboxes))
        return sandbox is not None and self._is_chosen(sandbox)

    def _is_chosen(self, sandbox: Sandbox) -> bool:
        chip = self._model.chips.in_slot(CONTAINER)
        return chip is not None and chip.expression == equals(CONTAINER, sandbox.container_id)

    def moved(self) -> None:
        """Have the Points pane aim at the sandbox at the cursor."""
        self._note_cursor()
        sandbox = self._sandbox_at(self.cursor)
        if sandbox is not None and sandbox.container_id and self._model.is_live:
            self._viewer.run_command(f"points.aim {shlex.quote(sandbox.container_id)}")

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

    @command(
        f"Fold those like each other that came and went in {SHORT_MINUTES} minutes", "asterisk"
    )
    def fold(self) -> None:
        """Show sandboxes of one kind as one entry if they were there for a short time only and have
        gone; again: all one by one."""
        folding, fold = self._ordered.folding, self._fold_at(self.cursor)
        if fold is not None:
            # What was in it is what the cursor stays on.
            self._selected = fold.sandboxes[0].container_id, fold.sandboxes[0].latest.conn
        folding.toggle()
        self._sort_anew()
        if folding.is_on and not any(entry.fold for entry in self._entries):
            self._viewer.tell(
                "None can be folded now: those are that have gone, that are like each other, and "
                f"that were connected for less than {SHORT_MINUTES} minutes."
            )

    @command("Open a fold", "right,l", 1)
    @command("Close a fold", "left,h", 0)
    def unfold(self, wanted: int) -> None:
        """Open the fold at the cursor (1), or close it (0), also from one of its sandboxes."""
        fold = self._entries[self.cursor].fold if self.cursor < len(self._entries) else None
        if fold is not None:
            self._ordered.folding.open(fold.kind, wanted=bool(wanted))
            self._sort_anew()
            if wanted:
                # As many of its sandboxes as there is room for.
                last = self.cursor + len(fold.sandboxes)
                self.scroll_lines(min(self.cursor, max(self._top, last + 1 - self.page)))

    def _sort_anew(self) -> None:
        self.news()
        self.show_cursor()
        self.redraw()

    @command("Only this sandbox; again: all; opens a fold", "enter")
    def choose(self) -> None:
        """Narrow the stream to the sandbox at the cursor, or widen it again; open or close a fold."""
        sandbox, fold = self._sandbox_at(self.cursor), self._fold_at(self.cursor)
        if fold is not None:
            self.unfold(not self._ordered.folding.is_open(fold.kind))
        elif sandbox is None and self._earlier.connections:
            self._viewer.tell(
                "These are not told apart any more, but their rows are: filter by container.id."
            )
        elif sandbox is not None and sandbox.container_id:
            self._viewer.narrow(CONTAINER, sandbox.container_id)
        elif sandbox is not None:
            self._viewer.tell("The container ID of this sandbox is not known yet.", "warning")


def earlier_lines(earlier: ConnectionSums, width: int) -> tuple[list[Part], list[Part]]:
    """What is said of sandboxes that are summed up."""
    words = counted(earlier.connections, "earlier connection")
    dropped = drops_words(earlier.dropped, is_least=earlier.lack_drops)
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
